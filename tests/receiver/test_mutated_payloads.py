"""A recorded payload, changed anywhere and rightly signed, is taken or refused; it never brings a 5xx."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.receiver.senders import FORMATS, PAYLOADS

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(
        ["", "\x00", "\ud800", "9" * 400, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1e999", -1, 2**70]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def recorded(form):
    files = sorted((PAYLOADS / form / "valid").iterdir())
    return [json.loads(file.read_bytes()) for file in files if not file.name.endswith(".alerts.json")]


def places(value, path=()):
    """Every place in a JSON value, the whole included."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*path, key))


@st.composite
def mutated(draw, payloads):
    payload = copy.deepcopy(draw(st.sampled_from(payloads)))
    for _ in range(draw(st.integers(1, 3))):
        if not (left := [path for path in places(payload) if path]):
            break
        *way, last = draw(st.sampled_from(left))
        inner = payload
        for key in way:
            inner = inner[key]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace" if isinstance(inner, dict | list):
                inner[last] = draw(VALUES)
            case "remove" if isinstance(inner, dict | list):
                del inner[last]
            case "add" if isinstance(inner, dict):
                inner[draw(st.text(max_size=8))] = draw(VALUES)
    return json.dumps(payload).encode()


@pytest.mark.parametrize("form", FORMATS)
def test_no_signed_payload_brings_an_internal_error(form, receiver):
    it = receiver(form)

    @settings(max_examples=120, suppress_health_check=list(HealthCheck))
    @given(payload=mutated(recorded(form)))
    def send(payload):
        answer = it.send(payload)
        assert answer.status_code in {200, 202, 400, 401, 403, 409, 422}, (answer.status_code, payload)

    send()
