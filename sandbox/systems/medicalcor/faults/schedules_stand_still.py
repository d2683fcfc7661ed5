"""Trigger.dev starts nothing by the clock, though each schedule is active."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import DAILY, REPORT, JobsFault, a_day_passes
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SchedulesStandStill(JobsFault):
    def begins(self, parts: Parts) -> None:
        parts.trigger.stands_still = True
        a_day_passes(parts.trigger, REPORT, DAILY)
