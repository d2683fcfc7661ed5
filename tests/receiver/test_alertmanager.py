"""Alertmanager: who may send, and why its repeats are no attack."""

import base64
import json

import pytest

from tests.receiver.senders import PAYLOADS, refusal

FIRING = (PAYLOADS / "alertmanager" / "valid" / "firing.json").read_bytes()


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer practice", "Basic !!!", "Digest x", "practice-token-of-alertmanager"],
)
def test_credentials_that_are_not_the_token_are_refused(receiver, authorization):
    it = receiver("alertmanager")
    refusal(it.post(FIRING, {"Authorization": authorization} if authorization else {}), 401)
    assert it.kept() == []


@pytest.mark.parametrize("headers", [basic("prometheus", "wrong"), basic("somebody", "practice-token-of-alertmanager"),
                                     {"Authorization": "Basic %%%"}, {"Authorization": "Bearer x"}])  # fmt: skip
def test_with_basic_auth_only_the_named_user_with_the_password_is_let_in(receiver, headers):
    it = receiver("alertmanager", options={"user": "prometheus"})
    refusal(it.post(FIRING, headers), 401)
    assert it.post(FIRING, basic("prometheus", "practice-token-of-alertmanager")).status_code == 202


def test_a_retry_within_seconds_is_the_same_delivery(receiver):
    it = receiver("alertmanager")
    first = it.send(FIRING).json()
    it.clock.pass_(seconds=20)
    assert it.send(FIRING).json() == first | {"new": False}
    assert (len(it.kept()), it.dispatched) == (1, 1)


def test_a_regular_repeat_is_taken_again(receiver):
    it = receiver("alertmanager")
    for minutes in (0, 5, 240):
        it.clock.pass_(minutes=minutes)
        answer = it.send(FIRING)
        assert (answer.status_code, answer.json()["new"]) == (202, True)
    assert {alert["fingerprint"] for alert in it.kept()} == {"9f2c1d6e04b8a375"}
    assert len(it.kept()) == 3


def test_a_new_start_and_an_end_are_deliveries_of_their_own(receiver):
    it = receiver("alertmanager")
    payload = json.loads(FIRING)
    for change in ({}, {"startsAt": "2026-01-02T03:11:59Z"}, {"status": "resolved"}):
        payload["alerts"][0] |= change
        assert it.send(json.dumps(payload).encode()).json()["new"] is True
