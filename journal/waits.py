"""What an incident waits for that ends by itself or in another incident, told from its entries alone.

The watch asks when it is time to look again (`due`), whoever is on call what is waited for (`open_wait`), and the
escalation policy whether somebody is needed (`ended_at`). A wait that is over stays over. In shadow it is looked the
same way whether a symptom ends by itself, and so is an act that is under way (`journal.under_way`): all are a `Pause`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from journal import under_way
from journal.chain import Entry, latest_time
from journal.facts.closed import Closed
from journal.facts.done import UnderWay
from journal.facts.opened import TakenUp
from journal.facts.seen import SymptomAsked
from journal.facts.shadow import Shadowed
from journal.facts.waited import WaitBegun, WaitOver
from journal.wording import clock, sentence

GLANCE = timedelta(seconds=15)
"""How long it takes at most until an incident goes on whose shadow was lifted."""


class Pause(NamedTuple):
    """A run is suspended, and makes a pass `every` so often, counted from `since`, and one at `until` if set."""

    since: datetime
    every: timedelta
    until: datetime | None = None
    shadow: bool = False


def open_wait(entries: Sequence[Entry]) -> WaitBegun | None:
    """What is waited for now, if anything is."""
    begun, over = last_wait(entries)
    if begun is None or over is not None or any(isinstance(entry.fact, Closed) for entry in entries):
        return None
    assert isinstance(begun.fact, WaitBegun)
    return begun.fact


def last_wait(entries: Sequence[Entry]) -> tuple[Entry | None, Entry | None]:
    """The entries with which the newest wait began and ended; there may be none of either."""
    begun = next((entry for entry in reversed(entries) if isinstance(entry.fact, WaitBegun)), None)
    if begun is None or not isinstance(begun.fact, WaitBegun):
        return None, None
    digest = begun.fact.digest
    ends = (entry for entry in entries if isinstance(entry.fact, WaitOver) and entry.fact.digest == digest)
    return begun, next(ends, None)


def ended_at(entries: Sequence[Entry], now: datetime) -> datetime | None:
    """When the newest wait was over. Where nobody looks any more, that is told by its time, and a look's patience."""
    begun, over = last_wait(entries)
    if begun is None:
        return None
    assert isinstance(begun.fact, WaitBegun)
    by_time = begun.fact.expires_at + begun.fact.every
    if over is not None:
        return min(over.at, by_time)
    return by_time if max(now, latest_time(entries, begun)) >= by_time else None


def up(entries: Sequence[Entry], now: datetime) -> bool:
    """Whether the time of the newest wait is up, by the latest time that was seen: no clock makes it longer."""
    begun, _ = last_wait(entries)
    if begun is None or not isinstance(begun.fact, WaitBegun):
        return False
    return max(now, latest_time(entries, begun)) >= begun.fact.expires_at


def paused(entries: Sequence[Entry]) -> Pause | None:
    """What a run is suspended for that nobody answers: an act that is under way, a wait, or to see in shadow."""
    begun = _begun(entries)
    if begun is not None and isinstance(found := begun.fact, WaitBegun | UnderWay):
        return Pause(since=begun.at, every=found.every, until=found.expires_at)
    if any(isinstance(entry.fact, Closed) for entry in entries):
        return None
    marks = [entry for entry in entries if isinstance(entry.fact, Shadowed)]
    if not marks or not isinstance(said := marks[-1].fact, Shadowed) or not said.on:
        return None
    return Pause(since=seen_last(entries, len(marks)), every=said.every, shadow=True)


def looked_at(entries: Sequence[Entry]) -> WaitBegun | UnderWay | None:
    """The wait, or the act that is under way, for which it is looked again and again now."""
    begun = _begun(entries)
    return begun.fact if begun is not None and isinstance(begun.fact, WaitBegun | UnderWay) else None


def _begun(entries: Sequence[Entry]) -> Entry | None:
    if (act := under_way.open_act(entries)) is not None:
        return None if under_way.is_asked_about(entries, act) else act
    return None if open_wait(entries) is None else last_wait(entries)[0]


def seen_last(entries: Sequence[Entry], times: int) -> datetime:
    """When an incident that came into shadow for so many `times` was last looked at since."""
    begun = [entry.at for entry in entries if isinstance(entry.fact, Shadowed)][times - 1]
    phase = shadow_phase(times)
    looks = [e.at for e in entries if isinstance(e.fact, SymptomAsked) and e.fact.phase.startswith(phase)]
    return [begun, *looks][-1]  # the newest, and not the latest: a clock may be set back


def shadow_phase(times: int) -> str:
    """How the phases begin in which the symptom is asked then; a number follows."""
    return f"shadow:{times}:"


def due(entries: Sequence[Entry], looked: datetime | None, now: datetime, *, lifted: bool = False) -> bool:
    """Whether it is time for a look, where the last one was at `looked` as far as anybody knows.

    What is said to have been later than now was before the clock was set back, and is forgotten: a look too many does
    nothing. Where the shadow was `lifted`, nobody waits for the next look.
    """
    if (pause := paused(entries)) is None:
        return False
    last = max((at for at in (looked, pause.since) if at is not None and at <= now), default=None)
    if last is None:
        return True
    at = last + (min(pause.every, GLANCE) if pause.shadow and lifted else pause.every)
    return now >= (min(at, pause.until) if pause.until is not None and last < pause.until else at)


def only_looks(entries: Sequence[Entry], run: str) -> bool:
    """Whether a pass of this run only looks whether something is over: it is one of many, and tells nothing new."""
    last = next((entry for entry in reversed(entries) if isinstance(entry.fact, TakenUp)), None)
    return paused(entries) is not None and last is not None and last.flow_run == run


def told(wait: WaitBegun) -> str:
    """What is waited for, until when at most, and why, for people."""
    how = "Handed over, and comes back" if wait.handed_to else "Nobody is asked and nothing is changed"
    return f"{how}: it is waited until {wait.until}, to {clock(wait.expires_at)} UTC at most. {sentence(wait.says)}"
