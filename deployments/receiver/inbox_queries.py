"""What the receiver asks of the inbox beyond `journal.inbox`: how much waits, what nobody takes, many done at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select, update

from journal.schema import inbox
from journal.store import Journal

UNROUTED: Final = "unrouted"
"""Stands where the incident would, for an alert that no rule took: kept, listed, in no incident."""
NOTHING_OPEN: Final = "nothing-open"
"""Likewise for the end (or blindness) of a problem that no open incident has."""


class Unrouted(BaseModel):
    """An alert that nobody takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    format: str
    fingerprint: str
    alert: str
    received_at: datetime


def waiting(journal: Journal) -> int:
    """How many alerts are not handled yet; answered from the index of those, however long the inbox is."""
    query = select(func.count()).select_from(inbox).where(inbox.c.done_at.is_(None))
    return journal.database.read(lambda tx: tx.execute(query).scalar_one())


def unrouted(journal: Journal, limit: int = 100) -> list[Unrouted]:
    """The newest alerts that no rule took, as JSON text."""
    columns = (inbox.c.id, inbox.c.format, inbox.c.fingerprint, inbox.c.alert, inbox.c.received_at)
    query = select(*columns).where(inbox.c.incident == UNROUTED).order_by(inbox.c.id.desc()).limit(limit)
    return journal.database.read(
        lambda tx: [
            Unrouted(
                id=row.id, format=row.format, fingerprint=row.fingerprint, alert=row.alert, received_at=row.received_at
            )
            for row in tx.execute(query)
        ]
    )


def done_together(journal: Journal, ids: Sequence[int], incident: str) -> None:
    """These alerts belong to that incident, all in one commit; those that were done before stay as they are."""
    undone = inbox.c.id.in_(ids) & inbox.c.done_at.is_(None)
    change = update(inbox).where(undone)
    change = change.values(incident=incident, done_at=journal.clock(), holder=None, held_until=None)
    journal.database.write(lambda tx: tx.execute(change))
