"""The journal itself: append a fact once, read back what was said.

Every room above goes through `Journal`. A step of the pipeline is `append(incident, key, fact)`: if the key is recorded
already, the recorded entry comes back and nothing is written, which is how a re-run finds out what is done. What
`append` returns is committed. Reading and writing wait for a database that is away (`JournalUnavailable` after
`patience` seconds) and are safe from many threads and processes at once; after a fork the child drops the inherited
connections by itself.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from pydantic import ValidationError
from sqlalchemy import Connection, Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from journal import clock
from journal import incidents as rows
from journal.chain import FACT, GENESIS, Entry, canonical, hash_of
from journal.connect import Database
from journal.errors import BeginningGone, IncidentClosed, RunTaken, UnknownIncident
from journal.facts.closed import Closed, Confirmed
from journal.facts.decided import Decided, Lapsed, Requested, TaskDone, TaskGiven, Withdrawn
from journal.facts.done import Carried, Intended, Settled, UnderWay
from journal.facts.every import Fact
from journal.facts.installation import Registered, Witnessed
from journal.facts.opened import Joined, Opened
from journal.facts.policy import Acknowledged
from journal.incidents import Incident
from journal.mark import Mark, Newest
from journal.redaction import redact_fact
from journal.schema import LEDGER, Id, chains, entries, inbox, incidents, runs

log = logging.getLogger("codeblue.journal")

Guard = Callable[[Sequence[Entry]], None]
"""Sees an incident's entries inside the appending transaction, and raises to refuse the append."""

_COLUMNS: Final = (
    entries.c.incident,
    entries.c.number,
    entries.c.key,
    entries.c.kind,
    entries.c.fact,
    entries.c.at,
    entries.c.flow_run,
    entries.c.task_run,
    entries.c.previous,
    entries.c.hash,
)

# Made once: making a statement anew takes as long as carrying it out, and a pass asks hundreds of times.
_OF: Final = bindparam("of", type_=Id)
_TAIL: Final = select(chains.c.head, chains.c.length).where(chains.c.incident == _OF).with_for_update()
_MOVES_ON: Final = (
    update(chains).where(chains.c.incident == _OF).values(head=bindparam("to"), length=bindparam("number"))
)
_UNDER_KEY: Final = select(*_COLUMNS).where(entries.c.incident == _OF, entries.c.key == bindparam("under"))
_AFTER: Final = (
    select(*_COLUMNS).where(entries.c.incident == _OF, entries.c.number > bindparam("after")).order_by(entries.c.number)
)

_REMEMBERED: Final = 256
"""Facts whose text need not be read again: more than an incident has, whose pass reads all of it over and over."""

WITNESSED: Final = (
    *(Requested, TaskGiven, Decided, TaskDone, Lapsed, Withdrawn),
    *(Intended, UnderWay, Carried, Settled, Acknowledged, Confirmed),
)
"""Facts that are registered in the ledger as they are said: what was asked, what people decided, and what was done.

With the hash of such an entry all before it is bound, so an open incident cannot be rewritten behind anybody's back.
"""

_RACES: Final = 20
"""How often opening an incident may lose against other processes before the error is taken for a real one."""


def others_unread(incident: str, number: int) -> None:
    """For `of_kind`, where one unreadable entry must cost nobody else anything and `verify` names it."""
    log.warning("Entry %d of %s cannot be read; see `codeblue verify`.", number, incident)


def utcnow() -> datetime:
    return clock.now()


class Journal:
    """An open journal. Make one with `Journal.connect` and share it between threads."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database: Database = database
        self.clock: Callable[[], datetime] = clock
        self.mark: Mark | None = Mark.beside(database.url)
        self._marking: bool | None = None

    @classmethod
    def connect(cls, url: str, *, clock: Callable[[], datetime] = utcnow, patience: float = 60.0) -> Self:
        """Open the journal at `sqlite:///file` or `postgresql://…`, bringing its schema up to date when it is behind.

        `patience` is in seconds, for every operation. Raises `UnsuitableJournal`, `JournalUnavailable`.
        """
        database = Database(url, patience=patience)
        try:
            database.migrate()
        except BaseException:
            database.dispose()
            raise
        return cls(database, clock)

    @staticmethod
    def exists(url: str, *, patience: float = 60.0) -> bool:
        """Whether there is a journal at that address, in whatever version; makes none. Raises as `connect` does."""
        database = Database(url, patience=patience, make=False)
        try:
            return database.there()
        finally:
            database.dispose()

    def close(self) -> None:
        """Close the pooled connections."""
        self.database.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- saying ------------------------------------------------------------------------------------------------------

    def append(
        self,
        incident: str,
        key: str,
        fact: Fact,
        *,
        flow_run: str | None = None,
        task_run: str | None = None,
        guard: Guard | None = None,
    ) -> Entry:
        """Record `fact` under `key`, redacted; or return the entry that already has this key, unchanged.

        `Closed` also closes the incident. It and each of `WITNESSED` register the head in the ledger. Raises
        `UnknownIncident`, whatever `guard` raises, and `IncidentClosed` for a second closing.
        """
        if isinstance(fact, Opened | Registered | Witnessed):
            raise TypeError(f"{fact.kind} is written by the journal itself, not by append")
        clean = redact_fact(fact)

        def work(tx: Connection) -> tuple[Entry, bool]:
            tail = _lock(tx, incident)
            known = _recorded(tx, incident, key)
            if known is not None:
                return known, False
            if guard is not None:
                guard(_entries(tx, incident))
            if isinstance(clean, Closed):
                _refuse_second_closing(tx, incident)
            entry = _add(tx, self._next(tail, key, clean, flow_run=flow_run, task_run=task_run))
            if isinstance(clean, Closed):
                tx.execute(
                    update(incidents).where(incidents.c.id == incident).values(closed_at=entry.at, ending=clean.ending)
                )
                self._register(tx, entry, closing=True)
            elif isinstance(clean, WITNESSED):
                self._witness(tx, entry)
            return entry, True

        entry, new = self.database.write(work)
        if new:
            self._note(entry)
        return entry

    def open_incident(
        self, opened: Opened, *, delivery: int | None = None, flow_run: str | None = None
    ) -> tuple[Incident, bool]:
        """Join the open incident with this fingerprint, or open one; tells whether it was opened here.

        `delivery` is the inbox id of the alert that asks: it is marked done in the same transaction, so an alert that
        is handled twice (its handler died in between) still opens or joins once. Joining appends `Joined` when there
        is an alert. `flow_run` is assigned to the incident, if given.
        """
        clean = redact_fact(opened)
        joining = f"joined:{uuid.uuid4().hex if delivery is None else delivery}"
        tried: list[str] = []

        def work(tx: Connection) -> tuple[Incident, bool]:
            handled = _handled(tx, delivery)
            incident = handled or self._join(tx, clean, joining, flow_run, tried)
            if incident is None:
                incident = self._open(tx, clean, flow_run, tried)
            if delivery is not None and handled is None:
                done = update(inbox).where(inbox.c.id == delivery)
                tx.execute(done.values(incident=incident, done_at=self.clock(), holder=None, held_until=None))
            if flow_run is not None:
                _assign(tx, flow_run, incident)
            return rows.find(tx, incident), incident in tried

        for _ in range(_RACES):
            # Another process opened the same problem, took the same id or closed the incident in this very moment.
            with suppress(IntegrityError, _ClosedMeanwhile):
                return self._opened(self.database.write(work))
        return self._opened(self.database.write(work))

    def assign(self, flow_run: str, incident: str) -> None:
        """Say that a flow run works on an incident. Raises `RunTaken` if it already works on another."""
        self.database.write(lambda tx: _assign(tx, flow_run, incident))

    # -- reading back ------------------------------------------------------------------------------------------------

    def recorded(self, incident: str, key: str) -> Entry | None:
        """The entry under `key`, if that step was done."""
        return self.database.read(lambda tx: _recorded(tx, incident, key))

    def entries(self, incident: str) -> tuple[Entry, ...]:
        """All entries of an incident, in order. Raises `UnknownIncident`, `BeginningGone`."""
        found = self.tail(incident, 0)
        if (found and found[0].number != 1) or (not found and self.lengths([incident])[incident]):
            raise BeginningGone(incident)
        return found

    def tail(self, incident: str, after_number: int) -> tuple[Entry, ...]:
        """The entries after a number, in order; for live progress. Raises `UnknownIncident`."""

        def work(tx: Connection) -> tuple[Entry, ...]:
            found = _entries(tx, incident, after_number)
            if not found and tx.execute(select(chains.c.length).where(chains.c.incident == incident)).first() is None:
                raise UnknownIncident(incident)
            return found

        return self.database.read(work)

    def lengths(self, incidents: Collection[str]) -> dict[str, int]:
        """How many entries each of some incidents has; for those who know the earlier ones and ask what is new."""
        wanted = list(incidents)
        found: dict[str, int] = {}
        for begin in range(0, len(wanted), rows.PAGE):  # a database takes only so many parameters
            some = chains.c.incident.in_(wanted[begin : begin + rows.PAGE])
            query = select(chains.c.incident, chains.c.length).where(some)
            found |= self.database.read(lambda tx, query=query: {row[0]: row[1] for row in tx.execute(query)})
        return found

    def of_kind(
        self,
        kind: str,
        *,
        since: datetime | None = None,
        system: str | None = None,
        environment: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
        unreadable: Callable[[str, int], None] | None = None,
    ) -> tuple[Entry, ...]:
        """Entries of one kind over all incidents, oldest first unless told otherwise.

        One that cannot be read raises; with `unreadable`, that is told its incident and number, and the others come
        back: for those who would do nothing for anybody otherwise.
        """
        query = select(*_COLUMNS).where(entries.c.kind == kind)
        if since is not None:
            query = query.where(entries.c.at >= since)
        if system is not None or environment is not None:
            query = query.join(incidents, incidents.c.id == entries.c.incident)
        if system is not None:
            query = query.where(incidents.c.system == system)
        if environment is not None:
            query = query.where(incidents.c.environment == environment)
        order = (entries.c.at, entries.c.incident, entries.c.number)
        query = query.order_by(*(column.desc() if newest_first else column for column in order))
        if limit is not None:
            query = query.limit(limit)

        def work(tx: Connection) -> tuple[Entry, ...]:
            return tuple(one for row in tx.execute(query) if (one := _entry_or_told(row, unreadable)) is not None)

        return self.database.read(work)

    def last_in_ledger(self, kind: str) -> Entry | None:
        """What the ledger says last of a kind: by its number, because clocks are set back."""
        mine = (entries.c.incident == LEDGER) & (entries.c.kind == kind)
        query = select(*_COLUMNS).where(mine).order_by(entries.c.number.desc()).limit(1)
        return self.database.read(lambda tx: next((_entry(row) for row in tx.execute(query)), None))

    def incident(self, id_or_prefix: str) -> Incident:
        """By id or by the beginning of one. Raises `UnknownIncident`, `AmbiguousIncident`."""
        return self.database.read(lambda tx: rows.find(tx, id_or_prefix))

    def incidents(
        self, *, open_only: bool = False, limit: int = 100, system: str | None = None
    ) -> tuple[Incident, ...]:
        """Incidents, newest first."""
        query = rows.listed().order_by(incidents.c.opened_at.desc(), incidents.c.id.desc()).limit(limit)
        if open_only:
            query = query.where(incidents.c.closed_at.is_(None))
        if system is not None:
            query = query.where(incidents.c.system == system)
        return self.database.read(lambda tx: tuple(rows.from_row(row) for row in tx.execute(query)))

    def count(self, *, open_only: bool = False, system: str | None = None) -> int:
        """How many incidents there are."""
        query = select(func.count()).select_from(incidents)
        if open_only:
            query = query.where(incidents.c.closed_at.is_(None))
        if system is not None:
            query = query.where(incidents.c.system == system)
        return self.database.read(lambda tx: tx.execute(query).scalar_one())

    def ending_in(self, ending: str) -> tuple[str, ...]:
        """The ids with that ending, the newest first; four at most, which are enough to say that it is not clear."""
        query = select(incidents.c.id).where(incidents.c.id.endswith(ending, autoescape=True))
        query = query.order_by(incidents.c.opened_at.desc()).limit(4)
        return self.database.read(lambda tx: tuple(tx.execute(query).scalars()))

    def every_open(self) -> Iterator[Incident]:
        """All open incidents, however many, the longest open first: nobody who waits is forgotten for a newer one."""
        page = self.database.read(lambda tx: rows.open_page(tx, None))
        while page:
            yield from page
            last = page[-1]
            page = self.database.read(lambda tx, last=last: rows.open_page(tx, last)) if len(page) == rows.PAGE else ()

    def latest_of(self, runbook: str, environment: str) -> tuple[Incident, ...]:
        """The newest incidents of a runbook in an environment, an open one first."""
        ours = (incidents.c.runbook == runbook) & (incidents.c.environment == environment)
        order = (incidents.c.closed_at.is_not(None), incidents.c.closed_at.desc(), incidents.c.id.desc())
        query = rows.listed().where(ours).order_by(*order).limit(rows.PAGE)
        return self.database.read(lambda tx: tuple(rows.from_row(row) for row in tx.execute(query)))

    def incident_of(self, flow_run: str) -> str | None:
        """The incident that a flow run works on."""
        return self.database.read(
            lambda tx: tx.execute(select(runs.c.incident).where(runs.c.flow_run == flow_run)).scalar()
        )

    # -- after a transaction -----------------------------------------------------------------------------------------

    def _opened(self, said: tuple[Incident, bool]) -> tuple[Incident, bool]:
        incident, _ = said
        self._note(Newest(incident.id, incident.count, incident.head))
        return said

    def _note(self, newest: Entry | Newest) -> None:
        """Note beside the database what was committed; unless it has lost what was noted before, which stays noted."""
        if self.mark is None or self._marking is False:
            return
        if self._marking is None:
            before = self.mark.kept()
            self._marking = before is None or self.database.read(lambda tx: has(tx, before))
        if self._marking:
            self.mark.note(Newest(newest.incident, newest.number, newest.hash))

    # -- inside a transaction ----------------------------------------------------------------------------------------

    def _next(
        self, tail: _Tail, key: str, fact: Fact, *, flow_run: str | None = None, task_run: str | None = None
    ) -> tuple[Entry, str]:
        """The entry that follows `tail`, and its fact's stored text."""
        said = canonical(fact.model_dump(mode="json"))
        at = self.clock().astimezone(UTC)
        digest = hash_of(
            incident=tail.incident,
            number=tail.number + 1,
            key=key,
            kind=fact.kind,
            fact=said,
            at=at,
            flow_run=flow_run,
            task_run=task_run,
            previous=tail.head,
        )
        entry = Entry.model_construct(
            incident=tail.incident,
            number=tail.number + 1,
            key=key,
            kind=fact.kind,
            fact=fact,
            at=at,
            flow_run=flow_run,
            task_run=task_run,
            previous=tail.head,
            hash=digest,
        )
        return entry, said

    def _join(self, tx: Connection, opened: Opened, key: str, flow_run: str | None, mine: list[str]) -> str | None:
        incident = rows.open_with(tx, opened.fingerprint)
        if incident is None or incident in mine:  # ours: the commit was lost on the wire, but had happened
            return incident
        tail = _lock(tx, incident)
        if rows.open_with(tx, opened.fingerprint) != incident:
            raise _ClosedMeanwhile
        if opened.alert is not None and _recorded(tx, incident, key) is None:  # likewise
            _add(tx, self._next(tail, key, Joined(alert=opened.alert), flow_run=flow_run))
        return incident

    def _open(self, tx: Connection, opened: Opened, flow_run: str | None, tried: list[str]) -> str:
        at = self.clock()
        incident = rows.new_id(at)
        while tx.execute(select(chains.c.incident).where(chains.c.incident == incident)).first() is not None:
            incident = rows.new_id(at, salt=uuid.uuid4().int % 1024)
        first, said = self._next(_Tail(incident, GENESIS, 0), "opened", opened, flow_run=flow_run)
        row = opened.model_dump(include={"fingerprint", "system", "environment", "runbook", "title", "severity"})
        tx.execute(insert(incidents).values(id=incident, opened_at=first.at, **row))
        tx.execute(insert(chains).values(incident=incident, head=GENESIS, length=0))
        self._register(tx, _add(tx, (first, said)), closing=False)
        tried.append(incident)
        return incident

    def _register(self, tx: Connection, entry: Entry, *, closing: bool) -> None:
        """Chain the opening or closing of an incident into the ledger. Always locked after the incident's own chain."""
        tail = _lock(tx, LEDGER)
        key = f"{'closed' if closing else 'opened'}:{entry.incident}"
        fact = Registered(incident=entry.incident, head=entry.hash, closing=closing)
        _add(tx, self._next(tail, key, fact, flow_run=entry.flow_run))

    def _witness(self, tx: Connection, entry: Entry) -> None:
        """Chain an entry's hash into the ledger. Always locked after the incident's own chain."""
        tail = _lock(tx, LEDGER)
        fact = Witnessed(incident=entry.incident, number=entry.number, head=entry.hash)
        _add(tx, self._next(tail, witness_key(entry.incident, entry.number), fact, flow_run=entry.flow_run))


def witness_key(incident: str, number: int) -> str:
    """The key under which the ledger registers an entry of `WITNESSED`."""
    return f"witnessed:{incident}:{number}"


def has(tx: Connection, newest: Newest) -> bool:
    """Whether the journal has exactly this entry."""
    place = (entries.c.incident == newest.incident) & (entries.c.number == newest.number)
    return tx.execute(select(entries.c.hash).where(place)).scalar() == newest.hash


class _Tail(NamedTuple):
    """Where a chain ends."""

    incident: str
    head: str
    number: int


class _ClosedMeanwhile(Exception):
    """The incident about to be joined was closed while we waited for its lock."""


def _lock(tx: Connection, incident: str) -> _Tail:
    """Take the incident's turn to append (SQLite: the transaction has it already); where its chain ends."""
    row = tx.execute(_TAIL, {"of": incident}).first()
    if row is None:
        raise UnknownIncident(incident)
    return _Tail(incident, row.head, row.length)


def _add(tx: Connection, following: tuple[Entry, str]) -> Entry:
    entry, said = following
    tx.execute(
        insert(entries),
        {
            "incident": entry.incident,
            "number": entry.number,
            "key": entry.key,
            "kind": entry.kind,
            "fact": said,
            "at": entry.at,
            "flow_run": entry.flow_run,
            "task_run": entry.task_run,
            "previous": entry.previous,
            "hash": entry.hash,
        },
    )
    tx.execute(_MOVES_ON, {"of": entry.incident, "to": entry.hash, "number": entry.number})
    return entry


def _recorded(tx: Connection, incident: str, key: str) -> Entry | None:
    row = tx.execute(_UNDER_KEY, {"of": incident, "under": key}).first()
    return None if row is None else _entry(row)


def _entries(tx: Connection, incident: str, after_number: int = 0) -> tuple[Entry, ...]:
    return tuple(_entry(row) for row in tx.execute(_AFTER, {"of": incident, "after": after_number}))


def _entry(row: Row[Any]) -> Entry:
    return Entry.model_construct(
        incident=row.incident,
        number=row.number,
        key=row.key,
        kind=row.kind,
        fact=_fact(row.fact),
        at=row.at,
        flow_run=row.flow_run,
        task_run=row.task_run,
        previous=row.previous,
        hash=row.hash,
    )


@lru_cache(maxsize=_REMEMBERED)
def _fact(said: str) -> Fact:
    """A fact by its stored text. Facts are frozen, so whoever reads the same text may have the same one."""
    return FACT.validate_json(said)


def _entry_or_told(row: Row[Any], unreadable: Callable[[str, int], None] | None) -> Entry | None:
    try:
        return _entry(row)
    except ValidationError:
        if unreadable is None:
            raise
        unreadable(row.incident, row.number)
        return None


def _refuse_second_closing(tx: Connection, incident: str) -> None:
    ending = tx.execute(select(incidents.c.ending).where(incidents.c.id == incident)).scalar()
    if ending is not None:
        raise IncidentClosed(incident, ending)


def _handled(tx: Connection, delivery: int | None) -> str | None:
    if delivery is None:
        return None
    return tx.execute(select(inbox.c.incident).where(inbox.c.id == delivery)).scalar()


def _assign(tx: Connection, flow_run: str, incident: str) -> None:
    known = tx.execute(select(runs.c.incident).where(runs.c.flow_run == flow_run)).scalar()
    if known is None:
        tx.execute(insert(runs).values(flow_run=flow_run, incident=incident))
    elif known != incident:
        raise RunTaken(flow_run, known, incident)
