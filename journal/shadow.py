"""Shadow: a system in which everything is looked at and planned, nothing is asked of people, and nothing is changed.

People turn it on and off (`codeblue shadow`); the ledger keeps who and why. The pipeline asks before each question and
each change, escalation before each page. What an incident has begun to change is seen through: its people are asked and
paged as usual, since they must know what stands half-way.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from shlex import quote
from typing import NamedTuple

from pydantic import ValidationError

from journal.chain import Entry
from journal.errors import ShadowUnchanged, UnknownSystem
from journal.facts.closed import Closed
from journal.facts.decided import Requested, TaskGiven
from journal.facts.done import Intended
from journal.facts.installation import Shadow
from journal.facts.opened import Opened
from journal.facts.policy import Escalated
from journal.facts.shadow import Shadowed
from journal.people import reasoned, signed
from journal.schema import LEDGER
from journal.store import Journal
from journal.wording import sentence

NAME = "shadow"
"""By what a treatment is passed over in a system that is in shadow."""

UNPAGED = "In shadow: nobody is asked or paged, and nothing is changed"
"""What is said of a system in shadow wherever people look."""


class InShadow(NamedTuple):
    """A system that is in shadow, since when, and who wants it."""

    system: str
    since: datetime
    by: str
    why: str


def turn(journal: Journal, system: str, *, on: bool, by: str, why: str, known: Collection[str] | None = None) -> Entry:
    """Put a system in shadow, or end that.

    `known` are the systems that there are, where the caller knows them. Raises `UnknownSystem`, `Unsigned`, `OddName`;
    `ShadowUnchanged` for one that is so already.
    """
    by, why = signed(by), reasoned(why)
    if on and known is not None and system not in known:
        raise UnknownSystem(system, tuple(sorted(known)))
    there = tuple(one.system for one in shadows(journal))
    if on is (system in there):
        raise ShadowUnchanged(system, there)
    return journal.append(LEDGER, f"{NAME}:{uuid.uuid4()}", Shadow(system=system, on=on, by=by, why=why))


def shadows(journal: Journal) -> tuple[InShadow, ...]:
    """The systems that are in shadow, by name. What was said last counts, whatever a clock says.

    Raises `ValidationError` where an entry that says so cannot be read.
    """
    last: dict[str, Entry] = {}
    for entry in sorted(journal.of_kind(NAME), key=lambda one: one.number):
        if isinstance(entry.fact, Shadow):
            last[entry.fact.system] = entry
    said = [(entry.at, entry.fact) for entry in last.values() if isinstance(entry.fact, Shadow)]
    return tuple(sorted(InShadow(one.system, at, one.by, one.why) for at, one in said if one.on))


def shadow_of(journal: Journal, system: str) -> InShadow | None:
    """That of one system, in all of its environments. Raises `ValidationError`."""
    return next((one for one in shadows(journal) if one.system == system), None)


def quiet(journal: Journal) -> frozenset[str]:
    """The systems of which nobody is paged. None, where nobody can read which: in doubt people are paged."""
    try:
        return frozenset(one.system for one in shadows(journal))
    except ValidationError:
        return frozenset()


def both_or_none(journal: Journal, one: str, other: str) -> bool:
    """Whether two systems are both in shadow, or both not."""
    quiet_ones = quiet(journal)
    return (one in quiet_ones) is (other in quiet_ones)


def lifted_by(system: str) -> str:
    """How a shadow is ended, as a person types it."""
    return f"`codeblue shadow {quote(system)} off --why TEXT`"


# -- one incident -----------------------------------------------------------------------------------------------------


def latest(entries: Sequence[Entry]) -> Shadowed | None:
    """What was said last about an incident's shadow."""
    return next((entry.fact for entry in reversed(entries) if isinstance(entry.fact, Shadowed)), None)


def shadowed(entries: Sequence[Entry]) -> Shadowed | None:
    """The shadow that an incident is in, or ended in; none for one that has begun to change something."""
    said = latest(entries)
    return said if said is not None and said.on and not begun(entries) else None


def begun(entries: Sequence[Entry]) -> bool:
    """Whether an incident has begun to change something."""
    return any(isinstance(entry.fact, Intended) for entry in entries)


def unpaged(entries: Sequence[Entry], systems: Collection[str]) -> bool:
    """Whether nobody is paged for an incident, while these systems are in shadow.

    What ended in shadow stays in shadow. Of what is open the switch alone counts, so that turning it off is enough.
    """
    if any(isinstance(entry.fact, Closed) for entry in entries):
        return shadowed(entries) is not None
    opened = entries[0].fact
    return isinstance(opened, Opened) and opened.system in systems and not begun(entries)


def unpaged_words(entries: Sequence[Entry], said: Shadowed) -> str:
    """The sentence that the ending of an incident in shadow has besides."""
    before = any(isinstance(entry.fact, Requested | TaskGiven | Escalated) for entry in entries)
    more = ", once it was in shadow" if before else ""
    return sentence(f"In shadow ({said.why}, {said.by}): nobody was asked or paged{more}, and nothing was changed")


def settle(journal: Journal, incident: str, *, flow_run: str | None = None) -> Shadowed | None:
    """Say, right before an incident is closed, whether it ends in shadow; the shadow in which it does."""
    entries = journal.entries(incident)
    opened, said = entries[0].fact, latest(entries)
    assert isinstance(opened, Opened)
    try:
        now = shadow_of(journal, opened.system)
    except ValidationError:
        now = None
    if begun(entries) or (now is None and (said is None or not said.on)):
        return None
    if now is not None and said is not None and said.on:
        return said
    if now is not None:
        say(journal, incident, Shadowed(on=True, by=now.by, why=now.why), flow_run=flow_run)
        return shadowed(journal.entries(incident))
    assert said is not None
    say(journal, incident, Shadowed(on=False, by=said.by, why=said.why), flow_run=flow_run)
    return None


def say(journal: Journal, incident: str, fact: Shadowed, *, flow_run: str | None = None) -> Entry:
    """Record where an incident stands to the shadow; each time anew, since it may be lifted and come again."""
    times = sum(isinstance(entry.fact, Shadowed) for entry in journal.entries(incident))
    return journal.append(incident, f"shadowed:{times + 1}", fact, flow_run=flow_run)
