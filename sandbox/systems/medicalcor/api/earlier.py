"""What MedicalCor's services logged on other days, so that each log is known by its name where nothing goes wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from journal import clock
from sandbox.google.logs import Logs
from sandbox.google.shapes import written

AGO: Final = timedelta(days=2)
RUN: Final = "run.googleapis.com%2F{}"
SQL: Final = "cloudsql.googleapis.com%2Fpostgres.log"
STARTED: Final = "Starting new instance. Reason: DEPLOYMENT_ROLLOUT - Instance started due to traffic shifting."
REQUEST: Final = {"requestMethod": "POST", "requestUrl": "https://api.medicalcor.com/webhooks/whatsapp", "status": 200}


def begin(logs: Logs, *, api: str, web: str, database: str) -> None:
    """A little of everything, two days ago: somebody mistyped a key, and somebody whom the API calls was late."""
    _put(logs, api, "varlog%2Fsystem", textPayload=STARTED)
    _put(logs, api, "requests", httpRequest=REQUEST)
    for component in ("api-key", "openai", "hubspot", "whatsapp", "stripe"):
        for level in ("warn", "error"):
            _put(logs, api, "stdout", jsonPayload={"level": level, "component": component, "duration": 1200.0})
    for level in ("info", "warn"):
        _put(logs, web, "stdout", jsonPayload={"level": level, "component": "session"})
    labels = {"database_id": f"{logs.cloud.project}:{database}", "region": "europe"}
    _entry(logs, SQL, {"type": "cloudsql_database", "labels": labels}, textPayload="LOG:  checkpoint complete")


def _put(logs: Logs, service: str, log: str, **payload: Any) -> None:
    labels = {"service_name": service, "location": "europe-west3"}
    _entry(logs, RUN.format(log), {"type": "cloud_run_revision", "labels": labels}, **payload)


def _entry(logs: Logs, log: str, resource: dict[str, Any], **payload: Any) -> None:
    logs.entries.append(
        {
            "logName": f"projects/{logs.cloud.project}/logs/{log}",
            "insertId": f"earlier-{len(logs.entries)}",
            "resource": resource,
            "timestamp": written(clock.now() - AGO),
            "severity": "INFO",
            **payload,
        }
    )
