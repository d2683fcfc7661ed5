"""What holds for each form, asked of every recorded payload. A new form is covered by its folder alone."""

import json
from datetime import timedelta

import pytest

from deployments.receiver import formats
from tests.receiver.senders import FORMATS, PAYLOADS, load_sender, payloads, refusal

EACH_FORM = pytest.mark.parametrize("form", FORMATS)


def those(what):
    """The forms whose sender has that trait."""
    return pytest.mark.parametrize("form", [form for form in FORMATS if what(load_sender(form).Sender)])


def first(form):
    return next(f for p in payloads("valid") for name, f in [p.values] if name == form).read_bytes()


# -- refused ----------------------------------------------------------------------------------------------------------


@EACH_FORM
def test_an_unsigned_delivery_is_refused_and_kept_nowhere(form, receiver):
    it = receiver(form)
    body, _ = it.sender.seal(first(form), it.clock.now)
    if form == "sns":
        body = json.dumps({k: v for k, v in json.loads(body).items() if k != "Signature"}).encode()
    refusal(it.post(body, {"Content-Type": "application/json"}), 401, 422)
    assert (it.kept(), it.dispatched) == ([], 0)


@EACH_FORM
def test_a_delivery_proved_with_another_secret_is_refused(form, receiver):
    it = receiver(form)
    answer = it.send(first(form), right=False)
    refusal(answer, 401)
    assert "www-authenticate" in answer.headers
    assert (it.kept(), it.dispatched) == ([], 0)


@those(lambda sender: sender.signs)
def test_a_body_changed_on_the_way_is_refused(form, receiver):
    it = receiver(form)
    body, headers = it.sender.seal(first(form), it.clock.now)
    changed = body.replace(b"rung-prod", b"rung-prot", 1)
    assert changed != body
    refusal(it.post(changed, headers), 401)
    assert it.kept() == []


@those(lambda sender: sender.expires)
def test_an_expired_delivery_is_refused(form, receiver):
    it = receiver(form)
    body, headers = it.sender.seal(first(form), it.clock.now)
    it.clock.now += it.sender.expires + timedelta(seconds=1)
    refusal(it.post(body, headers), 401)
    assert it.kept() == []


@those(lambda sender: sender.expires)
def test_a_delivery_from_the_future_is_refused(form, receiver):
    it = receiver(form)
    body, headers = it.sender.seal(first(form), it.clock.now)
    it.clock.pass_(minutes=-10)
    refusal(it.post(body, headers), 401)


@EACH_FORM
def test_a_replay_makes_nothing_and_is_refused_where_the_sender_signs(form, receiver):
    it = receiver(form)
    body, headers = it.sender.seal(first(form), it.clock.now)
    taken = it.post(body, headers)
    assert taken.status_code == 202
    it.clock.pass_(seconds=30)
    again = it.post(body, headers)
    if it.sender.replayed == 409:
        assert "accepted before" in refusal(again, 409)
    else:  # nothing in it tells a replay from the vendor's own retry
        assert (again.status_code, again.json()) == (202, taken.json() | {"new": False})
    assert (len(it.kept()), it.dispatched) == (1, 1)


@pytest.mark.parametrize(("form", "file"), payloads("malformed"))
def test_a_malformed_payload_is_refused_in_one_sentence(form, file, receiver):
    it = receiver(form)
    payload = file.read_bytes()
    refusal(it.send(payload), int(file.name[:3]))
    assert it.kept() == []


# -- taken ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "file"), payloads("valid"))
def test_a_recorded_payload_becomes_its_recorded_alerts(form, file, receiver):
    it = receiver(form)
    answer = it.send(file.read_bytes())
    assert answer.status_code == 202, answer.text
    expected = json.loads(file.with_suffix(".alerts.json").read_text())
    assert it.kept() == expected
    assert sorted(answer.json()["receipts"]) == list(range(1, len(expected) + 1))
    assert it.dispatched == 1


def test_every_form_has_its_recorded_payloads():
    assert list(formats.known()) == FORMATS
    assert all(list((PAYLOADS / form / kind).iterdir()) for form in FORMATS for kind in ("valid", "malformed"))
