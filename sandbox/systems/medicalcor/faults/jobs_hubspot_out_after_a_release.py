"""HubSpot answers background jobs with errors, just after they were deployed anew."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.jobs import HUBSPOT_OUT, SYNC, JobsFault, break_, deploy
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsHubspotOutAfterARelease(JobsFault):
    def begins(self, parts: Parts) -> None:
        deploy(parts.trigger)
        break_(parts.trigger, SYNC, HUBSPOT_OUT)
