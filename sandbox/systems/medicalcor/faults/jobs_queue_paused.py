"""Somebody has paused the queue of a task, and forgotten it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import REMINDERS, JobsFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsQueuePaused(JobsFault):
    def begins(self, parts: Parts) -> None:
        parts.trigger.queues[REMINDERS].paused = True
