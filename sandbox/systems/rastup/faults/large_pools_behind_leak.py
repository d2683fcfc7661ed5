"""The API's pools may open more than the database has, but hold little of it: another client leaks."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.faults.idle_leak import IdleLeak
from sandbox.systems.rastup.faults.oversized_pools import LARGE
from sandbox.systems.rastup.parts import Parts


@dataclass(kw_only=True)
class LargePoolsBehindLeak(IdleLeak):
    def start(self, parts: Parts) -> None:
        """Deploy large pools that nobody fills, and leak."""
        parts.deploy(LARGE)
        super().start(parts)
