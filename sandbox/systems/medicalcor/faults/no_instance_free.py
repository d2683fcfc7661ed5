"""Requests that do not end fill every instance that there may be."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class NoInstanceFree(ApiFault):
    def begins(self, parts: Parts) -> None:
        service = parts.api.service
        parts.api.scaling.held = service.most or 0


def allow_more(parts: Parts) -> None:
    """What whoever looks after the API does: twice as many instances, and one."""
    service = parts.api.service
    service.most = 2 * (service.most or 0) + 1
