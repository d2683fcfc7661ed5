"""One odd field costs that field: not the alert, and never its neighbours."""

import copy
import json

import pytest

from deployments.receiver.formats import _lenient
from tests.receiver.senders import FORMATS, PAYLOADS
from tests.receiver.test_mutated_payloads import places

FIRST = {
    "alertmanager": "firing",
    "datadog": "triggered",
    "eventbridge": "alarm",
    "google_cloud": "open",
    "grafana": "firing",
    "opsgenie": "create",
    "pagerduty": "incident_triggered",
    "sentry": "issue_alert",
    "signed": "full",
    "sns": "alarm",
    "standard": "event_firing",
    "uptime_kuma": "down",
}
NEEDED = {
    "alertmanager": {"alerts", "alerts.0", "alerts.0.status", "alerts.0.labels", "alerts.0.fingerprint", "version"},
    "datadog": {"id", "transition", "monitor", "date", "title", "scope", "org"},
    "eventbridge": {
        "id", "detail-type", "account", "region", "time", "resources", "resources.0", "detail", "detail.alarmName",
        "detail.state", "detail.state.value",
    },
    "google_cloud": {"version", "incident", "incident.incident_id", "incident.state"},
    "grafana": {
        "alerts", "alerts.0", "alerts.0.status", "alerts.0.labels", "alerts.0.labels.*", "alerts.0.generatorURL",
        "alerts.0.orgId", "orgId", "alerts.0.annotations.grafana_state_reason",
    },
    "opsgenie": {"action", "alert", "alert.alertId", "alert.alias"},
    "pagerduty": {"event", "event.id", "event.event_type", "event.occurred_at", "event.data", "event.data.id"},
    "sentry": {"action", "data", "data.event", "data.event.issue_id", "data.event.received", "data.issue"},
    "signed": {"name", "status", "severity", "fingerprint", "summary", "labels", "starts_at", "link"},
    "sns": {"AlarmName", "AWSAccountId", "AlarmArn", "NewStateValue", "Region"},
    "standard": {"type", "data", "data.name", "data.fingerprint", "data.id", "data.labels", "data.labels.*"},
    "uptime_kuma": {"heartbeat", "heartbeat.status", "heartbeat.time", "monitor", "monitor.id"},
}  # fmt: skip
"""What says which problem it is, or which vendor's message; everything else may be anything."""
ODD = [None, 7, True, "odd", [], {}]
UNMARKED = [
    lambda text: b"\xef\xbb\xbf" + text.encode(), lambda text: text.replace("\n", "\r\n").encode() + b"\r\n",
    lambda text: b"\r\n\r\n" + text.encode(), lambda text: text.encode("utf-16"), lambda text: text.encode("utf-32"),
    lambda text: text.encode() + b" \n\t",
]  # fmt: skip
"""Byte order marks, line ends and other encodings."""


def recorded(form):
    return json.loads((PAYLOADS / form / "valid" / f"{FIRST[form]}.json").read_bytes())


def optional(form, payload):
    for path in places(payload):
        name = ".".join(map(str, path))
        if path and name not in NEEDED[form] and f"{name.rpartition('.')[0]}.*" not in NEEDED[form]:
            yield path


def replaced(payload, path, value):
    changed = copy.deepcopy(payload)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(changed).encode()


@pytest.mark.parametrize("form", FORMATS)
def test_no_field_that_is_not_needed_costs_the_alert(form, receiver):
    it, payload = receiver(form), recorded(form)
    assert it.send(json.dumps(payload).encode(), message="whole").status_code == 202
    [known] = {alert["fingerprint"] for alert in it.kept()}
    tried = 0
    for path in optional(form, payload):
        for odd in ODD:
            it.clock.pass_(seconds=0.001)
            answer = it.send(replaced(payload, path, odd), message=f"m{tried}")
            assert answer.status_code in {202, 409}, (path, odd, answer.text)
            tried += 1
    assert {alert["fingerprint"] for alert in it.kept()} == {known}
    assert tried >= 5


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "sns"])  # SNS writes its envelope itself
@pytest.mark.parametrize("sent", UNMARKED)
def test_byte_order_marks_and_line_ends_cost_nothing(form, sent, receiver):
    it = receiver(form)
    assert it.send(sent(json.dumps(recorded(form), indent=1))).status_code == 202
    assert len(it.kept()) == 1


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "sns"])
@pytest.mark.parametrize("odd", [b"caf\xe9", b"\x93quoted\x94", b"cut \xc3", b"\xff\xfe"])
def test_a_letter_in_another_encoding_costs_that_letter(form, odd, receiver):
    it = receiver(form)
    key = b"summary" if form == "signed" else b"more"  # only our own form refuses what it does not know
    whole = json.dumps(recorded(form) | {key.decode(): "HERE"}).encode()
    assert it.send(whole.replace(b"HERE", odd)).status_code == 202
    [kept] = it.kept()
    assert form != "signed" or "\ufffd" in kept["summary"]


@pytest.mark.parametrize("odd", [None, 7.5, True, [], {"value": []}])
@pytest.mark.parametrize(("form", "place", "good", "label"), [
    ("opsgenie", ("alert", "tags"), "place:here", "place"),
    ("uptime_kuma", ("monitor", "tags"), {"name": "place", "value": "here"}, "place"),
    ("sns", ("Trigger", "Dimensions"), {"name": "place", "value": "here"}, "place"),
])  # fmt: skip
def test_an_odd_part_of_a_list_costs_none_of_the_others(  # noqa: PLR0917  (what varies, and a fixture)
    form, place, good, label, odd, receiver
):
    it = receiver(form)
    assert it.send(replaced(recorded(form), place, [odd, good, odd])).status_code == 202
    [kept] = it.kept()
    assert kept["labels"][label] == "here"


@pytest.mark.parametrize("text", [
    '\ufeff{"a": 1}', '\r\n{"a": 1}\r\n', '{"a": "line\r\nend"}', '{"a": "tab\there"}', '{"a": "half \\ud83d"}',
    '{"a": "\\udc00"}', '{"\\ud800": 1}', '{"a": ' + "9" * 5000 + "}", '{"a": [-' + "1" * 400_000 + "]}",
])  # fmt: skip
def test_json_that_was_written_by_hand_is_read_and_can_be_stored(text):
    read = _lenient.document(text, "It")
    json.dumps(read, ensure_ascii=False).encode()


@pytest.mark.parametrize("label", [
    None, 7, -1.5, True, False, "", [], ["a"], {}, {"a": 1}, 2**70,
])  # fmt: skip
@pytest.mark.parametrize(("form", "place"), [
    ("alertmanager", ("alerts", 0, "labels", "odd")), ("grafana", ("alerts", 0, "labels", "odd")),
    ("signed", ("labels", "odd")), ("standard", ("data", "labels", "odd")), ("opsgenie", ("alert", "details", "odd")),
    ("google_cloud", ("incident", "resource", "labels", "odd")),
    ("eventbridge", ("detail", "configuration", "metrics", 0, "metricStat", "metric", "dimensions", "odd")),
])  # fmt: skip
def test_a_label_of_any_kind_is_text_or_left_out(form, place, label, receiver):
    it = receiver(form)
    assert it.send(replaced(recorded(form), place, label)).status_code == 202
    [kept] = it.kept()
    told = {None: None, True: "true", False: "false"}.get(label, "?") if isinstance(label, bool | None) else "?"
    if told == "?":
        told = label if isinstance(label, str) else json.dumps(label)
    assert kept["labels"].get("odd") in {told, told or None}  # a detail that is empty says nothing


@pytest.mark.parametrize("odd", [
    None, 7, "x", [], {}, {"status": "firing"}, {"status": "boiling", "labels": {}}, {"labels": {"alertname": "B"}},
    {"status": "firing", "labels": None}, {"status": None, "labels": {"alertname": "C"}},
])  # fmt: skip
@pytest.mark.parametrize("form", ["alertmanager", "grafana"])
def test_an_alert_that_cannot_be_read_is_kept_and_told_and_its_neighbours_are_taken(form, odd, receiver, caplog):
    it, payload = receiver(form), recorded(form)
    good = payload["alerts"][0]
    payload["alerts"] = [
        good,
        odd,
        good | {"labels": good["labels"] | {"host": "b"}, "fingerprint": "00000000000000bb"},
    ]
    answer = it.send(json.dumps(payload).encode())
    assert (answer.status_code, len(answer.json()["receipts"])) == (202, 3)
    assert "Alert 2 of a group could not be read" in caplog.text
    kept = it.kept()
    [unreadable] = [alert for alert in kept if alert["name"] == "unreadable alert"]
    assert "could not be read" in unreadable["summary"]
    assert len({alert["fingerprint"] for alert in kept}) == 3
    assert it.dispatched == 1


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, {"specversion": "0.3"}, {"specversion": "1.0", "id": "1"}])
def test_a_cloudevent_that_cannot_be_read_costs_no_other_of_its_batch(odd, receiver):
    it = receiver("standard")
    batch = json.loads((PAYLOADS / "standard" / "valid" / "cloudevents_batch.json").read_bytes())
    answer = it.send(json.dumps([*batch, odd]).encode())
    assert answer.status_code == 202
    assert len(it.kept()) == len(batch) + 1
