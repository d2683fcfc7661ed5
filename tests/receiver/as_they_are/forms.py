"""How deliveries of each form are made up from a recorded one. Used by the lists beside this file."""

import json
from datetime import UTC, datetime, timedelta

from tests.receiver.test_odd_fields import recorded, replaced

NOW = datetime(2026, 1, 2, 3, 12, tzinfo=UTC)


def put(payload, **values):
    """The payload with other values at dotted places."""
    body = json.dumps(payload).encode()
    for place, value in values.items():
        path = [int(part) if part.isdigit() else part for part in place.replace("__", ".").split(".")]
        body = replaced(json.loads(body), path, value)
    return json.loads(body)


def at(**ago):
    return NOW - timedelta(**ago)


def iso(**ago):
    return at(**ago).isoformat().replace("+00:00", "Z")


def ms(**ago):
    return int(at(**ago).timestamp() * 1000)


def group(form, **alert):
    known = recorded(form)
    return known | {"alerts": [known["alerts"][0] | alert]}


def labelled(form, **labels):
    return group(form, labels=labels, fingerprint="", generatorURL="", silenceURL="")


def datadog(**fields):
    return recorded("datadog") | fields


def google(**incident):
    known = recorded("google_cloud")
    return known | {"incident": known["incident"] | incident}


def opsgenie(action="Create", **alert):
    known = recorded("opsgenie")
    return known | {"action": action, "alert": known["alert"] | alert}


def pagerduty(kind="triggered", **data):
    known = recorded("pagerduty")
    return put(known, event__data=known["event"]["data"] | data, event__event_type=f"incident.{kind}")


def sentry_event(**event):
    known = recorded("sentry")
    return put(known, data__event=known["data"]["event"] | event)


def sentry_metric(action="critical", rule=None, **metric):
    told = {"id": "4", "title": "x", "alert_rule": {"id": 7, "name": "Errors"} | (rule or {})}
    return {"action": action, "data": {"metric_alert": told | {"date_detected": "2026-01-02T03:00:00Z"} | metric}}


def sentry_issue(action="resolved", **issue):
    return {"action": action, "data": {"issue": {"id": "1", "title": "x"} | issue}}


def kuma(ident, name, status=0, **monitor):
    known = recorded("uptime_kuma")
    about = known["monitor"] | {"id": ident, "name": name} | monitor
    return known | {"monitor": about, "heartbeat": known["heartbeat"] | {"status": status}}


def notice(text):
    return {"heartbeat": None, "monitor": None, "msg": text}


def topic(**message):
    """What CloudWatch publishes to a topic."""
    return recorded("sns") | message


def bridge(ident="1", *, state=None, name=None, **event):
    """What CloudWatch puts on the bus; `name` makes it another alarm's."""
    payload = put(recorded("eventbridge"), id=ident) | event
    if state is not None:
        payload = put(payload, detail__state=state)
    if name is not None:
        arn = f"arn:aws:cloudwatch:{payload['region']}:{payload['account']}:alarm:{name}"
        payload = put(payload, detail__alarmName=name) | {"resources": [arn]}
    return payload


def cloud_event(kind="org.example.disk.firing", **attributes):
    return {"specversion": "1.0", "id": "1", "type": kind, "source": "/monitors/a"} | attributes
