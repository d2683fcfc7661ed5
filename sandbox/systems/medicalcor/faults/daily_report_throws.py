"""The report is started by the clock and throws, as another task does that shares its code."""

from __future__ import annotations

from dataclasses import dataclass

from journal import clock
from sandbox.systems.medicalcor.jobs import LATELY, REPORT, SCORING, THROWS, JobsFault, a_day_passes, break_
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class DailyReportThrows(JobsFault):
    def begins(self, parts: Parts) -> None:
        a_day_passes(parts.trigger, REPORT)
        for one in (REPORT, SCORING):
            break_(parts.trigger, one, THROWS)
        for _ in range(LATELY):
            parts.trigger.make(REPORT, clock.now())
