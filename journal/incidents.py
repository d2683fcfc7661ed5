"""The projection of incidents: one row each, kept in the transaction that appends the entries behind it.

`store` calls this; everyone else goes through `Journal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Row, Select, or_, select

from journal.errors import AmbiguousIncident, UnknownIncident
from journal.facts.words import Ending
from journal.schema import LEDGER, chains, incidents

# Crockford's: no I, L, O, U, so ids survive being read aloud; ascending in ASCII, so they sort by time.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SLOTS: Final = 32**4
_ENDINGS: Final = frozenset(Ending)
_DAY: Final = 86_400_000_000


class Incident(BaseModel):
    """One problem being handled. `head` and `count` are the hash and number of its newest entry.

    One that is closed without an ending has one that nobody here knows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    fingerprint: str
    system: str
    environment: str
    runbook: str
    title: str
    severity: str
    opened_at: datetime
    closed_at: datetime | None
    ending: Ending | None
    head: str
    count: int


def new_id(at: datetime, salt: int | None = None) -> str:
    """`INC-20260102-7F3K`: the day, then its time in steps of 82 ms. `salt` (0..1023) tells two of one step apart."""
    at = at.astimezone(UTC)
    micros = ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond
    tail = "" if salt is None else _digits(salt, 2)
    return f"INC-{at:%Y%m%d}-{_digits(micros * _SLOTS // _DAY, 4)}{tail}"


def _digits(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 32)
        text = _ALPHABET[digit] + text
    return text


def listed() -> Select[Any]:
    """All incidents with the state of their chains; the ledger is none of them."""
    return select(incidents, chains.c.head, chains.c.length.label("count")).join(
        chains, chains.c.incident == incidents.c.id
    )


PAGE: Final = 500
"""How many incidents are read at once where all are wanted."""


def open_page(tx: Connection, after: Incident | None) -> tuple[Incident, ...]:
    """The next page of open incidents, the longest open first."""
    query = listed().where(incidents.c.closed_at.is_(None)).order_by(incidents.c.opened_at, incidents.c.id).limit(PAGE)
    if after is not None:
        later, same = incidents.c.opened_at > after.opened_at, incidents.c.opened_at == after.opened_at
        query = query.where(or_(later, same & (incidents.c.id > after.id)))
    return tuple(from_row(row) for row in tx.execute(query))


def from_row(row: Row[Any]) -> Incident:
    mapping = row._mapping  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # public by its documentation
    given = dict(mapping)
    if given["ending"] not in _ENDINGS:  # one row must not keep the others from being listed
        given["ending"] = None
    return Incident.model_validate(given)


def open_with(tx: Connection, fingerprint: str) -> str | None:
    """The id of the open incident with this fingerprint."""
    wanted = (incidents.c.fingerprint == fingerprint) & incidents.c.closed_at.is_(None)
    return tx.execute(select(incidents.c.id).where(wanted)).scalar()


def find(tx: Connection, id_or_prefix: str) -> Incident:
    """By id, or by the beginning of one. Raises `UnknownIncident`, `AmbiguousIncident`."""
    exact = tx.execute(listed().where(incidents.c.id == id_or_prefix)).first()
    if exact is not None:
        return from_row(exact)
    prefix = id_or_prefix.strip().upper()
    matches: Sequence[Row[Any]] = ()
    if prefix:
        beginning = incidents.c.id.startswith(prefix, autoescape=True)
        matches = tx.execute(listed().where(beginning).order_by(incidents.c.id).limit(4)).all()
    if not matches or id_or_prefix == LEDGER:
        raise UnknownIncident(id_or_prefix)
    for row in matches:
        if row.id == prefix:
            return from_row(row)
    if len(matches) > 1:
        raise AmbiguousIncident(id_or_prefix, tuple(str(row.id) for row in matches))
    return from_row(matches[0])
