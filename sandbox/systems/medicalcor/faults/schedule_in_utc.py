"""A schedule was made without its timezone, so that the report comes two hours late."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import JobsFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class ScheduleInUtc(JobsFault):
    def begins(self, parts: Parts) -> None:
        parts.trigger.schedules["sched_report"].timezone = "UTC"
