"""What the isolation layer of couples merges is configured with, in SSM, and what its logs tell about the merges."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from journal import clock
from sandbox.aws import AwsFacts
from sandbox.turns import turn_seconds

AUDIT, SECURITY = "/rung/audit/prod", "/rung/security/prod"
ALLOWED, SCHEMA = "/rung/merge/allowed-terms", "/rung/merge/schema-version"
TERMS, VERSION = "attachment,boundaries,trust,repair", "4"
"""What frameworks may be called, and the version that extraction writes."""
NEW_TERM = "co-regulation"
PHRASE = "Ada Lovelace-Byron's miscarriage"
"""What must never be read by anybody who is not meant to: planted, to prove that it is not."""

PARAMETERS: Mapping[str, str] = {ALLOWED: TERMS, SCHEMA: VERSION}
RECENT_TURNS = 2.4
"""What counts as just now, however long a turn is."""


class Isolation:
    """An engineer of rung at the layer's configuration and its logs."""

    def __init__(self, facts: AwsFacts) -> None:
        self._ssm: Any = facts.client("ssm")
        self._logs: Any = facts.client("logs")

    def set(self, name: str, value: str) -> None:
        """Set a parameter of the layer."""
        self._ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)

    def restore(self) -> None:
        """Set them all as usual."""
        for name, value in PARAMETERS.items():
            self.set(name, value)

    def unmerged(self) -> bool:
        """Whether a merge failed or was refused just now."""
        since = int((clock.now().timestamp() - RECENT_TURNS * turn_seconds()) * 1000)
        found = self._logs.get_log_events(logGroupName=AUDIT, logStreamName="sandbox", startTime=since)["events"]
        actions = [json.loads(event["message"])["action"] for event in found]
        return any(action != "merge_completed" for action in actions)
