"""Calls of HubSpot fail from the minute on in which a revision was deployed, and its status page is still green."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class HubspotOutAfterARelease(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.deploy()
        fail(parts.api.providers["hubspot"], page="none")
