"""HubSpot answers late from the minute on in which a revision was deployed that changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.hubspot_late import HubspotLate
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class HubspotLateAfterARelease(HubspotLate):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy()
        super().begins(parts)
