"""A deployment gave a scheduled task another name, and nothing is listed any more by the one before."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import REPORT, JobsFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class ReportCalledOtherwise(JobsFault):
    def begins(self, parts: Parts) -> None:
        kept = parts.trigger
        kept.schedules.pop("sched_report")
        kept.runs = {name: one for name, one in kept.runs.items() if one.task != REPORT}
