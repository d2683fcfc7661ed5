"""Handed over: by whom, who waits for whose end, where it is handled now, and which hand-offs are refused for that.

Told from the journal alone. `flows.handing` starts what is handed over, `tasks.returning` waits for its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from journal.chain import Entry
from journal.durations import mitigated
from journal.facts.closed import Closed, HandedOff, Handing
from journal.facts.decided import Passed
from journal.facts.opened import Opened
from journal.facts.words import Ending
from journal.shadow import both_or_none
from journal.store import Journal, others_unread
from runbook import HandOff
from runbook.model import LONGEST_CHAIN
from tasks.case import CLOSED, Case, E, P

IN_VAIN = (Ending.UNRESOLVED, Ending.NOT_REPRODUCED)
"""Endings after which the next one is tried: nobody was found at work there."""

LONGEST = timedelta(days=1)
"""How long before its opening an incident may have been handed over."""

CHAIN = "chain"
"""What a hand-off is passed over for that would let incidents wait in a circle, or too many one for the next."""


@dataclass(frozen=True, kw_only=True)
class There:
    """Where it is handled: in which incident, if a run has taken it up, and how and since when it is over there."""

    incident: str = ""
    closed: Closed | None = None
    since: datetime | None = None
    unread: str = ""
    """The incident whose record cannot be read, so that nobody can tell."""


def there(journal: Journal, run: str) -> There:
    """Where it is handled that a run was started for. An incident that was handed on itself is followed."""
    if (incident := journal.incident_of(run)) is None:
        return There()
    try:
        entries = journal.entries(incident)
    except ValidationError:  # `verify` names the entry; whoever waits goes on when the time is up
        return There(unread=incident)
    closing = next((entry for entry in entries if isinstance(entry.fact, Closed)), None)
    if closing is None or not isinstance(closing.fact, Closed):
        return There(incident=incident)
    handed = next((e for e in reversed(entries) if isinstance(e.fact, HandedOff) and not e.fact.returns), None)
    if closing.fact.ending is Ending.HANDED_OFF and handed is not None and isinstance(handed.fact, HandedOff):
        found = there(journal, handed.fact.flow_run)
        if found.closed is not None and found.closed.ending in IN_VAIN and left(journal, handed):
            return There(incident=found.incident)  # the next one is about to be tried
        return found
    gone = mitigated(entries) or closing
    return There(incident=incident, closed=closing.fact, since=gone.at)


def left(journal: Journal, handed: Entry) -> tuple[Handing, ...]:
    """What is still to be tried of a hand-off that was in vain, in order."""
    assert isinstance(handed.fact, HandedOff)
    names = {one.runbook for one in waiting(journal, handed.incident)}
    system = _opened(journal, handed.incident).system
    alike = (one for one in handed.fact.after if both_or_none(journal, system, one.to.partition(".")[0]))
    return tuple(one for one in alike if one.to not in names)


def senders(journal: Journal, incident: str) -> Iterator[Entry]:
    """The entries by which this incident was handed over, the newest first: it may have joined several.

    Of one whose record cannot be read nobody knows them; that keeps nobody else from being asked.
    """
    try:
        entries = journal.entries(incident)
    except ValidationError:
        return
    runs = {entry.flow_run for entry in entries if entry.flow_run}
    began = entries[0].at - LONGEST
    handed = journal.of_kind("handed_off", since=began, newest_first=True, unreadable=others_unread)
    yield from (e for e in handed if isinstance(e.fact, HandedOff) and e.fact.flow_run in runs)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An incident that waits for another one's end."""

    incident: str
    runbook: str
    title: str


def waiting(journal: Journal, incident: str) -> tuple[Waiting, ...]:
    """Those that wait for this incident, or for one that waits for it, the nearest first."""
    return tuple(_waiting(journal, incident, {incident}))


def _waiting(journal: Journal, incident: str, seen: set[str]) -> Iterator[Waiting]:
    for sent in senders(journal, incident):
        if sent.incident in seen:
            continue
        seen.add(sent.incident)
        assert isinstance(sent.fact, HandedOff)
        if sent.fact.returns:
            over = (f"waited:{sent.fact.mitigation}", CLOSED)
            if any(journal.recorded(sent.incident, key) for key in over):
                continue  # it does not wait any longer, and whoever waits for it does not wait for this one
            opening = _opened(journal, sent.incident)
            yield Waiting(incident=sent.incident, runbook=opening.runbook, title=opening.title)
        yield from _waiting(journal, sent.incident, seen)


def refused(case: Case[E, P], handoff: HandOff[E, P]) -> bool:
    """Whether a hand-off is passed over since incidents would wait in a circle, or too many one for the next."""
    if case.said(f"handed_off:{handoff.name}", HandedOff) is not None:
        return False
    above = waiting(case.journal, case.incident)
    circle = next((one for one in above if one.runbook == handoff.to.name), None)
    if circle is not None:
        why = f"{circle.incident} of the runbook {circle.title} waits for this incident: each would wait for the other."
    elif handoff.returns and len(above) + 2 > LONGEST_CHAIN:
        named = ", ".join(one.incident for one in above)
        why = f"{named} wait one for the next and for this incident; not more than {LONGEST_CHAIN} may."
    else:
        return False
    case.say(f"passed:{handoff.name}", Passed(mitigation=handoff.name, by=CHAIN, why=why))
    return True


def _opened(journal: Journal, incident: str) -> Opened:
    entry = journal.recorded(incident, "opened")  # by itself: what else is there may be unreadable
    assert entry is not None
    assert isinstance(entry.fact, Opened)
    return entry.fact
