"""HubSpot answers background jobs with errors."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import HUBSPOT_OUT, SYNC, JobsFault, break_
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsHubspotOut(JobsFault):
    def begins(self, parts: Parts) -> None:
        break_(parts.trigger, SYNC, HUBSPOT_OUT)
