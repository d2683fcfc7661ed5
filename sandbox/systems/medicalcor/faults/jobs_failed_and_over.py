"""HubSpot answered background jobs with errors for twelve minutes; it is well again, and what failed is left."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import UNTIL_TOLD, pass_by
from sandbox.systems.medicalcor.jobs import HUBSPOT_OUT, SYNC, JobsFault, break_, mend
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class JobsFailedAndOver(JobsFault):
    def begins(self, parts: Parts) -> None:
        break_(parts.trigger, SYNC, HUBSPOT_OUT)
        pass_by(UNTIL_TOLD)
        mend(parts.trigger)
