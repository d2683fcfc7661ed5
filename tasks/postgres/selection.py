"""Which sessions are meant, and from when on they count as standing still: for evidence and change alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, LiteralString

from runbook import Permanent, Selection

CLIENTS: LiteralString = "backend_type = 'client backend' and pid <> pg_backend_pid()"


@dataclass(frozen=True, kw_only=True)
class SessionsOf(Selection):
    """Sessions of one role in one database, and perhaps of one application only; never poolers, never Code Blue.

    A session counts when it has been in its kind of state for longer than the age that is named for it.
    """

    database: str
    role: str
    application: str | None = None
    idle_for: timedelta | None = None
    open_for: timedelta | None = None
    active_for: timedelta | None = None
    blocking_for: timedelta | None = None
    holding_for: timedelta | None = None

    @property
    def where(self) -> LiteralString:
        """The condition, for statements with `values`."""
        return (
            CLIENTS + " and datname = current_database() and usename = %(role)s"
            " and (%(application)s::text is null or application_name = %(application)s)"
        )

    @property
    def values(self) -> dict[str, Any]:
        return {"role": self.role, "application": self.application}

    def longer_than(self, kind: str) -> timedelta:
        """From when on a session of this kind is meant. Raises `Permanent` where the selection does not say."""
        ages = {
            "idle": self.idle_for,
            "idle in transaction": self.open_for,
            "active": self.active_for,
            "blocking": self.blocking_for,
            "queueing": self.blocking_for,
            "holding replay": self.holding_for,
        }
        if (age := ages[kind]) is None:
            raise Permanent(f"It is not said from when on a session that is {kind} is meant; name an age for it.")
        return age
