"""HubSpot answers after eight seconds."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ProviderLate


@dataclass(kw_only=True)
class HubspotLate(ProviderLate):
    name: str = "hubspot"
