"""What is particular to one vendor each: its signature's ways, what is a problem for it, what is nothing."""

import base64
import hashlib
import hmac
import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from deployments.receiver.formats import datadog
from tests.receiver.senders import PAYLOADS, load_sender, refusal

DOCS = Path(__file__).parents[2] / "docs"


def recorded(form, name):
    return (PAYLOADS / form / "valid" / f"{name}.json").read_bytes()


def changed(form, name, **fields):
    return json.dumps(json.loads(recorded(form, name)) | fields).encode()


def nothing_followed(it, answer):
    assert answer.status_code == 200, answer.text
    assert "nothing follows" in answer.json()["done"]
    assert (it.kept(), it.dispatched) == ([], 0)


# -- Grafana ----------------------------------------------------------------------------------------------------------


def test_grafanas_signature_without_a_time_is_refused_unless_the_operator_does_without(receiver):
    body = recorded("grafana", "firing")
    refusal(receiver("grafana").send(body, stamped=False), 401)
    it = receiver("grafana", options={"timestamp_header": ""})
    assert it.send(body, stamped=False).json()["new"] is True
    it.clock.pass_(seconds=20)
    assert it.send(body, stamped=False).json()["new"] is False


def test_a_time_that_grafana_did_not_sign_is_refused(receiver):
    it = receiver("grafana")
    body, headers = it.sender.seal(recorded("grafana", "firing"), it.clock.now)
    refusal(it.post(body, headers | {"X-Grafana-Alerting-Timestamp": "1767323521"}), 401)


def test_two_regular_repeats_of_grafana_are_two_deliveries(receiver):
    it = receiver("grafana")
    for _ in range(2):
        assert it.send(recorded("grafana", "firing")).json()["new"] is True
        it.clock.pass_(minutes=5)
    assert len(it.kept()) == 2


def test_an_alert_of_grafana_without_a_name_has_that_of_its_group(receiver):
    it = receiver("grafana")
    known = json.loads(recorded("grafana", "firing"))
    known["alerts"][0]["labels"] = {"debug": "true"}
    it.send(json.dumps(known | {"commonLabels": {"alertname": "Memory (copy)"}}).encode())
    assert it.kept()[0]["name"] == "Memory (copy)"


# -- PagerDuty --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("service", "summary"), [
    (None, "incident.triggered in PagerDuty"), ({"id": "P1", "summary": None}, "incident.triggered in PagerDuty"),
    ({"id": "P1", "summary": "API"}, "incident.triggered in PagerDuty for API"),
])  # fmt: skip
def test_an_incident_of_pagerduty_says_its_service_if_it_has_one(service, summary, receiver):
    event = json.loads(recorded("pagerduty", "incident_triggered"))
    event["event"]["data"]["service"] = service
    it = receiver("pagerduty")
    it.send(json.dumps(event).encode())
    assert it.kept()[0]["summary"] == summary


@pytest.mark.parametrize("secrets", [["new"], ["new", "old"], ["old", "new"], ["x", "y", "new"]])
def test_one_right_signature_of_pagerduty_is_enough(receiver, secrets):
    it = receiver("pagerduty")
    (it.home / "pagerduty.secret").write_text("new\n")
    it.app.state.keys[0].refresh()
    answer = it.send(recorded("pagerduty", "incident_triggered"), secrets=[one.encode() for one in secrets])
    assert answer.status_code == 202


@pytest.mark.parametrize("header", ["", "v2=00", "00", "v1=", "v1=\u00e9", ",".join(["v1=00"] * 9)])
def test_pagerdutys_header_without_a_right_signature_is_refused(receiver, header):
    it = receiver("pagerduty")
    body = recorded("pagerduty", "incident_triggered")
    refusal(it.post(body, {"X-PagerDuty-Signature": header.encode("latin-1")}), 401)


@pytest.mark.parametrize("kind", ["incident.acknowledged", "incident.annotated", "pagey.ping", "service.created"])
def test_what_pagerduty_says_beside_leads_to_nothing(receiver, kind):
    event = json.loads(recorded("pagerduty", "incident_triggered"))
    event["event"] |= {"event_type": kind, "data": {"type": "ping", "message": "Hello from your friend Pagey!"}}
    it = receiver("pagerduty")
    nothing_followed(it, it.send(json.dumps(event).encode()))


# -- Sentry -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["metric_alert", "installation", ""])
def test_sentrys_unsigned_headers_decide_nothing(receiver, resource):
    it = receiver("sentry")
    body, headers = it.sender.seal(recorded("sentry", "issue_alert"), it.clock.now)
    answer = it.post(body, headers | {"Sentry-Hook-Resource": resource, "Sentry-Hook-Timestamp": "1"})
    assert answer.status_code == 202
    assert it.kept()[0]["name"] == "PostgresTooManyConnections"


@pytest.mark.parametrize("data", [{}, {"installation": {"status": "installed"}}, {"comment": "looks bad"}])
def test_what_sentry_says_beside_leads_to_nothing(receiver, data):
    it = receiver("sentry")
    nothing_followed(it, it.send(json.dumps({"action": "created", "data": data}).encode()))


# -- EventBridge ------------------------------------------------------------------------------------------------------


def test_an_alarm_has_one_fingerprint_by_eventbridge_and_by_sns(receiver):
    known = json.loads((PAYLOADS / "sns" / "valid" / "alarm.alerts.json").read_text())[0]
    it = receiver("eventbridge")
    it.send(recorded("eventbridge", "alarm"))
    assert it.kept()[0]["fingerprint"] == known["fingerprint"]


@pytest.mark.parametrize("options", [{"header": None}, {"header": None, "user": "events"}])
def test_eventbridge_may_show_its_secret_in_three_ways(receiver, options):
    it = receiver("eventbridge", options=options)
    token = load_sender("eventbridge").TOKEN
    right = f"Bearer {token}"
    if "user" in options:
        right = "Basic " + base64.b64encode(f"events:{token}".encode()).decode()
    body = recorded("eventbridge", "alarm")
    refusal(it.post(body, {"X-Api-Key": token}), 401)
    assert it.post(body, {"Authorization": right}).status_code == 202


# -- Opsgenie, Datadog ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["Acknowledge", "AddNote", "AssignOwnership", "Snooze"])
def test_what_people_do_in_opsgenie_leads_to_nothing(receiver, action):
    it = receiver("opsgenie")
    nothing_followed(it, it.send(changed("opsgenie", "create", action=action)))


def test_a_changed_priority_in_datadog_leads_to_nothing(receiver):
    it = receiver("datadog")
    nothing_followed(it, it.send(changed("datadog", "triggered", transition="Null")))


def test_datadogs_template_is_the_one_in_the_documents():
    text = (DOCS / "operating.md").read_text()
    [shown] = [
        json.loads(block) for block in re.findall(r"```json\b.*?\n(.*?)```", text, re.DOTALL) if "$ALERT_ID" in block
    ]
    assert shown == datadog.TEMPLATE


def test_datadogs_template_has_every_field_that_is_read(receiver):
    given = json.loads(recorded("datadog", "triggered"))
    assert set(datadog.TEMPLATE) == set(given)
    it = receiver("datadog")
    refusal(it.send(json.dumps(datadog.TEMPLATE).encode()), 422)  # as Datadog sends it when it replaces nothing


# -- Google Cloud -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "status"), [("", 401), ("?auth_token=", 401), ("?auth_token=x", 401), (None, 202)])
def test_without_basic_auth_googles_token_is_in_the_address(receiver, query, status):
    it = receiver("google_cloud", options={"user": None})
    if query is None:
        query = f"?auth_token={load_sender('google_cloud').PASSWORD}"
    answer = it.ask("POST", f"/alerts/google_cloud{query}", content=recorded("google_cloud", "open"))
    assert answer.status_code == status


def test_googles_test_of_a_channel_leads_to_nothing(receiver):
    it = receiver("google_cloud")
    incident = {"incident_id": "12345", "state": "OPEN", "started_at": 0, "summary": "Test Incident"}
    nothing_followed(it, it.send(json.dumps({"version": "test", "incident": incident}).encode()))


# -- Uptime Kuma ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [2, 3])
def test_a_pending_or_maintained_monitor_is_no_problem_and_no_end(receiver, status):
    it = receiver("uptime_kuma")
    beat = json.loads(recorded("uptime_kuma", "down"))["heartbeat"] | {"status": status}
    nothing_followed(it, it.send(changed("uptime_kuma", "down", heartbeat=beat)))


def test_uptime_kumas_test_leads_to_nothing(receiver):
    it = receiver("uptime_kuma")
    body = {"heartbeat": None, "monitor": None, "msg": "Code Blue Testing"}
    nothing_followed(it, it.send(json.dumps(body).encode()))


def test_a_certificate_that_expires_is_one_problem_on_every_day(receiver):
    it = receiver("uptime_kuma")
    notice = json.loads(recorded("uptime_kuma", "notice_of_a_certificate"))
    for days in (7, 6):
        notice["msg"] = notice["msg"].replace("7 days", f"{days} days")
        assert it.send(json.dumps(notice).encode()).json()["new"] is True
    assert len({alert["fingerprint"] for alert in it.kept()}) == 1


# -- Standard Webhooks and CloudEvents --------------------------------------------------------------------------------


def test_an_ed25519_signature_is_checked_by_the_public_key(receiver):
    key = Ed25519PrivateKey.generate()
    it = receiver("standard")
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    (it.home / "standard.secret").write_text("whpk_" + base64.b64encode(public).decode())
    it.app.state.keys[0].refresh()
    body, headers = it.sender.seal(recorded("standard", "event_firing"), it.clock.now)
    refusal(it.post(body, headers), 401)  # signed by the secret that was valid before
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    proof = {"webhook-signature": "v1a," + base64.b64encode(key.sign(signed)).decode()}
    assert it.post(body, headers | proof).status_code == 202
    forged = hmac.new(public, signed, hashlib.sha256).digest()  # the public key is no secret
    refusal(it.post(body, headers | {"webhook-signature": "v1," + base64.b64encode(forged).decode()}), 401)


def test_the_end_of_an_event_names_the_problem_that_began(receiver):
    it = receiver("standard")
    for name in ("event_firing", "event_resolved"):
        it.send(recorded("standard", name), message=name)
    begun, ended = sorted(it.kept(), key=lambda alert: alert["status"])
    assert begun["fingerprint"] == ended["fingerprint"]
    assert (begun["status"], ended["status"]) == ("firing", "resolved")


def test_a_binary_cloudevent_without_its_attributes_is_refused(receiver):
    it = receiver("standard")
    body, headers = it.sender.seal(recorded("standard", "cloudevent_binary"), it.clock.now)
    del headers["ce-source"]
    assert "source" in refusal(it.post(body, headers), 422)
