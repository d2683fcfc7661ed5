"""A schedule is paused since yesterday, and HubSpot answers other jobs with errors."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import HUBSPOT_OUT, REPORT, SYNC, JobsFault, a_day_passes, break_
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SchedulePausedAsJobsFail(JobsFault):
    def begins(self, parts: Parts) -> None:
        parts.trigger.schedules["sched_report"].active = False
        a_day_passes(parts.trigger, REPORT)
        break_(parts.trigger, SYNC, HUBSPOT_OUT)
