"""Somebody else's query sorts more than fits into memory: it is not the application's to end."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.spilling_query import SpillingQuery
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SpillingQueryOfAnother(SpillingQuery):
    def dsn(self, parts: Parts) -> str:
        """The provider's own account."""
        return parts.postgres.address.admin()
