"""A task throws while the status page of HubSpot is red."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.jobs import SCORING, THROWS, JobsFault, break_
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsCodeThrowsAsAPageIsRed(JobsFault):
    def begins(self, parts: Parts) -> None:
        break_(parts.trigger, SCORING, THROWS)
        fail(parts.api.providers["hubspot"], share=0.0)
