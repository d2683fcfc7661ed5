"""A client opens transactions, writes, and never ends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.medicalcor.sessions import Leak


@dataclass(kw_only=True)
class IdleInTransaction(Leak):
    @property
    def client(self) -> str:
        """What copies leads to HubSpot."""
        return "medicalcor-sync"

    @property
    def says(self) -> tuple[LiteralString, ...]:
        """All of a transaction but its end."""
        return "BEGIN", "UPDATE leads SET status = status WHERE id = {number}"
