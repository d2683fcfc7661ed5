"""Somebody has paused a schedule, since another one does its work."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.systems.medicalcor.jobs import JobsFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SchedulePausedWhileAnotherIsMade(JobsFault):
    def begins(self, parts: Parts) -> None:
        paused = parts.trigger.schedules["sched_report"]
        paused.active = False
        parts.trigger.schedules["sched_other"] = replace(paused, id="sched_other", active=True)
