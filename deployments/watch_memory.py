"""What the watch keeps between its rounds, so that a round costs little however many incidents are open.

Losing it loses nothing: the journal and Prefect are asked anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun

from deployments.apart import each
from deployments.failing import Failures
from deployments.picker import Picker
from journal.chain import Entry
from journal.errors import BeginningGone
from journal.facts.opened import Opened
from journal.store import Journal

LASTS_AT_MOST = timedelta(days=30)
"""How far back temporary changes are looked for, and acts that are under way: none may last longer."""

UNRESOLVED_FOR = timedelta(days=1)
"""How long after its end an unresolved incident is looked at: no escalation policy is longer."""

READING = "reading its entries"
"""What fails for an incident whose record cannot be read."""

PAGE = 200
"""How many runs Prefect tells of at once."""


@dataclass(kw_only=True)
class Stories:
    """Incidents' entries. They are only ever added to, so of each incident only what is new is read.

    One that lacks its opening cannot be told; one with a gap can, and somebody may wait for it.
    """

    journal: Journal
    failures: Failures = field(default_factory=Failures)
    _known: dict[str, tuple[Entry, ...]] = field(default_factory=dict[str, tuple[Entry, ...]], init=False)

    def read(self, incidents: Collection[str]) -> list[tuple[Entry, ...]]:
        """All entries of each incident, in order; without those that cannot be read, which are noted."""
        lengths = self.journal.lengths(incidents)
        unread = {one for one, length in lengths.items() if length > _number(self._known.get(one, ()))}

        def add(incident: str) -> None:
            known = self._known.get(incident, ())
            known += self.journal.tail(incident, _number(known))
            if not known or not isinstance(known[0].fact, Opened):
                raise BeginningGone(incident)
            self._known[incident] = known
            unread.remove(incident)

        each(self.failures, READING, [(one, partial(add, one)) for one in incidents if one in unread])
        return [self._known[incident] for incident in incidents if incident in self._known and incident not in unread]

    def keep(self, incidents: Collection[str]) -> None:
        """Forget all others."""
        self._known = {one: entries for one, entries in self._known.items() if one in incidents}


def _number(entries: Sequence[Entry]) -> int:
    """The number of the last of them."""
    return entries[-1].number if entries else 0


LATE = timedelta(minutes=1)
"""How much later than its time an entry may be seen: it gets its time before its writer commits."""


@dataclass(kw_only=True)
class Recent:
    """The entries of one kind of the last while, over all incidents: only what is new is read."""

    journal: Journal
    kind: str
    back: timedelta
    failures: Failures = field(default_factory=Failures)
    _known: dict[tuple[str, int], Entry] = field(default_factory=dict[tuple[str, int], Entry], init=False)
    _to: datetime | None = field(default=None, init=False)

    def read(self) -> list[Entry]:
        """Them all, in no order; without those that cannot be read, which are noted and keep no other from its turn."""
        now = self.journal.clock()
        since = now - self.back if self._to is None else self._to - LATE
        part, unread = f"reading what was {self.kind}", set[str]()

        def note(incident: str, number: int) -> None:
            unread.add(incident)
            self.failures.note(part, incident, ValueError(f"entry {number} cannot be read; see `codeblue verify`."))

        found = self.journal.of_kind(self.kind, since=since, unreadable=note)
        if self._to is None:  # later, only what is new is read
            self.failures.keep(part, unread)
        self._known |= {(entry.incident, entry.number): entry for entry in found}
        self._known = {key: entry for key, entry in self._known.items() if now - entry.at <= self.back}
        self._to = now
        return list(self._known.values())


@dataclass(kw_only=True)
class RunsSeen:
    """Runs as Prefect has them: all in one question, and none again before `every` seconds are over."""

    every: float
    clock: Callable[[], float] = time.monotonic
    _seen: dict[UUID, float] = field(default_factory=dict[UUID, float], init=False)

    def look(self, client: SyncPrefectClient, runs: Sequence[UUID]) -> dict[UUID, FlowRun | None]:
        """Those that it is time for, `None` for one that Prefect does not know. Raises `httpx.HTTPError`."""
        now = self.clock()
        self._seen = {run: at for run, at in self._seen.items() if now - at < self.every}
        wanted = [run for run in dict.fromkeys(runs) if run not in self._seen]
        found: dict[UUID, FlowRun | None] = {}
        for begin in range(0, len(wanted), PAGE):
            asked = wanted[begin : begin + PAGE]
            told = client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=asked)), limit=PAGE)
            known = {run.id: run for run in told}
            found |= {run: known.get(run) for run in asked}
        self._seen |= dict.fromkeys(wanted, now)
        return found


class Memory:
    """All of it, and what fails. Without a `picker` the start forms are left alone."""

    def __init__(self, journal: Journal, failures: Failures | None = None, picker: Picker | None = None) -> None:
        self.failures = failures or Failures()
        self.stories = Stories(journal=journal, failures=self.failures)
        self.runs = RunsSeen(every=5.0)
        self.closed = Recent(journal=journal, kind="closed", back=UNRESOLVED_FOR, failures=self.failures)
        self.carried = Recent(journal=journal, kind="carried", back=LASTS_AT_MOST, failures=self.failures)
        self.acts = Recent(journal=journal, kind="under_way", back=LASTS_AT_MOST, failures=self.failures)
        """What was begun and goes on in its target by itself, over or not."""
        self.settled = set[str]()
        """Closed incidents for which nobody will be paged any more."""
        self.undoing = set[tuple[str, str]]()
        """Temporary changes that somebody has begun to undo, by incident and the key of the intent."""
        self.looked = dict[str, datetime]()
        """When an incident that waits for what ends by itself was last made to look, as far as this process did it."""
        self.picker = picker
