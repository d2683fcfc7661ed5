"""A client opens transactions, writes, and never ends them."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.leaks import LeakFault


@dataclass(kw_only=True)
class IdleInTransaction(LeakFault):
    """Sessions idle in transaction, each with a row locked, until no slot is left."""

    @property
    def cause(self) -> str:
        """Its name."""
        return "idle_in_transaction"

    @property
    def application_name(self) -> str:
        """The client."""
        return "rung-batch"

    @property
    def statements(self) -> list[str]:
        """All of a transaction but its end."""
        return ["BEGIN", "UPDATE sessions SET status = status WHERE id = 1000 + {number}"]
