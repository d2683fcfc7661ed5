"""A client runs queries that take many minutes, more and more of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.rastup.fault import Leak


@dataclass(kw_only=True)
class LongQueries(Leak):
    @property
    def client(self) -> str:
        """Whoever counts."""
        return "rastup-analytics"

    @property
    def says(self) -> tuple[LiteralString, ...]:
        """Nothing first."""
        return ()

    @property
    def waits(self) -> LiteralString | None:
        """Waits instead of computing: the sessions are as busy as any, and the machine stays usable."""
        return "SELECT count(*), pg_sleep(1800) FROM users"
