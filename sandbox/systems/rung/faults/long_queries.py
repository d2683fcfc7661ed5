"""A client runs queries that take many minutes, more and more of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sandbox.leaks import LeakFault


@dataclass(kw_only=True)
class LongQueries(LeakFault):
    """Long-running queries until no slot is left; a client whose query is cancelled closes its session."""

    waits: ClassVar[bool] = True

    @property
    def cause(self) -> str:
        """Its name."""
        return "long_queries"

    @property
    def application_name(self) -> str:
        """The client."""
        return "rung-analytics"

    @property
    def statements(self) -> list[str]:
        """Waits instead of computing: the sessions are as busy as any, and the machine stays usable."""
        return ["SELECT count(*), pg_sleep(1800) FROM clients"]
