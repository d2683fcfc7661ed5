"""HubSpot answers after eight seconds, for twenty minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.systems.medicalcor.api.faulty import A_WHILE
from sandbox.systems.medicalcor.faults.hubspot_late import HubspotLate


@dataclass(kw_only=True)
class HubspotLateForAWhile(HubspotLate):
    lasts: timedelta | None = A_WHILE
