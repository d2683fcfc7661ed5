"""Runs of a task take longer than they may."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import REMINDERS, TOO_LONG, JobsFault, break_
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsTimeOut(JobsFault):
    def begins(self, parts: Parts) -> None:
        break_(parts.trigger, REMINDERS, TOO_LONG)
