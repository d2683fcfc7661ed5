"""Somebody lets the service be called from inside only."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.google.run_kept import EVERYWHERE
from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class IngressClosed(ApiFault):
    def begins(self, parts: Parts) -> None:
        parts.api.service.ingress = "INGRESS_TRAFFIC_INTERNAL_ONLY"


def open_to_all(parts: Parts) -> None:
    """What whoever answers for it does."""
    service = parts.api.service
    service.ingress, service.public = EVERYWHERE, True
