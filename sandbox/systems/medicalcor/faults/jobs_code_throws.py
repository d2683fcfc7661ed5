"""A task throws, in every run."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import SCORING, THROWS, JobsFault, break_
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsCodeThrows(JobsFault):
    def begins(self, parts: Parts) -> None:
        break_(parts.trigger, SCORING, THROWS)
