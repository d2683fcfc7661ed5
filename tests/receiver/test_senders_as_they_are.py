"""Vendors' tests, clocks, identities and ends, as their documents and their recorded deliveries have them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from deployments.receiver import inbox_queries
from tests.receiver.senders import refusal
from tests.receiver.test_odd_fields import recorded, replaced


def put(payload, **values):
    """The payload with other values at dotted places."""
    body = json.dumps(payload).encode()
    for place, value in values.items():
        path = [int(part) if part.isdigit() else part for part in place.replace("__", ".").split(".")]
        body = replaced(json.loads(body), path, value)
    return json.loads(body)


def sent(it, payload, **seal):
    it.clock.pass_(seconds=0.01)
    return it.send(json.dumps(payload).encode(), **seal)


def group(form, **alert):
    known = recorded(form)
    return known | {"alerts": [known["alerts"][0] | alert]}


def labelled(form, **labels):
    return group(form, labels=labels, fingerprint="", generatorURL="", silenceURL="")


def sentry_event(**event):
    known = recorded("sentry")
    return put(known, data__event=known["data"]["event"] | event)


SAMPLE = [["sample_event", "yes"], ["level", "error"]]
TESTS = [
    *(("datadog", recorded("datadog") | {"title": f"[TEST] {rest}"}) for rest in (
        "[P1] [Triggered on {host:a}] ApiHighErrorRate", "[Triggered] x", "[P3] [Warn on {env:prod}] [prod] x",
        "[P1] [Recovered on {host:a}] x", "[No Data on {host:a}] x",
    )),
    ("grafana", labelled("grafana", alertname="TestAlert", instance="Grafana")),
    ("grafana", labelled("grafana", alertname="TestAlert", instance="Grafana", grafana_folder="Test Folder")),
    ("grafana", labelled("grafana", alertname="TestAlert")),
    ("grafana", group("grafana", labels={"alertname": "TestAlert", "instance": "x"},
                      annotations={"summary": "Notification test"})),
    ("grafana", labelled("grafana", alertname="TestAlert", instance="Grafana") | {"status": "resolved"}),
    ("alertmanager", labelled("alertmanager", alertname="TestAlert", instance="Grafana")),
    ("alertmanager", labelled("alertmanager", alertname="Watchdog", severity="none")),
    ("alertmanager", labelled("alertmanager", alertname="Watchdog", severity="none", prometheus="monitoring/k8s")),
    *(("alertmanager", labelled("alertmanager", alertname=name, severity=severity)) for name, severity in (
        ("DeadMansSwitch", "none"), ("Dead_Mans_Switch", "page"), ("DeadMansSnitch", "info"), ("InfoInhibitor", "none"),
        ("PrometheusAlertmanagerE2eDeadManSwitch", "critical"),
    )),
    ("sentry", put(sentry_event(tags=SAMPLE), data__triggered_rule="")),
    ("sentry", put(sentry_event(tags=SAMPLE), data__triggered_rule=None)),
    ("sentry", put(sentry_event(tags=SAMPLE), data__triggered_rule="Test Alert")),
    ("sentry", sentry_event(tags=SAMPLE, title="This is an example Python exception")),
    ("sentry", put(sentry_event(tags=[{"key": "sample_event", "value": "yes"}]), data__triggered_rule="")),
    ("pagerduty", {"event": {"id": "1", "event_type": "pagey.ping", "occurred_at": "2026-01-02T03:11:00Z",
                             "data": {"message": "Hello from your friend Pagey!", "type": "ping"}}}),
    ("google_cloud", {"version": "test", "incident": {"incident_id": "12345", "state": "OPEN", "started_at": 0}}),
    ("google_cloud", {"version": "test", "incident": None}), ("google_cloud", {"version": "test"}),
    ("uptime_kuma", {"heartbeat": None, "monitor": None, "msg": "Code Blue Testing"}),
    ("uptime_kuma", {"msg": "My Webhook Alert (1) Testing"}),
    ("opsgenie", recorded("opsgenie") | {"action": "Test"}), ("opsgenie", recorded("opsgenie") | {"action": "test"}),
    ("sns", {"Service": "AWS Auto Scaling", "Event": "autoscaling:TEST_NOTIFICATION", "AccountId": "1"}),
    ("sns", {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}), ("sns", "this is a test"),
    ("sns", "hello, this is a TEST."), ("sns", "Test: ignore"),
    *(("standard", {"type": kind, "data": {}}) for kind in ("a.ping.v1", "webhook:test", "webhooks/test", "TEST")),
    ("standard", {"type": "webhook.test", "data": {}}), ("standard", {"type": "ping"}),
    ("standard", {"specversion": "1.0", "id": "1", "type": "com.example.ping", "source": "s", "data": "x"}),
    ("standard", [{"specversion": "1.0", "id": "1", "type": "com.example.test", "source": "s"}]),
    ("signed", {"name": "PostgresTooManyConnections", "status": "test"}),
    ("signed", {"name": "x", "status": "test", "severity": "critical", "fingerprint": "f"}),
]  # fmt: skip


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


NO_TESTS = [
    ("datadog", recorded("datadog") | {"title": "[P1] [Triggered on {host:a}] [TEST] load"}),
    ("grafana", labelled("grafana", alertname="TestAlertTooOften", instance="Grafana")),
    ("grafana", labelled("grafana", alertname="TestAlert", instance="db-1")),
    ("alertmanager", labelled("alertmanager", alertname="Watchdog", severity="critical")),
    ("alertmanager", labelled("alertmanager", alertname="DeadMansSwitchMissing", severity="critical")),
    ("alertmanager", labelled("alertmanager", alertname="InfoInhibitor", severity="warning")),
    ("standard", {"type": "load-test"}), ("standard", {"type": "nightly_test", "data": {"name": "x"}}),
    ("sentry", sentry_event(tags=SAMPLE)),  # anybody may set a tag
    ("uptime_kuma", put(recorded("uptime_kuma"), msg="Load Testing")),
    ("standard", {"type": "latest", "data": {"name": "x"}}), ("standard", {"type": "smoke.test.failed"}),
    ("signed", {"name": "test"}),
]  # fmt: skip


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
    ("[P1] [Renotify on {a:b}] [P2] x", "[P2] x"), ("[Recovered on {host:a}] [Triggered] x", "[Triggered] x"),
])  # fmt: skip
def test_the_brackets_of_a_datadog_monitor_are_its_own(title, name, receiver):
    it = receiver("datadog")
    sent(it, recorded("datadog") | {"title": title})
    assert [alert["name"] for alert in it.kept()] == [name]


def kuma(ident, name, status=0):
    return put(recorded("uptime_kuma"), monitor__id=ident, monitor__name=name, heartbeat__status=status)


def pagerduty(**data):
    known = recorded("pagerduty")
    return put(known, event__data=known["event"]["data"] | data)


def notice(text):
    return {"heartbeat": None, "monitor": None, "msg": text}


APART = "\x1f"
"""What separates the parts of which a fingerprint is made."""
GRAFANA = "https://g.example.org/alerting/grafana/uid-1/view"
CERT = "[{}][https://a.example] server certificate a.example will expire in {} days"
SAME = [
    ("uptime_kuma", kuma(1, "old"), kuma(1, "new", 1)), ("uptime_kuma", kuma(1, "[a] 1"), kuma(1, "[a] 2", 1)),
    ("uptime_kuma", notice(CERT.format("web-1", 7)), notice(CERT.format("web-1", 1))),
    ("pagerduty", pagerduty(title="a"), pagerduty(title="b")),
    ("pagerduty", pagerduty(), pagerduty(service={"id": "PNEW", "summary": "another service"})),
    ("pagerduty", pagerduty(incident_key="k"), pagerduty(incident_key=None)),
    ("grafana", group("grafana", labels={"alertname": "A", "h": "1"}, generatorURL=GRAFANA),
     group("grafana", labels={"alertname": "B", "h": "1"}, generatorURL=GRAFANA)),
    ("grafana", group("grafana", labels={"alertname": "A", "grafana_folder": "x"}, generatorURL=GRAFANA),
     group("grafana", labels={"alertname": "A", "grafana_folder": "y"}, generatorURL=GRAFANA)),
    ("grafana", labelled("grafana", alertname="Rule", grafana_folder="f"),
     labelled("grafana", alertname="DatasourceNoData", rulename="Rule", grafana_folder="f", ref_id="A",
     datasource_uid="x")),
    ("datadog", recorded("datadog") | {"title": "a"}, recorded("datadog") | {"title": "b", "id": "2"}),
    ("datadog", recorded("datadog") | {"scope": "a:1,b:2"}, recorded("datadog") | {"scope": "b:2, a:1", "id": "2"}),
    ("opsgenie", put(recorded("opsgenie"), alert__message="a"), put(recorded("opsgenie"), alert__message="b")),
    ("opsgenie", put(recorded("opsgenie"), alert__alertId="a"), put(recorded("opsgenie"), alert__alertId="b")),
    ("google_cloud", put(recorded("google_cloud"), incident__policy_name="a"),
     put(recorded("google_cloud"), incident__policy_name="b", incident__state="closed")),
    ("google_cloud", recorded("google_cloud"),
     put(recorded("google_cloud"), incident__scoping_project_id=None, incident__state="closed")),
    ("sentry", put(recorded("sentry"), data__triggered_rule="a"), put(recorded("sentry"), data__triggered_rule="b")),
    ("sentry", recorded("sentry"), sentry_event(title="renamed", culprit="elsewhere")),
    ("signed", {"name": "a", "fingerprint": "f"}, {"name": "b", "fingerprint": "f", "status": "resolved"}),
    ("signed", {"name": "a", "labels": {"x": 1}}, {"name": "a", "labels": {"x": "1"}, "status": "resolved"}),
    ("standard", {"type": "a.firing", "data": {"id": 1, "name": "x"}}, {"type": "a.resolved", "data": {"id": 1,
     "name": "y"}}),
    *(("standard", {"type": f"disk{sign}firing{end}"}, {"type": f"disk{sign}resolved{end}"}) for sign, end in (
        (".", ".v1"), (".", ".v2.1"), ("_", ""), (":", ""), ("/", "/v1"), ("-", ""),
    )),
    ("standard", {"type": "disk.firing", "data": "text"}, {"type": "disk.resolved", "data": None}),
    ("alertmanager", group("alertmanager", annotations={"summary": "a"}), group("alertmanager", status="resolved")),
]  # fmt: skip
OTHER = [
    ("uptime_kuma", kuma(1, "a"), kuma(11, "a")), ("uptime_kuma", kuma(1, "web"), kuma(2, "web")),
    ("uptime_kuma", notice(CERT.format("web-1", 7)), notice(CERT.format("web-2", 7))),
    ("uptime_kuma", notice(CERT.format("[1] a", 7)), notice(CERT.format("[2] a", 7))),
    ("pagerduty", pagerduty(), pagerduty(id="P2")),
    ("pagerduty", pagerduty(id="P1", title="a"), pagerduty(id="P11", title="a")),
    ("grafana", labelled("grafana", alertname="A", grafana_folder="x"), labelled("grafana", alertname="A",
     grafana_folder="y")),
    ("grafana", labelled("grafana", alertname="A 1"), labelled("grafana", alertname="A 2")),
    ("grafana", group("grafana", labels={"alertname": "A"}, generatorURL=GRAFANA),
     group("grafana", labels={"alertname": "A"}, generatorURL=GRAFANA.replace("uid-1", "uid-2"))),
    ("grafana", labelled("grafana", alertname="A") | {"orgId": 1}, labelled("grafana", alertname="A",
     x="1") | {"orgId": 1}),
    ("datadog", recorded("datadog"), recorded("datadog") | {"monitor": "7", "id": "2"}),
    ("datadog", recorded("datadog") | {"scope": "host:a"}, recorded("datadog") | {"scope": "host:b", "id": "2"}),
    ("opsgenie", put(recorded("opsgenie"), alert__alias="a"),
     put(recorded("opsgenie"), alert__alias="a1", alert__alertId="a1")),
    ("google_cloud", recorded("google_cloud"), put(recorded("google_cloud"), incident__incident_id="0.other")),
    ("sentry", recorded("sentry"), sentry_event(issue_id="11708202421")),
    ("signed", {"name": "a[1]"}, {"name": "a[2]"}), ("signed", {"name": "a", "labels": {"x": "1"}}, {"name": "a"}),
    ("signed", {"name": "a", "fingerprint": "f" * 127 + "1"}, {"name": "a", "fingerprint": "f" * 127 + "2"}),
    ("signed", {"name": "a", "fingerprint": "password=hunter2aa"}, {"name": "a", "fingerprint": "password=hunter2bb"}),
    ("standard", {"type": "a.firing", "data": {"name": "x"}}, {"type": "a.firing", "data": {"name": "y"}}),
    ("standard", {"type": "a.firing", "data": {"fingerprint": "f" * 200}}, {"type": "a.firing",
     "data": {"fingerprint": "f" * 201}}),
    ("alertmanager", labelled("alertmanager", alertname="a[1]"), labelled("alertmanager", alertname="a[2]")),
    ("alertmanager", group("alertmanager", fingerprint="password=hunter2aa"),
     group("alertmanager", fingerprint="password=hunter2bb")),
    *((form, labelled(form, alertname="A", x=f"1{APART}y=2"), labelled(form, alertname="A", x="1", y="2"))
      for form in ("alertmanager", "grafana")),
    *((form, labelled(form, **{"alertname": "A", "x=y": "1"}), labelled(form, alertname="A", x="y=1"))
      for form in ("alertmanager", "grafana")),
    ("signed", {"name": f"a{APART}b=c"}, {"name": "a", "labels": {"b": "c"}}),
    ("signed", {"name": "a", "labels": {"a=b": "c"}}, {"name": "a", "labels": {"a": "b=c"}}),
    ("signed", {"name": f"a{APART}"}, {"name": "a\x1e1"}), ("signed", {"name": "a\x1e"}, {"name": "a\x1e0"}),
    ("standard", {"type": "a", "data": {"labels": {"a=b": "c"}}}, {"type": "a", "data": {"labels": {"a": "b=c"}}}),
    ("datadog", recorded("datadog") | {"org": f"1{APART}2", "monitor": "3"},
     recorded("datadog") | {"org": "1", "monitor": f"2{APART}3"}),
    ("datadog", recorded("datadog") | {"monitor": "prod"}, recorded("datadog") | {"monitor": "staging"}),
    ("datadog", recorded("datadog") | {"scope": "a:1"}, recorded("datadog") | {"scope": "a:1,b:2"}),
]  # fmt: skip


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

MERGED = {"type": "merge_resolve_reason", "incident": {"id": "PTARGET", "type": "incident_reference", "summary": "#2"}}
RESOLVED = put(recorded("pagerduty"), event__event_type="incident.resolved")
METRIC = {"id": "4", "title": "x", "alert_rule": {"id": 7, "name": "Errors"}, "date_detected": "2026-01-02T03:00:00Z"}
ISSUE = {"action": "resolved", "data": {"issue": {"id": "1", "title": "x"}}}


def grafana_end(reason, **labels):
    return group("grafana", status="resolved", annotations={"grafana_state_reason": reason} if reason else {})


NO_ENDS = [
    *(("grafana", grafana_end(reason)) for reason in (
        "MissingSeries", "NoData", "Error", "Paused", "Updated", "RuleDeleted", "NoData, KeepLast",
    )),
    *((form, group(form, status=status)) for form in ("alertmanager", "grafana") for status in (
        "suppressed", "silenced", "inhibited", "muted", "unprocessed",
    )),
    ("pagerduty", put(RESOLVED, event__data=RESOLVED["event"]["data"] | {"resolve_reason": MERGED})),
    ("pagerduty", put(RESOLVED,
     event__data=RESOLVED["event"]["data"] | {"resolve_reason": MERGED | {"incident": None}})),
    ("sentry", {"action": "resolved", "data": {"metric_alert": METRIC | {"status_method": 2}}}),
    ("sentry", put(ISSUE, data__issue=ISSUE["data"]["issue"] | {"statusDetails": {"inNextRelease": True}})),
    *(("sentry", put(ISSUE, data__issue=ISSUE["data"]["issue"] | told)) for told in (
        {"statusDetails": {"inUpcomingRelease": True}}, {"statusDetails": {"inCommit": {"commit": "a1b2"}}},
        {"status": "ignored"}, {"status": "archived"},
    )),
    ("opsgenie", recorded("opsgenie") | {"action": "Delete"}),
    ("eventbridge", put(recorded("eventbridge"), detail__state={"value": "OK", "actionsSuppressedBy": "WaitPeriod"})),
    ("eventbridge", put(recorded("eventbridge"), detail__state={"value": "INSUFFICIENT_DATA"})),
    ("datadog", recorded("datadog") | {"transition": "No Data"}),
    ("datadog", recorded("datadog") | {"transition": "Re-No Data"}),
]  # fmt: skip
NOTHING = [
    *(("opsgenie", recorded("opsgenie") | {"action": action}) for action in (
        "Snooze", "SnoozeEnded", "Acknowledge", "UnAcknowledge", "AddNote", "AssignOwnership", "UpdatePriority",
    )),
    *(("pagerduty", put(recorded("pagerduty"), event__event_type=f"incident.{kind}")) for kind in (
        "acknowledged", "priority_updated", "delegated", "reassigned", "annotated", "service_updated",
    )),
    *(("sentry", {"action": action, "data": ISSUE["data"]}) for action in (
        "ignored", "archived", "assigned", "unresolved", "created",
    )),
    *(("uptime_kuma", kuma(1, "a", status)) for status in (2, 3)),
    *(("datadog", recorded("datadog") | {"transition": transition}) for transition in ("Null", "null", "Muted", "")),
    ("grafana", labelled("grafana", alertname="DatasourceNoData", rulename="R") | {"alerts": [
        {"status": "resolved", "labels": {"alertname": "DatasourceNoData", "rulename": "R"}}]}),
]  # fmt: skip


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


ENDS = [
    ("grafana", grafana_end("")), ("pagerduty", RESOLVED), ("sentry", ISSUE),
    ("pagerduty", put(RESOLVED, event__data=RESOLVED["event"]["data"] | {"resolve_reason": None})),
    ("sentry", {"action": "resolved", "data": {"metric_alert": METRIC | {"status_method": 3}}}),
    ("datadog", recorded("datadog") | {"transition": "Recovered"}), ("uptime_kuma", kuma(1, "a", 1)),
    ("opsgenie", recorded("opsgenie") | {"action": "Close"}), ("signed", {"name": "x", "status": "resolved"}),
    ("alertmanager", group("alertmanager", status="resolved")), ("standard", {"type": "a.recovered"}),
    ("sentry", put(ISSUE, data__issue=ISSUE["data"]["issue"] | {"statusDetails": {"inRelease": "1.2"}})),
    ("opsgenie", recorded("opsgenie") | {"action": "close"}), ("standard", {"type": "x", "data": {"state": "OK"}}),
    *(("standard", {"type": kind}) for kind in ("a.resolved.v1", "alert_resolved", "alert:closed", "a/ok")),
]  # fmt: skip


@pytest.mark.parametrize(("form", "payload"), ENDS)
def test_an_end_is_an_end(form, payload, receiver):
    it = receiver(form)
    assert sent(it, payload).status_code == 202
    [alert] = it.kept()
    assert (alert["status"], alert.get("blind")) == ("resolved", None)


# -- clocks -----------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 1, 2, 3, 12, tzinfo=UTC)


def at(**ago):
    return NOW - timedelta(**ago)


def iso(**ago):
    return at(**ago).isoformat().replace("+00:00", "Z")


def ms(**ago):
    return int(at(**ago).timestamp() * 1000)


TAKEN = [
    *(("sentry", sentry_event(datetime=iso(days=days), received=at(minutes=1).timestamp())) for days in (3, 30, 400)),
    ("sentry", sentry_event(datetime=iso(days=-3), received=at(seconds=3).timestamp())),
    ("sentry", sentry_event(datetime=iso(days=3), received=at(hours=24).timestamp())),
    ("sentry", sentry_event(datetime=iso(days=3), received=None)),
    *(("sentry", {"action": action, "data": {"metric_alert": METRIC | {"date_detected": iso(days=9)}}})
      for action in ("critical", "warning", "resolved")),
    ("sentry", {"action": "resolved", "data": {"metric_alert": METRIC | {"date_closed": iso(minutes=1)}}}),
    ("pagerduty", put(recorded("pagerduty"), event__occurred_at=iso(hours=24, minutes=30))),
    ("pagerduty", pagerduty(created_at=iso(days=40))),
    ("eventbridge", put(recorded("eventbridge"), time=iso(hours=24, minutes=30))),
    ("opsgenie", put(recorded("opsgenie"), action="Close", alert__createdAt=ms(days=60),
     alert__updatedAt=ms() * 10**6)),
    ("opsgenie", put(recorded("opsgenie"), action="Close", alert__createdAt=ms(days=60), alert__updatedAt=None)),
    *(("opsgenie", put(recorded("opsgenie"), alert__createdAt=None, alert__updatedAt=odd)) for odd in (
        None, 10**40, 10**19, 10**11, -5, 0, True, "soon", 1.5,
    )),
    ("datadog", recorded("datadog") | {"date": float(ms())}), ("datadog", recorded("datadog") | {"date": ms() / 1000}),
    ("datadog", recorded("datadog") | {"date": ms(hours=20)}), ("datadog", recorded("datadog") | {"date": str(ms())}),
    ("google_cloud", put(recorded("google_cloud"), incident__started_at=int(at(days=90).timestamp()))),
    ("alertmanager", group("alertmanager", startsAt=iso(days=200))),
    ("grafana", group("grafana", startsAt=iso(days=200))),
    ("uptime_kuma", put(recorded("uptime_kuma"), heartbeat__time="2026-01-01 12:00:00.000")),
    ("signed", {"name": "x", "starts_at": iso(days=90)}), ("standard", {"type": "a", "timestamp": iso(days=90)}),
]  # fmt: skip
LATE = [
    ("sentry", sentry_event(received=at(hours=26).timestamp())),
    ("datadog", recorded("datadog") | {"date": ms(hours=25)}),
    ("sentry", {"action": "resolved", "data": {"metric_alert": METRIC | {"date_closed": iso(days=2)}}}),
    ("pagerduty", put(recorded("pagerduty"), event__occurred_at=iso(hours=26))),
    ("eventbridge", put(recorded("eventbridge"), time=iso(hours=26))),
    ("opsgenie", put(recorded("opsgenie"), alert__updatedAt=ms(hours=25) * 10**6)),
    ("uptime_kuma", put(recorded("uptime_kuma"), heartbeat__time="2025-12-31 12:00:00.000")),
]  # fmt: skip
EARLY = [
    ("sentry", sentry_event(received=at(minutes=-9).timestamp())),
    ("datadog", recorded("datadog") | {"date": ms(minutes=-9)}),
    ("pagerduty", put(recorded("pagerduty"), event__occurred_at=iso(minutes=-9))),
    ("eventbridge", put(recorded("eventbridge"), time=iso(minutes=-9))),
    ("opsgenie", put(recorded("opsgenie"), alert__updatedAt=ms(minutes=-9) * 10**6)),
    ("uptime_kuma", put(recorded("uptime_kuma"), heartbeat__time="2026-01-02 03:21:00.000")),
]  # fmt: skip


@pytest.mark.parametrize(("form", "payload"), TAKEN)
def test_a_delivery_is_as_old_as_its_vendors_clock_says(form, payload, receiver):
    answer = sent(receiver(form), payload)
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize(("form", "payload"), LATE)
def test_a_late_delivery_is_told_how_late_it_is(form, payload, receiver):
    assert " ago; " in refusal(sent(receiver(form), payload), 401)


@pytest.mark.parametrize(("form", "payload"), EARLY)
def test_a_delivery_from_the_future_is_told_so(form, payload, receiver):
    said = refusal(sent(receiver(form), payload), 401)
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


@pytest.mark.parametrize("secret", ["tökén", "пароль-к-приёмнику", "密码密码密码", "café", "naïve-ключ"])
@pytest.mark.parametrize("form", ["opsgenie", "datadog", "uptime_kuma", "alertmanager", "eventbridge"])
def test_a_secret_in_utf_8_is_a_secret(form, secret, receiver):
    it = receiver(form)
    next(it.home.glob(f"{form}.*")).write_text(secret)
    it.app.state.keys[0].refresh()
    name, start = ("X-Api-Key", "") if form == "eventbridge" else ("Authorization", "Bearer ")
    body = json.dumps(recorded(form)).encode()
    assert it.post(body, {name: (start + secret).encode()}).status_code == 202
    refusal(it.post(body, {name: (start + secret[:-1]).encode()}), 401)


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
