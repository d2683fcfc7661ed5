"""Vendors' tests, clocks, identities and ends, as their documents and their recorded deliveries have them.

What is sent is listed in `as_they_are`; `test_every_cell` counts that each form has enough of each kind.
"""

import base64
import json

import pytest

from deployments.receiver import inbox_queries
from tests.receiver.as_they_are.clocks import IN_TIME, LATE, TAKEN, TOO_EARLY, TOO_LATE, stamped
from tests.receiver.as_they_are.ends import ENDS, NO_ENDS, NOTHING
from tests.receiver.as_they_are.forms import group, ms, put, sentry_event
from tests.receiver.as_they_are.identity import OTHER, SAME
from tests.receiver.as_they_are.pings import NO_TESTS, TESTS
from tests.receiver.senders import refusal
from tests.receiver.test_odd_fields import recorded


def sent(it, payload, **seal):
    it.clock.pass_(seconds=0.01)
    return it.send(json.dumps(payload).encode(), **seal)


@pytest.mark.parametrize(("form", "payload"), TESTS)
def test_a_vendors_test_is_noted_and_starts_nothing(form, payload, receiver):
    it = receiver(form)
    body = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    answer = it.send(body)
    assert answer.status_code == 200, answer.text
    assert "nothing follows" in answer.json()["done"]
    assert (it.kept(), it.dispatched) == ([], 0)
    assert inbox_queries.tests(it.journal) == {form: it.clock.now}
    it.clock.pass_(minutes=1)
    assert it.send(body, message="another").status_code in {200, 409}


@pytest.mark.parametrize(("form", "payload"), NO_TESTS)
def test_an_alert_that_looks_like_a_test_is_none(form, payload, receiver):
    it = receiver(form)
    assert sent(it, payload).status_code == 202
    assert len(it.kept()) == 1


# -- names and identities ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("title", "name"), [
    ("[Triggered on {host:a}] [prod] CPU high", "[prod] CPU high"), ("[P1] [Triggered] CPU", "CPU"),
    ("[Triggered on {host:a,env:b}] [staging] [db] CPU", "[staging] [db] CPU"),
    ("[P2] [Warn on {x:y}] 5xx [2]", "5xx [2]"),
    ("[Re-Triggered on {host:a}] [1] x", "[1] x"), ("[No Data] [prod]", "[prod]"), ("[prod] CPU", "[prod] CPU"),
    ("[P1] [Triggered on {http.route:/users/{id},env:prod}] ApiSlow", "ApiSlow"),
    ("[Warn on {path:/a/[id],env:prod}] [prod] ApiSlow", "[prod] ApiSlow"),
    ("[P1] [Renotify on {a:b}] [P2] x", "[P2] x"), ("[Recovered on {host:a}] [Triggered] x", "[Triggered] x"),
])  # fmt: skip
def test_the_brackets_of_a_datadog_monitor_are_its_own(title, name, receiver):
    it = receiver("datadog")
    sent(it, recorded("datadog") | {"title": title})
    assert [alert["name"] for alert in it.kept()] == [name]


def problems(it, *payloads):
    for number, given in enumerate(payloads):
        # Each of them is an event of its own.
        payload = put(given, event__id=str(number)) if "event" in given else given
        payload = put(payload, alert__updatedAt=ms(seconds=number) * 10**6) if "alert" in payload else payload
        assert sent(it, payload, message=f"m{number}").status_code == 202
        it.clock.pass_(minutes=2)
    return {alert["fingerprint"] for alert in it.kept()}


@pytest.mark.parametrize(("form", "one", "later"), SAME)
def test_what_was_renamed_or_moved_is_the_same_problem(form, one, later, receiver):
    it = receiver(form)
    assert len(problems(it, one, later)) == 1
    assert len(it.kept()) == 2


@pytest.mark.parametrize(("form", "one", "other"), OTHER)
def test_two_things_with_like_names_are_two_problems(form, one, other, receiver):
    found = problems(receiver(form), one, other)
    assert len(found) == 2
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "taken", ["9f2c1d6e04b8a375", "892bd65864a728753977b2c6d0bb760f", "grafana:a:b", "signed:x", "a:b"]
)
def test_no_sender_can_take_the_fingerprint_of_anothers_problem(taken, receiver):
    found = [
        problems(receiver("signed"), {"name": "x", "fingerprint": taken}),
        problems(receiver("standard"), {"type": "a", "data": {"fingerprint": taken}}),
        problems(receiver("alertmanager"), group("alertmanager", fingerprint=taken)),
    ]  # one inbox: each also sees what the ones before sent
    assert len(found[-1]) == 3
    kept = receiver("signed").kept()
    assert all(one["fingerprint"].startswith(one["format"]) or one["format"] == "alertmanager" for one in kept)


# -- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "payload"), NO_ENDS)
def test_what_only_looks_like_an_end_ends_nothing_and_says_why(form, payload, receiver):
    it = receiver(form)
    assert sent(it, payload).status_code == 202
    [alert] = it.kept()
    assert alert["blind"]


@pytest.mark.parametrize(("form", "payload"), NOTHING)
def test_what_is_neither_a_problem_nor_its_end_leads_to_nothing(form, payload, receiver):
    it = receiver(form)
    answer = sent(it, payload)
    assert answer.status_code == 200, answer.text
    assert (it.kept(), it.dispatched, inbox_queries.tests(it.journal)) == ([], 0, {})


@pytest.mark.parametrize(("form", "payload"), ENDS)
def test_an_end_is_an_end(form, payload, receiver):
    it = receiver(form)
    assert sent(it, payload).status_code == 202
    [alert] = it.kept()
    assert (alert["status"], alert.get("blind")) == ("resolved", None)


# -- clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "payload"), TAKEN)
def test_a_delivery_is_as_old_as_its_vendors_clock_says(form, payload, receiver):
    answer = sent(receiver(form), payload)
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize(("form", "ago"), IN_TIME)
def test_a_delivery_is_taken_for_as_long_as_its_vendor_tries_again(form, ago, receiver):
    it = receiver(form)
    answer = stamped(it, form, it.clock.now - ago)
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize(("form", "ago"), TOO_LATE)
def test_a_late_delivery_is_told_how_late_it_is(form, ago, receiver):
    it = receiver(form)
    assert " ago; " in refusal(stamped(it, form, it.clock.now - ago), 401)


@pytest.mark.parametrize(("form", "payload"), LATE)
def test_an_end_is_as_late_as_the_end_it_tells_of(form, payload, receiver):
    assert " ago; " in refusal(sent(receiver(form), payload), 401)


@pytest.mark.parametrize(("form", "ahead"), TOO_EARLY)
def test_a_delivery_from_the_future_is_told_so(form, ahead, receiver):
    it = receiver(form)
    said = refusal(stamped(it, form, it.clock.now + ahead), 401)
    assert "from now" in said
    assert "ago" not in said


# -- trust ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["environment", "system", "username", "alarm", "link_id", "severity"])
def test_a_tag_of_sentry_is_no_label_unless_the_operator_trusts_it(name, receiver):
    event = sentry_event(tags=[[name, "rung-prod"], ["release", "1"], ["odd", None], ["alone"], None, 7])
    it = receiver("sentry")
    assert sent(it, event).status_code == 202
    assert name not in it.kept()[0]["labels"]
    assert it.kept()[0]["labels"][f"tag.{name}"] == "rung-prod"


def test_a_trusted_tag_of_sentry_is_a_label(receiver):
    it = receiver("sentry", options={"trusted_tags": ["environment"]})
    sent(it, sentry_event(tags=[["environment", "rung-prod"], ["system", "rung"]]))
    assert it.kept()[0]["labels"]["environment"] == "rung-prod"
    assert "system" not in it.kept()[0]["labels"]


def test_a_title_that_a_client_wrote_is_no_name(receiver):
    it = receiver("sentry")
    sent(it, put(sentry_event(title="PostgresTooManyConnections"), data__triggered_rule=None))
    assert it.kept()[0]["name"] == "unnamed issue alert"


BEARERS = ["alertmanager", "datadog", "eventbridge", "google_cloud", "opsgenie", "uptime_kuma"]
"""Forms that show their secret; the others sign with it."""
NOT_ASCII = ["tökén", "пароль-к-приёмнику", "密码密码密码", "café", "naïve-ключ"]


def shown(form, secret):
    if form == "google_cloud":
        return {"Authorization": b"Basic " + base64.b64encode(f"monitoring:{secret}".encode())}
    return {"X-Api-Key": secret.encode()} if form == "eventbridge" else {"Authorization": f"Bearer {secret}".encode()}


@pytest.mark.parametrize("secret", NOT_ASCII)
@pytest.mark.parametrize("form", BEARERS)
def test_a_secret_in_utf_8_is_a_secret(form, secret, receiver):
    it = receiver(form)
    next(it.home.glob(f"{form}.*")).write_text(secret)
    it.app.state.keys[0].refresh()
    body = json.dumps(recorded(form)).encode()
    assert it.post(body, shown(form, secret)).status_code == 202
    refusal(it.post(body, shown(form, secret[:-1])), 401)


@pytest.mark.parametrize(("kind", "body", "summary"), [
    ("text/plain", b"plain text", "plain text"), ("text/plain; charset=utf-8", "übervoll".encode(), "übervoll"),
    ("application/xml", b"<a/>", "<a/>"), ("application/octet-stream", b"\xff\xfe\x00", ""),
    ("text/csv", b"a,b\n", "a,b"),
    ("application/json", b'"a text"', "a text"), ("application/vnd.x+json", b'{"summary": "s"}', "s"),
    ("text/plain", b"", ""), ("application/json", b"plain text", "plain text"),
])  # fmt: skip
def test_the_data_of_a_cloudevent_need_not_be_json(kind, body, summary, receiver):
    it = receiver("standard")
    event = {"ce-specversion": "1.0", "ce-id": "1", "ce-type": "com.example.disk.firing", "ce-source": "s"}
    _, proof = it.sender.seal(body, it.clock.now)
    assert it.post(body, proof | event | {"Content-Type": kind}).status_code == 202
    [alert] = it.kept()
    assert (alert["name"], alert["summary"], alert["status"]) == ("com.example.disk", summary, "firing")
