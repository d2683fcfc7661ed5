"""Alerts as five kinds of monitors send them, each rightly signed: bytes that are ready to be written to a socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

SECRET = "storm-secret-of-this-run"
SECRET_FILE = "storm.secret"

FORMATS: Mapping[str, Mapping[str, object]] = {
    "alertmanager": {},
    "grafana": {},
    "pagerduty": {},
    "datadog": {},
    "signed": {},
}
"""The formats of a storm, and their options beyond the secret."""


@dataclass(frozen=True)
class Sending:
    """One alert on its way: which problem it is of, where it goes, and the request's bytes."""

    number: int
    form: str
    problem: int
    request: bytes


def sending(number: int, problems: int, host: str) -> Sending:
    """The sending of that number; forms take turns, so every form has every problem of its own share.

    A fingerprint is of one form: `problem` counts over all forms together.
    """
    problem = number % problems
    form = list(FORMATS)[problem % len(FORMATS)]
    now = datetime.now(UTC)
    body, headers = _MAKERS[form](number, problem, now)
    lines = [
        f"POST /alerts/{form} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return Sending(number, form, problem, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)


Made = tuple[bytes, Mapping[str, str]]


def _alertmanager(number: int, problem: int, now: datetime) -> Made:
    return _json(_group(number, problem, now) | {"version": "4"}), {"Authorization": f"Bearer {SECRET}"}


def _grafana(number: int, problem: int, now: datetime) -> Made:
    body, stamp = _json(_group(number, problem, now) | {"version": "1", "orgId": 1, "state": "alerting"}), _stamp(now)
    return body, {
        "X-Grafana-Alerting-Signature": _hex(f"{stamp}:".encode() + body),
        "X-Grafana-Alerting-Timestamp": stamp,
    }


def _pagerduty(number: int, problem: int, now: datetime) -> Made:
    data = {
        "id": f"P{problem}",
        "incident_key": f"storm/{problem}",
        "title": _name(problem),
        "urgency": "high",
        "created_at": now.isoformat(),
        "html_url": "https://acme.pagerduty.com/incidents/P1",
        "service": {"id": "PSTORM", "summary": "storm", "type": "service_reference"},
    }
    event = {"id": f"E{number}", "event_type": "incident.triggered", "occurred_at": now.isoformat(), "data": data}
    body = _json({"event": event})
    return body, {"X-PagerDuty-Signature": f"v1={_hex(body)}"}


def _datadog(number: int, problem: int, now: datetime) -> Made:
    body = _json(
        {
            "id": str(number),
            "transition": "Triggered",
            "monitor": str(problem),
            "scope": "env:prod",
            "title": f"[P1] [Triggered on {{env:prod}}] {_name(problem)}",
            "status": "aws.rds.database_connections over env:prod was > 90.0 at least once during the last 5m.",
            "priority": "P1",
            "tags": "env:prod,environment:rung-prod,team:database",
            "date": str(int(now.timestamp() * 1000)),
            "org": "1",
        }
    )
    return body, {"Authorization": f"Bearer {SECRET}"}


def _signed(number: int, problem: int, now: datetime) -> Made:
    body = _json({"name": _name(problem), "fingerprint": f"storm/{problem}", "severity": "critical", "labels": _LABELS})
    message, stamp = f"msg_{number}", _stamp(now)
    digest = hmac.digest(SECRET.encode(), f"{message}.{stamp}.".encode() + body, hashlib.sha256)
    return body, {
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


_LABELS = {"environment": "rung-prod", "system": "rung", "datname": "rung"}
_MAKERS: Mapping[str, Callable[[int, int, datetime], Made]] = {
    "alertmanager": _alertmanager,
    "grafana": _grafana,
    "pagerduty": _pagerduty,
    "datadog": _datadog,
    "signed": _signed,
}


def _group(number: int, problem: int, now: datetime) -> dict[str, object]:
    labels = _LABELS | {"alertname": _name(problem), "instance": f"10.20.4.{problem}:9187", "severity": "critical"}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": "PostgreSQL has almost no connection slots left"},
        # Each sending is a new start of the same problem: a monitor that flaps as fast as it can.
        "startsAt": now.replace(microsecond=number % 1_000_000).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=up",
        "fingerprint": f"{problem:016x}",
    }
    return {
        "receiver": "codeblue",
        "status": "firing",
        "alerts": [alert],
        "groupLabels": {"alertname": _name(problem)},
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.org:9093",
        "groupKey": "{}",
        "truncatedAlerts": 0,
    }


def _name(problem: int) -> str:
    return f"Storm{problem}"


def _json(said: object) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode()


def _hex(content: bytes) -> str:
    return hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()


def _stamp(now: datetime) -> str:
    return str(int(now.timestamp()))
