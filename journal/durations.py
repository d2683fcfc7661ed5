"""How long an incident took, from its entries: to detect, to acknowledge, to mitigate, to resolve.

The timeline says these for one incident, `journal.report` for many; the two must mean the same.

    detected      from when the monitor says that it began to the opening; unknown where no monitor said so
    acknowledged  from the opening to a person's first answer, or until somebody took the incident over
    mitigated     from the opening until the symptom was found gone
    resolved      from the opening to the closing of an incident that ended Resolved, Recovered or Contained
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.decided import Decided, TaskDone
from journal.facts.opened import Opened
from journal.facts.policy import Acknowledged
from journal.facts.seen import GATHERED, SymptomAsked
from journal.facts.words import Answer, Ending

WELL: Final = (Ending.RESOLVED, Ending.RECOVERED, Ending.CONTAINED)
"""Endings after which the problem is over, or all is done that its procedure says."""


class Durations(BaseModel):
    """Spans since the opening (`detected`: before it); `None` for what was not reached or is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    detected: timedelta | None = None
    acknowledged: timedelta | None = None
    mitigated: timedelta | None = None
    resolved: timedelta | None = None


def durations(entries: Sequence[Entry]) -> Durations:
    """Of one incident, given all its entries."""
    opened = entries[0].at
    first = began(entries[0].fact)
    answered = next((entry for entry in entries if isinstance(entry.fact, Acknowledged | Decided | TaskDone)), None)
    gone = mitigated(entries)
    closed = next((entry for entry in entries if isinstance(entry.fact, Closed)), None)
    well = closed is not None and isinstance(closed.fact, Closed) and closed.fact.ending in WELL
    return Durations(
        detected=None if first is None else max(opened - first, timedelta(0)),
        acknowledged=answered.at - opened if answered else None,
        mitigated=gone.at - opened if gone else None,
        resolved=closed.at - opened if closed is not None and well else None,
    )


def mitigated(entries: Sequence[Entry]) -> Entry | None:
    """The entry that found the symptom gone. Where it came back, that is no end, and what counts is when it went again.

    A change that held is not enough: it cured its own cause, and another may be at work.
    """
    gone: Entry | None = None
    for entry in entries:
        match entry.fact:
            case SymptomAsked(phase=phase, finding=finding) if phase not in GATHERED:
                gone = {Answer.NO: gone or entry, Answer.YES: None}.get(finding.answer, gone)
            case _:
                pass
    return gone


def began(fact: object) -> datetime | None:
    """When the monitor says that the problem began, if an alert opened the incident and says so."""
    said = fact.alert.get("starts_at") if isinstance(fact, Opened) and fact.alert else None
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
