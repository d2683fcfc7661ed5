"""What the receiver asks of the inbox beyond `journal.inbox`: how much waits, what nobody takes, many done at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, bindparam, func, select, update

from journal.schema import inbox, incidents
from journal.store import Journal
from journal.wording import moment

UNROUTED: Final = "unrouted"
"""Stands where the incident would, for an alert that no rule took: kept, listed, in no incident."""
AMBIGUOUS: Final = "ambiguous"
"""Likewise for an alert that several systems can mean."""
UNKNOWN_PLACE: Final = "unknown-place"
"""Likewise for one that names a system or an environment that nobody knows, or two that do not belong together."""
UNHANDLED: Final = "unhandled"
"""Likewise for an alert that could not be handled: unreadable, or refused by the journal."""
NOTHING_OPEN: Final = "nothing-open"
"""Likewise for the end (or blindness) of a problem that no open incident has."""

SILENCED: Final = "silenced"
"""Likewise, followed by a colon and the silence's number, for an alert that somebody silenced."""
MAINTAINED: Final = "maintenance"
"""Likewise for one of a system that was being maintained."""

TESTED: Final = "test"
"""Likewise for a vendor's test or ping."""


_STARTED_NOTHING = (UNROUTED, AMBIGUOUS, UNKNOWN_PLACE, UNHANDLED)


class LeftOver(BaseModel):
    """An alert that started nothing although nobody wanted that: `why` is `UNROUTED` or one of those beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    why: str
    format: str
    fingerprint: str
    alert: str
    received_at: datetime

    @property
    def name(self) -> str:
        """The alert's name, as far as it can be read."""
        try:
            return str(json.loads(self.alert)["name"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return "without a readable name"

    @property
    def place(self) -> str:
        """The system and environment that it names, as far as they can be read."""
        try:
            labels = json.loads(self.alert)["labels"]
            named = [f"{label} {labels[label][:60]!r}" for label in ("system", "environment") if labels.get(label)]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return ""
        return ", ".join(named)

    def __str__(self) -> str:
        said = f"Alert {self.id} ({self.format}, {self.name[:100]!r}, {moment(self.received_at)})"
        if self.why == UNROUTED:
            return f"{said} started nothing, because no route takes it; add one."
        if self.why == AMBIGUOUS:
            which = f" ({self.place})" if self.place else ""
            return f"{said} started nothing, because several systems can mean it{which}; name one by a label `system`."
        if self.why == UNKNOWN_PLACE:
            return (
                f"{said} started nothing, because nothing here goes by the names it has ({self.place}); correct its"
                " labels, save the environment, or add a route."
            )
        return f"{said} could not be handled and started nothing; the receiver's log says why."


def waiting(journal: Journal) -> int:
    """How many alerts are not handled yet; answered from the index of those, however long the inbox is."""
    query = select(func.count()).select_from(inbox).where(inbox.c.done_at.is_(None))
    return journal.database.read(lambda tx: tx.execute(query).scalar_one())


def left_over(journal: Journal, *, since: datetime | None = None) -> list[LeftOver]:
    """Alerts that started nothing although nobody wanted that, newest first; of a problem that came again the last.

    All of them: one that repeats by the thousand must not hide another that came once.
    """
    columns = (inbox.c.id, inbox.c.incident, inbox.c.format, inbox.c.fingerprint, inbox.c.alert, inbox.c.received_at)
    started_nothing = inbox.c.incident.in_(_STARTED_NOTHING)
    if since is not None:
        started_nothing &= inbox.c.received_at >= since
    problem = (inbox.c.incident, inbox.c.format, inbox.c.fingerprint)
    last = select(func.max(inbox.c.id)).where(started_nothing).group_by(*problem)
    query = select(*columns).where(inbox.c.id.in_(last))
    return journal.database.read(
        lambda tx: [
            LeftOver(
                id=row.id,
                why=row.incident,
                format=row.format,
                fingerprint=row.fingerprint,
                alert=row.alert,
                received_at=row.received_at,
            )
            for row in tx.execute(query.order_by(inbox.c.id.desc()))
        ]
    )


def set_aside(journal: Journal) -> dict[str, tuple[int, datetime]]:
    """How many alerts of the inbox opened nothing, and when the last came: by `UNROUTED`, `silenced:3`, and so on."""
    aside = inbox.c.incident.in_((*_STARTED_NOTHING, MAINTAINED)) | inbox.c.incident.startswith(f"{SILENCED}:")
    query = select(inbox.c.incident, func.count(), func.max(inbox.c.received_at)).where(aside)
    grouped = query.group_by(inbox.c.incident)
    return journal.database.read(lambda tx: {row[0]: (row[1], row[2]) for row in tx.execute(grouped)})


def tests(journal: Journal) -> dict[str, datetime]:
    """When each form's sender last sent its test, as far as the inbox remembers; `doctor` asks."""
    query = select(inbox.c.format, func.max(inbox.c.received_at)).where(inbox.c.incident == TESTED)
    grouped = query.group_by(inbox.c.format)
    return journal.database.read(lambda tx: {row[0]: row[1] for row in tx.execute(grouped)})


def of_rule(tx: Connection, fingerprint: str) -> list[str]:
    """The open incidents of all series of a rule, of a fingerprint `form:rule:series`; none for any other."""
    rule, _, series = fingerprint.rpartition(":")
    if not series or ":" not in rule:
        return []
    mine = incidents.c.fingerprint.startswith(f"{rule}:", autoescape=True) & incidents.c.closed_at.is_(None)
    return list(tx.execute(select(incidents.c.id).where(mine).order_by(incidents.c.opened_at)).scalars())


def related(tx: Connection, fingerprint: str, *, system: str, environment: str, since: datetime) -> str | None:
    """The open incident of another problem that an alert belongs to.

    The one that an alert of this fingerprint joined before; else the oldest of the same system and environment that was
    opened since then: the primary.
    """
    before = (
        select(inbox.c.incident)
        .join(incidents, incidents.c.id == inbox.c.incident)
        .where(incidents.c.closed_at.is_(None), inbox.c.fingerprint == fingerprint)
        .limit(1)
    )
    if (known := tx.execute(before).scalar()) is not None:
        return known
    near = (
        select(incidents.c.id)
        .where(
            incidents.c.closed_at.is_(None),
            incidents.c.system == system,
            incidents.c.environment == environment,
            incidents.c.opened_at >= since,
        )
        .order_by(incidents.c.opened_at, incidents.c.id)
        .limit(1)
    )
    return tx.execute(near).scalar()


_DONE = (
    update(inbox)
    .where(inbox.c.id == bindparam("number"), inbox.c.done_at.is_(None))
    .values(incident=bindparam("whose"), done_at=bindparam("at"), holder=None, held_until=None)
)
"""Made once and carried out for many: a statement for each incident of a storm costs as much as all else together."""


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
        # Sorted, so that two dispatchers whose claims overlap wait for each other in the same order.
        if done := sorted((number, incident) for incident in still for number in ids[incident]):
            tx.execute(_DONE, [{"number": number, "whose": incident, "at": now} for number, incident in done])
        return set(ids) - still

    return journal.database.write(work)
