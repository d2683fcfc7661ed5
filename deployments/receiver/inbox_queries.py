"""What the receiver asks of the inbox beyond `journal.inbox`: how much waits, what nobody takes, many done at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, func, select, update

from journal.schema import inbox, incidents
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


def done_together(journal: Journal, ids: Mapping[str, Sequence[int]]) -> set[str]:
    """These alerts belong to those incidents, all in one commit; the incidents that are closed, whose alerts wait on.

    Alerts that were done before stay as they are.
    """
    if not ids:
        return set()
    now = journal.clock()

    def work(tx: Connection) -> set[str]:
        opened = incidents.c.id.in_(list(ids)) & incidents.c.closed_at.is_(None)
        still = set(tx.execute(select(incidents.c.id).where(opened)).scalars())
        for incident in still:
            undone = inbox.c.id.in_(ids[incident]) & inbox.c.done_at.is_(None)
            change = update(inbox).where(undone)
            tx.execute(change.values(incident=incident, done_at=now, holder=None, held_until=None))
        return set(ids) - still

    return journal.database.write(work)
