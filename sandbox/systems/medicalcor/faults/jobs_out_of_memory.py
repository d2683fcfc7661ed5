"""Runs of a task end because their machine has no memory left."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import NO_MEMORY, REMINDERS, JobsFault, break_
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsOutOfMemory(JobsFault):
    def begins(self, parts: Parts) -> None:
        break_(parts.trigger, REMINDERS, NO_MEMORY)
