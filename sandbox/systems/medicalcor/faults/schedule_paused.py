"""Somebody has paused a schedule since yesterday, and forgotten it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import REPORT, JobsFault, a_day_passes
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SchedulePaused(JobsFault):
    def begins(self, parts: Parts) -> None:
        parts.trigger.schedules["sched_report"].active = False
        a_day_passes(parts.trigger, REPORT)
