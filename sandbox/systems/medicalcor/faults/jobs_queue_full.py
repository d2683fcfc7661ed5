"""A task takes so long that more of its runs come than may go on at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.jobs import REMINDERS, JobsFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsQueueFull(JobsFault):
    def begins(self, parts: Parts) -> None:
        parts.trigger.queues[REMINDERS].limit = 1
        parts.trigger.tasks[REMINDERS].takes = timedelta(minutes=10)
