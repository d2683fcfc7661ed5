"""A deployment has left a schedule out."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import DAILY, JobsFault, a_day_passes
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class ScheduleMissing(JobsFault):
    def begins(self, parts: Parts) -> None:
        del parts.trigger.schedules["sched_reminders"]
        a_day_passes(parts.trigger, DAILY)
