"""A client opens transactions, writes, and never ends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.rastup.fault import Leak


@dataclass(kw_only=True)
class IdleInTransaction(Leak):
    @property
    def client(self) -> str:
        """What copies profiles to the search."""
        return "rastup-search-indexer"

    @property
    def says(self) -> tuple[LiteralString, ...]:
        """All of a transaction but its end."""
        return "BEGIN", "UPDATE users SET kind = kind WHERE id = {number}"
