"""Handed over, and coming back: an incident waits for the end of the one that took over, and goes on after that.

Called by `flows.follow`, which suspends the run between two looks as for any wait (`tasks.waits`). What is looked at is
the journal: where the other incident is, and how it ended. Then the symptom is asked again.
"""

from __future__ import annotations

from functools import partial

from journal.facts.closed import HandedOff, Noted
from journal.facts.seen import Finding, Verdict
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Answer
from journal.wording import brief
from runbook import HandOff
from tasks.case import Case, E, P
from tasks.handed import There, there
from tasks.waits import by_itself, ended, once, opened

SAID = 300
"""Letters of another incident's closing words that are repeated, at most."""


def begin(case: Case[E, P], handoff: HandOff[E, P], verdict: Verdict) -> WaitBegun:
    """Record, once, that the incident waits for the other one's end, and tell people that it comes back."""
    to, within = handoff.to, handoff.within
    assert within is not None, "it returns"
    return opened(
        case,
        handoff,
        treats=verdict.hypothesis,
        until=f"the incident of the runbook {to.title} has ended",
        says=f"It was handed to {to.title} ({to.name}) and comes back: then the symptom is asked again, and what else"
        " is to be done comes next.",
        within=within,
    )


def come_back(case: Case[E, P], handoff: HandOff[E, P], begun: WaitBegun) -> WaitOver | None:
    """Look once whether the other incident has ended: how, or nothing while it goes on."""
    return once(case, handoff, partial(_look, case, handoff, begun), f"Has it ended: {handoff.to.title}?")


def _look(case: Case[E, P], handoff: HandOff[E, P], begun: WaitBegun) -> WaitOver | None:
    handed = case.said(f"handed_off:{handoff.name}", HandedOff)
    assert handed is not None, "it was handed over"
    found = there(case.journal, handed.flow_run)
    finding = _finding(begun, found)
    if found.incident:
        _tell_where(case, handoff, handed)
    if (closed := found.closed) is None:
        return by_itself(case, handoff, begun, finding)
    how = ended(case, handoff, begun, finding).model_copy(update={"by": "end", "ending": closed.ending})
    return how.model_copy(update={"since": found.since}) if how.held else how


def _finding(begun: WaitBegun, found: There) -> Finding:
    if found.unread:
        answer, seen = Answer.UNKNOWN, f"what is recorded of {found.unread} cannot be read; see `codeblue verify`"
    elif not found.incident:
        answer, seen = Answer.UNKNOWN, "nobody has taken it up"
    elif found.closed is None:
        answer, seen = Answer.NO, f"{found.incident} is still open"
    else:
        answer, seen = Answer.YES, f"{found.incident} ended {found.closed.ending}: {brief(found.closed.text, SAID)}"
    return Finding(sentence=begun.until, answer=answer, observed=seen, weight=0.0)


def _tell_where(case: Case[E, P], handoff: HandOff[E, P], handed: HandedOff) -> None:
    """Keep, once, in which incident it is handled."""
    first = case.journal.incident_of(handed.flow_run)
    assert first is not None, "it was found by that"
    joined = case.journal.entries(first)[0].flow_run != handed.flow_run
    already = ", and was open already" if joined else ""
    text = f"{first} took over ({handed.title}){already}; this one comes back when that has ended."
    case.say(f"took_over:{handoff.name}", Noted(by="codeblue", text=text))
