"""A schedule that the code of its task declares is paused since yesterday."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import DAILY, JobsFault, a_day_passes
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SchedulePausedInCode(JobsFault):
    def begins(self, parts: Parts) -> None:
        parts.trigger.schedules["sched_reminders"].active = False
        a_day_passes(parts.trigger, DAILY)
