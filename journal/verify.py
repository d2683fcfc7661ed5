"""Has anybody touched the record? Walks all chains and says, in one sentence each, what does not fit.

Run by people (`codeblue verify`) and on a schedule. Whatever is edited, removed, reordered or inserted breaks a hash; a
whole incident, the end of a closed one, and whatever was decided or done in an open one is missed by the ledger;
projections are compared with their entries. The database checks itself first; what keeps it append-only must be there
(`journal.guards`), and what was noted beside it last must still be in it (`journal.mark`). It reads in pages within one
snapshot, so memory stays bounded and writers go on.

What it cannot see by itself is somebody who rewrites everything, the ledger included. For that, keep `count` and
`head` of a `Verification` somewhere else now and then, and give them back as `anchor`. A journal that holds nothing is
*empty*, not intact: nobody can tell a new one from one whose entries are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import ColumnElement, Connection, Row, Select, select, text, tuple_
from sqlalchemy.exc import DatabaseError

from journal.chain import FACT, GENESIS, hash_of
from journal.connect import temporary
from journal.facts.closed import Closed
from journal.facts.every import Fact
from journal.facts.installation import Registered, Witnessed
from journal.facts.opened import Opened
from journal.guards import unguarded
from journal.mark import Mark, Newest
from journal.schema import LEDGER, chains, entries, incidents
from journal.soundness import complaints, strays
from journal.store import WITNESSED, Journal, has, witness_key
from journal.wording import counted

PAGE: Final = 500
WORST: Final = 1000
"""Findings beyond this many are counted, not listed."""


class Tampering(BaseModel):
    """Something that does not fit. `number` is the entry it shows at; `None` when it is about the incident."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    incident: str
    number: int | None
    text: str


class Verification(BaseModel):
    """What a walk found. `head` and `count` are the ledger's, to be kept elsewhere; `more` were not listed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    incidents: int
    entries: int
    findings: tuple[Tampering, ...]
    more: int
    head: str
    count: int

    @property
    def empty(self) -> bool:
        """Whether it holds nothing, and nothing says that it ever did."""
        return not self.entries and not self.findings

    @property
    def intact(self) -> bool:
        return not self.findings and not self.empty

    def __str__(self) -> str:
        if self.empty:
            return (
                "The journal is empty: nothing was ever recorded here, or all of it is gone. If incidents were handled"
                " with it, look for the right journal, or restore it."
            )
        if self.intact:
            entries, of = counted(self.entries, "entry", "entries"), counted(self.incidents, "incident")
            return f"The journal is intact: {entries} of {of} fit together."
        said = [f"The journal was tampered with: {len(self.findings) + self.more} things do not fit."]
        said += [finding.text for finding in self.findings]
        return "\n".join([*said, f"… and {self.more} more."] if self.more else said)


def verify(journal: Journal, *, anchor: tuple[int, str] | None = None) -> Verification:
    """Check everything. `anchor` is the (count, head) of an earlier verification, kept outside the journal."""

    def work(tx: Connection) -> Verification:
        if tx.dialect.name == "postgresql":
            tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        walk = _Walk(tx)
        for said in complaints(tx):
            walk.found(LEDGER, None, _damaged(said))
        if found := list(strays(tx)):  # what is no time or no number cannot be compared with one
            for stray in found:
                said = f"{stray.column} of {stray.table} holds what no journal writes there: it was edited from outside"
                walk.found(stray.incident, stray.number, f"In {stray.incident}, {said}; the rest was not looked at.")
            return walk.so_far()
        return walk.result(anchor, noted, journal.mark)

    noted = journal.mark.kept() if journal.mark is not None else None  # before the snapshot, which then must have it
    try:
        return journal.database.read(work)
    except DatabaseError as error:
        if temporary(error):
            raise
        words = str(error.orig).strip().partition("\n")[0].rstrip(".")
        broken = Tampering(incident=LEDGER, number=None, text=_damaged(words))
        return Verification(incidents=0, entries=0, findings=(broken,), more=0, head=GENESIS, count=0)


def _damaged(said: str) -> str:
    return f"The database finds itself damaged ({said}); restore it from a backup and compare."


class _Walk:
    """One verification inside one snapshot: ranges of incidents, and within them their entries in pages."""

    def __init__(self, tx: Connection) -> None:
        self.tx = tx
        self.findings: list[Tampering] = []
        self.more = 0
        self.incidents = 0
        self.entries = 0
        self.suspects: set[str] = set()

    def result(self, anchor: tuple[int, str] | None, noted: Newest | None, mark: Mark | None) -> Verification:
        after: str | None = None  # before every name, also the empty one
        while (
            ids := self.tx.execute(
                _between(select(chains.c.incident), chains.c.incident, after, None)
                .order_by(chains.c.incident)
                .limit(PAGE)
            )
            .scalars()
            .all()
        ):
            upto = ids[-1] if len(ids) == PAGE else None
            self._range(after, upto)
            if upto is None:
                break
            after = upto
        else:
            self._range(after, None)
        ledger = self.tx.execute(select(chains).where(chains.c.incident == LEDGER)).first()
        if anchor is not None:
            self._anchored(*anchor, length=0 if ledger is None else ledger.length)
        if noted is not None and mark is not None and not has(self.tx, noted) and noted.incident not in self.suspects:
            self.found(
                noted.incident,
                noted.number,
                f"Entry {noted.number} of {noted.incident} was the newest of this journal and is not in it: its end was"
                f" cut off, or it was put back to an earlier state. If that was meant, remove {mark.path.name}.",
            )
        for said in unguarded(self.tx):
            self.found(LEDGER, None, said)
        return Verification(
            incidents=self.incidents,
            entries=self.entries,
            findings=tuple(self.findings),
            more=self.more,
            head=GENESIS if ledger is None else ledger.head,
            count=0 if ledger is None else ledger.length,
        )

    def so_far(self) -> Verification:
        """What was found without walking."""
        return Verification(
            incidents=0, entries=0, findings=tuple(self.findings), more=self.more, head=GENESIS, count=0
        )

    def found(self, incident: str, number: int | None, said: str) -> None:
        if len(self.findings) == WORST:
            self.more += 1
            return
        self.suspects.add(incident)
        self.findings.append(Tampering(incident=incident, number=number, text=said))

    def _range(self, after: str | None, upto: str | None) -> None:
        """All that is recorded about the incidents after `after`, up to and including `upto`."""
        heads = {row.incident: row for row in self.tx.execute(_between(select(chains), chains.c.incident, after, upto))}
        listed = {row.id: row for row in self.tx.execute(_between(select(incidents), incidents.c.id, after, upto))}
        seals = self._seals(sorted({*heads, *listed} - {LEDGER}))
        last: dict[str, tuple[int, int]] = {}
        for incident, walked in groupby(self._stored(after, upto), key=lambda row: str(row.incident)):
            chain = _Chain(self, incident)
            chain.walk(walked)
            chain.ends_as(heads.pop(incident, None))
            if incident != LEDGER:
                self.incidents += 1
                chain.is_listed_as(listed.pop(incident, None))
                chain.is_sealed_by(seals if incident in seals else self._seals([incident]))
                if chain.decided:
                    last[incident] = chain.decided, chain.closed[3] if chain.closed is not None else 0
        self._unwitnessed(last)
        if listed.pop(LEDGER, None) is not None:
            self.found(LEDGER, None, "The ledger is in the list of incidents: it was inserted from outside.")
        for incident in sorted({*heads, *listed}):
            if incident != LEDGER or heads[incident].length:
                self.found(incident, None, f"All entries of {incident} are gone, though it is still listed.")

    def _stored(self, after: str | None, upto: str | None) -> Iterator[Row[Any]]:
        position = tuple_(entries.c.incident, entries.c.number)
        query = _between(select(entries), entries.c.incident, after, upto)
        query = query.order_by(entries.c.incident, entries.c.number).limit(4 * PAGE)
        page = self.tx.execute(query).all()
        while page:
            yield from page
            place = page[-1].incident, page[-1].number
            page = self.tx.execute(query.where(position > tuple_(*place))).all()

    def _seals(self, ids: Sequence[str]) -> dict[str, dict[bool, str]]:
        """What the ledger says of these incidents: the head each was opened (False) and closed (True) with."""
        keys = [f"{how}:{incident}" for incident in ids for how in ("opened", "closed")]
        query = select(entries.c.fact).where(entries.c.incident == LEDGER, entries.c.key.in_(keys))
        seals: dict[str, dict[bool, str]] = {incident: {} for incident in ids}
        for said in self.tx.execute(query).scalars():
            fact = _parsed(said)
            if isinstance(fact, Registered) and fact.incident in seals:
                seals[fact.incident][fact.closing] = fact.head
        return seals

    def _unwitnessed(self, last: dict[str, tuple[int, int]]) -> None:
        """Finds decisions and acts, the last of each incident, that the ledger does not know of."""
        open_ = {incident: number for incident, (number, closed) in last.items() if number > closed}
        keys = [key for incident, n in open_.items() for key in (witness_key(incident, n), f"enrolled:{incident}")]
        query = select(entries.c.fact).where(entries.c.incident == LEDGER, entries.c.key.in_(keys))
        for said in self.tx.execute(query).scalars():
            fact = _parsed(said)
            if isinstance(fact, Witnessed) and fact.number >= open_.get(fact.incident, 0):
                open_.pop(fact.incident, None)
        for incident, number in open_.items():
            if incident not in self.suspects:
                self.found(
                    incident,
                    number,
                    f"In {incident}, entry {number} was never registered in the ledger: it was inserted from outside.",
                )

    def as_witnessed(self, witnessed: Sequence[tuple[int, Witnessed]]) -> None:
        """Finds entries that are not those which the ledger registered, in incidents that fit in themselves."""
        ids = {fact.incident for _, fact in witnessed} - self.suspects
        places = [(fact.incident, fact.number) for _, fact in witnessed if fact.incident in ids]
        query = select(entries.c.incident, entries.c.number, entries.c.hash)
        query = query.where(tuple_(entries.c.incident, entries.c.number).in_(places))
        there = {(row.incident, row.number): row.hash for row in self.tx.execute(query)} if places else {}
        for number, fact in witnessed:
            if fact.incident in ids and there.get((fact.incident, fact.number)) != fact.head:
                self.found(
                    fact.incident,
                    fact.number,
                    f"{fact.incident} was rewritten up to entry {fact.number} or cut off before it: entry {number} of"
                    " the ledger registers another.",
                )
                ids.discard(fact.incident)

    def still_there(self, registered: Sequence[tuple[int, Registered]]) -> None:
        """Finds whole incidents that the ledger knows and that are gone."""
        ids = {fact.incident for _, fact in registered}
        there = set(self.tx.execute(select(entries.c.incident).where(entries.c.incident.in_(ids)).distinct()).scalars())
        for number, fact in registered:
            if fact.incident not in there and not fact.closing:
                self.found(
                    fact.incident,
                    None,
                    f"{fact.incident} was removed as a whole: entry {number} of the ledger registers it.",
                )

    def _anchored(self, count: int, head: str, *, length: int) -> None:
        if count == 0:
            return
        query = select(entries.c.hash).where(entries.c.incident == LEDGER, entries.c.number == count)
        if not 0 < count <= length or self.tx.execute(query).scalar() != head:  # no database takes every number
            self.found(
                LEDGER,
                count,
                f"Entry {count} of the ledger is not the one of the kept anchor: the ledger was cut or rewritten.",
            )


class _Chain:
    """One incident's entries, walked once in order."""

    def __init__(self, walk: _Walk, incident: str) -> None:
        self.all = walk
        self.incident = incident
        self.number = 0
        self.head = GENESIS
        self.first = GENESIS
        self.opened: tuple[Opened, datetime] | None = None
        self.closed: tuple[Closed, datetime, str, int] | None = None
        self.decided = 0
        self.registered: list[tuple[int, Registered]] = []
        self.witnessed: list[tuple[int, Witnessed]] = []

    def walk(self, stored: Iterable[Row[Any]]) -> None:
        for row in stored:
            self.all.entries += 1
            self._follows(row)
            self._is_unedited(row)
            self.number, self.head = row.number, row.hash
            if row.number == 1:
                self.first = row.hash
        self._flush(0)

    def _follows(self, row: Row[Any]) -> None:
        missing = row.number - self.number - 1
        if missing:
            what = (
                f"entry {row.number - 1} is" if missing == 1 else f"entries {self.number + 1} to {row.number - 1} are"
            )
            self._find(row.number, f"In {self.incident}, {what} missing.")
        elif row.previous != self.head:
            before = f"entry {self.number}" if self.number else "the beginning"
            self._find(
                row.number,
                f"In {self.incident}, entry {row.number} does not continue {before}: replaced, inserted or moved.",
            )

    def _is_unedited(self, row: Row[Any]) -> None:
        said = {name: getattr(row, name) for name in _HASHED}
        fact = _parsed(row.fact)
        if hash_of(**said) != row.hash or fact is None or fact.kind != row.kind:
            self._find(
                row.number, f"In {self.incident}, entry {row.number} was edited: what it says no longer gives its hash."
            )
        match fact:
            case Opened() if row.number == 1:
                self.opened = fact, row.at
            case Closed() if self.closed is None:
                self.closed = fact, row.at, row.hash, row.number
            case Registered() if self.incident == LEDGER:
                self.registered.append((row.number, fact))
                self._flush(PAGE)
            case Witnessed() if self.incident == LEDGER:
                self.witnessed.append((row.number, fact))
                self._flush(PAGE)
            case _:
                self.decided = row.number if isinstance(fact, WITNESSED) else self.decided

    def _flush(self, unless_fewer: int) -> None:
        if self.registered and len(self.registered) >= unless_fewer:
            self.all.still_there(self.registered)
            self.registered = []
        if self.witnessed and len(self.witnessed) >= unless_fewer:
            self.all.as_witnessed(self.witnessed)
            self.witnessed = []

    def ends_as(self, head: Row[Any] | None) -> None:
        """Compare with the chain's kept head."""
        if head is None:
            self._find(
                None,
                f"{self.incident} has entries but no chain: it was inserted from outside, or its chain was removed.",
            )
        elif head.length > self.number:
            self._find(
                self.number,
                f"The end of {self.incident} was cut off: it has {self.number} of its {head.length} entries.",
            )
        elif head.length < self.number or head.head != self.head:
            self._find(self.number, f"{self.incident} does not end with the entry that its chain was left at.")

    def is_listed_as(self, row: Row[Any] | None) -> None:
        """Compare with the list of incidents."""
        if row is None:
            self._find(None, f"{self.incident} has entries but is missing from the list of incidents.")
            return
        if self.opened is None:
            self._find(1, f"{self.incident} does not begin with its opening.")
            return
        opened, at = self.opened
        right: dict[str, object] = {name: getattr(opened, name) for name in _LISTED}
        right["opened_at"] = at
        right["closed_at"] = None if self.closed is None else self.closed[1]
        right["ending"] = None if self.closed is None else self.closed[0].ending.value
        for name, value in right.items():
            if getattr(row, name) != value:
                self._find(
                    None,
                    f"The list of incidents says {name} {getattr(row, name)!s} for {self.incident}, "
                    f"but its entries say {value!s}.",
                )

    def is_sealed_by(self, seals: dict[str, dict[bool, str]]) -> None:
        """Compare with the ledger."""
        sealed = seals[self.incident]
        if False not in sealed:
            self._find(None, f"{self.incident} was never registered in the ledger: it was inserted from outside.")
        elif sealed[False] != self.first:
            self._find(1, f"{self.incident} does not begin with the entry that the ledger registered.")
        if True in sealed and self.closed is None:
            self._find(None, f"{self.incident} lacks its closing, which the ledger registered: its end was cut off.")
        elif self.closed is not None and sealed.get(True) != self.closed[2]:
            self._find(None, f"{self.incident} is not closed by the entry that the ledger registered.")

    def _find(self, number: int | None, said: str) -> None:
        self.all.found(self.incident, number, said)


_HASHED: Final = ("incident", "number", "key", "kind", "fact", "at", "flow_run", "task_run", "previous")
_LISTED: Final = ("fingerprint", "system", "environment", "runbook", "title", "severity")


def _between(query: Select[Any], column: ColumnElement[str], after: str | None, upto: str | None) -> Select[Any]:
    query = query if after is None else query.where(column > after)
    return query if upto is None else query.where(column <= upto)


def _parsed(said: str) -> Fact | None:
    try:
        return FACT.validate_json(said)
    except ValidationError:
        return None
