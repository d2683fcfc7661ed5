"""An incident at this moment, put together from its entries: what `show` prints, and what `watch` decides by.

Pure: entries and a time go in. `panels` draws it, `documents` makes JSON of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from journal import under_way
from journal.approvals import Standing, waiting
from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.decided import Decided, Planned, Requested, TaskDone
from journal.facts.done import Carried, Intended
from journal.facts.opened import Opened
from journal.facts.seen import GATHERED, Check, Checked, Judged, Read, SymptomAsked, Verdict
from journal.facts.waited import WaitBegun
from journal.facts.words import Ending
from journal.shadow import UNPAGED, unpaged
from journal.timeline_rounds import Told, told_before
from journal.waits import open_wait, told
from journal.wording import counted


@dataclass(frozen=True, kw_only=True)
class Board:
    """The newest of everything that was said about one incident. `waiting` is what a person can answer now."""

    incident: str
    opened: Opened
    opened_at: datetime
    now: datetime
    checks: tuple[Check, ...]
    readings: tuple[Read, ...]
    symptom: SymptomAsked | None
    ranking: tuple[Verdict, ...]
    plans: dict[str, Planned]
    before: tuple[Told, ...]
    """What the round before did, and what is new; empty in the first."""
    waiting: tuple[Standing, ...]
    wait: WaitBegun | None
    """What is waited for now that ends by itself, or in another incident."""
    under_way: str | None
    """The act that goes on in its target now, since when and how far, in words."""
    course: tuple[Entry, ...]
    """What was proposed, decided and done, in order."""
    shadow: str
    """What is said of it while its system is in shadow, or if it ended so; empty otherwise."""
    closed: Closed | None
    closed_at: datetime | None
    flow_run: str | None
    """The newest flow run that wrote here."""
    last: Entry

    @property
    def status(self) -> str:
        """In two or three words."""
        if self.closed is not None:
            return self.closed.ending.value
        return in_words(self.waiting, self.wait, under_way=self.under_way is not None)

    @property
    def doing(self) -> str:  # noqa: PLR0911  (one sentence for each stage)
        """What is going on right now, as far as the journal tells."""
        if (watched := self.watched) is not None:
            return watched
        match self.last.fact:
            case Opened():
                return "waiting for a worker to take it up"
            case Read(phase=phase) if phase in GATHERED:
                return f"gathering: {counted(len(self.readings), 'answer')} so far"
            case Checked():
                return "gathering"
            case Read() | SymptomAsked():
                return "looking again" if self.ranking else "looking at the symptom"
            case Intended():
                return "acting"
            case Carried():
                return "validating"
            case Decided() | TaskDone():
                return "going on after the answer"
            case Closed():
                return "writing the timeline"
            case _:
                return "working"

    @property
    def watched(self) -> str | None:
        """What is waited for, or goes on in its target, in words."""
        return self.under_way if self.wait is None else told(self.wait)

    @property
    def went_well(self) -> bool:
        """Whether the ending, if there is one, leaves nothing for a person to do at once."""
        return self.closed is None or self.closed.ending is not Ending.UNRESOLVED


def in_words(asked: Sequence[Standing], wait: WaitBegun | None, *, under_way: bool) -> str:
    """What an open incident waits for, if for anything, or that a long act of it is under way."""
    if not asked and under_way:
        return "under way"
    if not asked:
        if wait is None:
            return "in progress"
        return "waits for another incident" if wait.handed_to else "waits until it is over"
    return "waits for approval" if isinstance(asked[0].request, Requested) else "waits for a task"


def board(entries: Sequence[Entry], now: datetime, quiet: Collection[str] = ()) -> Board:
    """The board of an incident's entries, from its opening on; `quiet` systems are in shadow now."""
    first = entries[0]
    assert isinstance(first.fact, Opened), "the first entry of an incident is its opening"
    readings: dict[str, Read] = {}
    plans: dict[str, Planned] = {}
    checks: tuple[Check, ...] = ()
    ranking: tuple[Verdict, ...] = ()
    symptom, closed, closed_at = None, None, None
    for entry in entries:
        match entry.fact:
            case Checked():
                checks = entry.fact.checks
            case Read(phase=phase) if phase in GATHERED or phase.startswith("after:"):
                readings[entry.fact.probe] = entry.fact
            case SymptomAsked():
                symptom = entry.fact
            case Judged():
                ranking = entry.fact.ranking
            case Planned():
                plans[entry.fact.digest] = entry.fact
            case Closed():
                closed, closed_at = entry.fact, entry.at
            case _:
                pass
    asked = waiting(entries, now)
    return Board(
        incident=first.incident,
        opened=first.fact,
        opened_at=first.at,
        now=now,
        checks=checks,
        readings=tuple(readings.values()),
        symptom=symptom,
        ranking=ranking,
        plans=plans,
        before=told_before(entries, _asked(asked, plans)),
        waiting=asked,
        wait=open_wait(entries),
        under_way=under_way.told(entries, now),
        course=tuple(entry for entry in entries if _of_the_course(entry)),
        shadow=UNPAGED if unpaged(entries, quiet) else "",
        closed=closed,
        closed_at=closed_at,
        flow_run=next((entry.flow_run for entry in reversed(entries) if entry.flow_run), None),
        last=entries[-1],
    )


def _asked(waits: Sequence[Standing], plans: Mapping[str, Planned]) -> Planned | None:
    """The plan that waits for a yes, if one does."""
    return next((plans[one.digest] for one in waits if one.digest in plans), None)


_SHOWN_ABOVE = Opened | Checked | Read | SymptomAsked | Judged


def _of_the_course(entry: Entry) -> bool:
    """Whether an entry is part of what happened, besides looking; who held the incident is of no use to people."""
    if isinstance(entry.fact, Judged) and entry.fact.after:
        return True  # where the next round begins
    return not isinstance(entry.fact, _SHOWN_ABOVE) and entry.kind != "taken_up"
