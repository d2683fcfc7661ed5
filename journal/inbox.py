"""The alert inbox: an alert is acknowledged only once it is committed, and a replayed delivery is told apart.

The webhook receiver gives `put_all` whatever arrived while the commit before was under way, so the rate does not hang
on disk flushes; a dispatcher calls `claim` and then `Journal.open_incident` with the delivery's id, which marks it done
in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from pydantic import BaseModel, ConfigDict, JsonValue
from sqlalchemy import Connection, Row, Select, case, delete, func, insert, select, text, tuple_, update
from sqlalchemy.dialects import postgresql

from journal.chain import canonical
from journal.redaction import redact
from journal.schema import inbox
from journal.store import Journal

BATCH: Final = 200
"""At most this many alerts should share a commit: bounds both the statement and how long the last of them waits."""

FORGOTTEN: Final = 2000
"""At most this many alerts are forgotten in one commit: others write in between."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Delivery(_Model):
    """An alert as it came in. `format` and `delivery` (the sender's id, or a digest of the body) name it for ever."""

    format: str
    delivery: str
    fingerprint: str
    alert: dict[str, JsonValue]


class Receipt(_Model):
    """What `put` promises: the alert is kept under `id`. `new` is false for a replay; `incident` once handled."""

    id: int
    new: bool
    received_at: datetime
    incident: str | None = None


class Received(_Model):
    """An alert that waits to be handled, redacted."""

    id: int
    format: str
    delivery: str
    fingerprint: str
    alert: dict[str, JsonValue]
    received_at: datetime


class Counts(_Model):
    """`waiting` are free to claim, `held` are being handled, `done` belong to an incident."""

    waiting: int
    held: int
    done: int


class Inbox:
    """The inbox of one journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def put(self, delivery: Delivery) -> Receipt:
        """Keep an alert, redacted; committed on return. Raises `JournalUnavailable`: then do not acknowledge it."""
        return self.put_all([delivery])[0]

    def put_all(self, deliveries: Sequence[Delivery]) -> tuple[Receipt, ...]:
        """Keep alerts, redacted, in one commit; a receipt for each. Raises `JournalUnavailable`: then none is kept.

        Of two equal deliveries, the first is the new one.
        """
        at = self._journal.clock()
        rows = [
            {
                "format": delivery.format,
                "delivery": delivery.delivery,
                "fingerprint": delivery.fingerprint,
                "alert": canonical(redact(delivery.alert)),
                "received_at": at,
            }
            for delivery in deliveries
        ]
        kept = self._journal.database.write(lambda tx: _keep(tx, rows))
        receipts: list[Receipt] = []
        for row in rows:
            receipt = kept[_name(row)]
            receipts.append(receipt)
            kept[_name(row)] = receipt.model_copy(update={"new": False})
        return tuple(receipts)

    def note(self, form: str, delivery: str, what: str, instead: str) -> None:
        """Keep a delivery that no incident is to have, done at once; `instead` stands where the incident would."""
        at = self._journal.clock()
        row = {"format": form, "delivery": delivery, "fingerprint": instead, "alert": canonical(redact({"said": what}))}
        kept = {**row, "received_at": at, "done_at": at, "incident": instead}
        self._journal.database.write(lambda tx: tx.execute(insert(inbox).values(kept)))

    def pending(self, limit: int = 100) -> tuple[Received, ...]:
        """Alerts not done yet, oldest first, held ones included."""
        query = _alerts().where(inbox.c.done_at.is_(None)).order_by(inbox.c.id).limit(limit)
        return self._journal.database.read(lambda tx: tuple(_received(row) for row in tx.execute(query)))

    def claim(self, holder: str, *, limit: int = 100, ttl: timedelta = timedelta(minutes=1)) -> tuple[Received, ...]:
        """Take the oldest free alerts; nobody else gets them until `ttl` has passed. Finish each by `done`."""

        def work(tx: Connection) -> tuple[Received, ...]:
            now = self._journal.clock()
            free = inbox.c.done_at.is_(None) & (inbox.c.held_until.is_(None) | (inbox.c.held_until <= now))
            query = _alerts().where(free).order_by(inbox.c.id).limit(limit).with_for_update(skip_locked=True)
            taken = tuple(_received(row) for row in tx.execute(query))
            if taken:
                ours = inbox.c.id.in_([alert.id for alert in taken])
                tx.execute(update(inbox).where(ours).values(holder=holder, held_until=now + ttl))
            return taken

        return self._journal.database.write(work)

    def done(self, id: int, incident: str) -> bool:  # noqa: A002  # the word for it everywhere else
        """The alert belongs to this incident now. False if it was done already (its first incident stays)."""
        undone = (inbox.c.id == id) & inbox.c.done_at.is_(None)
        change = update(inbox).where(undone)
        change = change.values(incident=incident, done_at=self._journal.clock(), holder=None, held_until=None)
        return self._journal.database.write(lambda tx: tx.execute(change).rowcount == 1)

    def counts(self) -> Counts:
        """How full the inbox is."""
        held = inbox.c.done_at.is_(None) & (inbox.c.held_until > self._journal.clock())
        done = inbox.c.done_at.is_not(None)
        query = select(
            func.count(),
            func.coalesce(func.sum(case((held, 1), else_=0)), 0),
            func.coalesce(func.sum(case((done, 1), else_=0)), 0),
        ).select_from(inbox)
        total, holding, finished = self._journal.database.read(lambda tx: tx.execute(query).one())
        return Counts(waiting=total - holding - finished, held=holding, done=finished)

    def forget(self, done_before: datetime, *, at_most: int = FORGOTTEN) -> int:
        """Delete the oldest alerts that were done before then, and with them the memory of their replays. How many."""
        old = select(inbox.c.id).where(inbox.c.done_at < done_before).order_by(inbox.c.id).limit(at_most)
        gone = delete(inbox).where(inbox.c.id.in_(old))
        return self._journal.database.write(lambda tx: tx.execute(gone).rowcount)


def _name(row: dict[str, Any]) -> tuple[str, str]:
    return row["format"], row["delivery"]


_KEPT: Final = (inbox.c.id, inbox.c.format, inbox.c.delivery, inbox.c.received_at)
_KEEP: Final = {
    "sqlite": insert(inbox).prefix_with("OR IGNORE", dialect="sqlite").returning(*_KEPT),
    "postgresql": postgresql.insert(inbox)
    .on_conflict_do_nothing(index_elements=["format", "delivery"])
    .returning(*_KEPT),
}
"""By dialect. SQLAlchemy compiles its own `ON CONFLICT` anew each time, which takes longer than a commit of SQLite."""


_NUMBERS: Final = text("SELECT nextval(pg_get_serial_sequence('inbox', 'id')) FROM generate_series(1, :count)")


def _keep(tx: Connection, batch: Sequence[dict[str, Any]]) -> dict[tuple[str, str], Receipt]:
    alerts: dict[tuple[str, str], dict[str, Any]] = {}
    for row in batch:
        alerts.setdefault(_name(row), row)
    rows = tx.execute(_KEEP[tx.dialect.name], _numbered(tx, list(alerts.values())))
    receipts = {(row.format, row.delivery): Receipt(id=row.id, new=True, received_at=row.received_at) for row in rows}
    known = [name for name in alerts if name not in receipts]
    if known:
        for row in tx.execute(select(inbox).where(tuple_(inbox.c.format, inbox.c.delivery).in_(known))):
            receipts[row.format, row.delivery] = Receipt(
                id=row.id, new=False, received_at=row.received_at, incident=row.incident
            )
    if not alerts.keys() <= receipts.keys():  # SQLite ignores what breaks any rule, and not just a known name
        raise ValueError("an alert of this batch cannot be kept, because a field of it is empty")
    return receipts


def _numbered(tx: Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as they are to be written, so that their numbers say in which order they came: an end after its problem.

    SQLite numbers them as they are written. On PostgreSQL two processes with overlapping batches have to write in the
    same order, or they wait for each other for ever; so there the numbers are given first.
    """
    if tx.dialect.name != "postgresql":
        return rows
    numbers = tx.execute(_NUMBERS, {"count": len(rows)}).scalars()
    return sorted(({"id": number, **row} for number, row in zip(numbers, rows, strict=True)), key=_name)


def _alerts() -> Select[Any]:
    return select(inbox.c.id, inbox.c.format, inbox.c.delivery, inbox.c.fingerprint, inbox.c.alert, inbox.c.received_at)


def _received(row: Row[Any]) -> Received:
    return Received(
        id=row.id,
        format=row.format,
        delivery=row.delivery,
        fingerprint=row.fingerprint,
        alert=_alert(row.alert),
        received_at=row.received_at,
    )


def _alert(kept: str) -> dict[str, JsonValue]:
    """The alert's fields; none for a row that cannot be read, which must not hold up those behind it."""
    try:
        found: object = json.loads(kept)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, JsonValue]", found) if isinstance(found, dict) else {}
