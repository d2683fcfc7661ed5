"""Our own signed form, by the rules of Standard Webhooks."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook.alert import fingerprint_of
from tests.receiver.senders import refusal

BODY = b'{"name": "Backup failed"}'


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(receiver, missing):
    it = receiver("signed")
    body, headers = it.sender.seal(BODY, it.clock.now)
    del headers[missing]
    assert "not signed" in refusal(it.post(body, headers), 401)


@pytest.mark.parametrize(("header", "value"), [
    ("webhook-id", "msg_2"), ("webhook-timestamp", "1767323521"), ("webhook-timestamp", "soon"),
    ("webhook-timestamp", "9" * 40), ("webhook-signature", "v1,"), ("webhook-signature", "v1a,abc"),
    ("webhook-signature", "v1,\u00e9\u00e9"),
])  # fmt: skip
def test_a_changed_header_is_refused(receiver, header, value):
    it = receiver("signed")
    body, headers = it.sender.seal(BODY, it.clock.now)
    refusal(it.post(body, headers | {header: value.encode("latin-1")}), 401)


def test_a_signature_of_no_known_version_is_refused(receiver):
    it = receiver("signed")
    body, headers = it.sender.seal(BODY, it.clock.now)
    refusal(it.post(body, headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}), 401)


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-299, 202), (299, 202), (302, 401)])
def test_the_clocks_may_differ_by_five_minutes(receiver, seconds, status):
    it = receiver("signed")
    body, headers = it.sender.seal(BODY, it.clock.now)
    it.clock.pass_(seconds=seconds)
    assert it.post(body, headers).status_code == status


def test_one_right_signature_among_several_is_enough(receiver):
    it = receiver("signed")
    body, headers = it.sender.seal(BODY, it.clock.now)
    headers["webhook-signature"] = f"v1,{base64.b64encode(b'x' * 32).decode()} v2,abc {headers['webhook-signature']}"
    assert it.post(body, headers).status_code == 202


def test_a_secret_is_rotated_without_a_gap_and_without_a_restart(receiver):
    it = receiver("signed")
    file = it.home / "signed.secret"
    refusal(it.send(BODY, secret=b"the next secret"), 401)
    file.write_text(file.read_text() + "\nthe next secret\n")
    for keys in it.app.state.keys:
        keys.refresh()
    assert it.send(BODY).status_code == 202
    assert it.send(BODY, message="msg_2", secret=b"the next secret").status_code == 202
    file.write_text("the next secret\n")
    for keys in it.app.state.keys:
        keys.refresh()
    refusal(it.send(BODY, message="msg_3"), 401)
    assert it.send(BODY, message="msg_3", secret=b"the next secret").status_code == 202


def test_a_delivery_signed_anew_is_a_retry_and_makes_nothing_new(receiver):
    it = receiver("signed")
    first = it.send(BODY)
    it.clock.pass_(seconds=5)
    assert it.send(BODY).json() == first.json() | {"new": False}
    assert (len(it.kept()), it.dispatched) == (1, 1)


def test_whatever_is_signed_is_taken_or_refused_in_one_sentence(receiver):
    it = receiver("signed")

    @settings(max_examples=80)
    @given(body=st.binary(max_size=200) | st.text().map(lambda t: json.dumps({"name": t, "labels": {t: t}}).encode()))
    def send(body):
        answer = it.send(body, message=fingerprint_of(repr(body)))
        if answer.status_code != 202:
            refusal(answer, 400, 409, 422)

    send()


def test_no_single_changed_byte_gets_past_the_signature(receiver):
    it = receiver("signed")
    body, headers = it.sender.seal(BODY, it.clock.now)

    @settings(max_examples=60)
    @given(at=st.integers(0, len(BODY) - 1), byte=st.integers(1, 255))
    def send(at, byte):
        changed = bytearray(body)
        changed[at] ^= byte
        refusal(it.post(bytes(changed), headers), 401)

    send()
    assert it.kept() == []
