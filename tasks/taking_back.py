"""Which changes are to be taken back, and what is said of one that stays. `flows.follow` takes them back."""

from __future__ import annotations

from collections.abc import Iterator

from journal import clock
from journal.facts.closed import Closed
from journal.facts.decided import Planned
from journal.facts.done import Carried
from journal.rounds import half_done, kept
from runbook import Examination, Mitigation, Step
from runbook.mitigation import Changing
from tasks.case import CLOSED, Case, E, P, nth_in
from tasks.endings import quoted
from tasks.notify import tell_loudly
from tasks.worse import worsened

Taken = tuple[Changing[E, P], Planned]
"""A change and the plan that it was carried out by."""


def steps_of(case: Case[E, P], treatment: Step[E, P]) -> list[Taken[E, P]]:
    """The steps of a treatment that were planned, in the order in which they are done."""
    found: list[Taken[E, P]] = []
    step: Step[E, P] | None = treatment
    while isinstance(step, Mitigation | Examination):
        if (planned := case.said(f"plan:{case.named(step.name)}", Planned)) is not None:
            found.append((step, planned))
        step = step.then if isinstance(step, Mitigation) else None
    return found


def perhaps(case: Case[E, P], planned: Planned) -> bool:
    """Whether a change that failed may be in place all the same, at least in part. Undoing what is not does nothing."""
    return planned.digest in half_done(case.journal.entries(case.incident))


def expired(case: Case[E, P]) -> Iterator[tuple[Case[E, P], Changing[E, P], Planned]]:
    """Temporary changes whose time is up, the last one first, each with the case of the try that made it.

    The time of an examination is up with the incident as well.
    """
    steps = {one.name: one for one in case.runbook.steps() if isinstance(one, Mitigation | Examination)}
    closed = case.said(CLOSED, Closed) is not None
    for entry in reversed(case.journal.entries(case.incident)):
        if not isinstance(entry.fact, Carried) or entry.fact.expires_at is None:
            continue
        mitigation = steps.get(entry.fact.mitigation)
        over = entry.fact.expires_at <= clock.now() or (closed and isinstance(mitigation, Examination))
        if over and mitigation is not None:
            tried = case.again(nth_in(entry.key))
            planned = tried.said(f"plan:{tried.named(mitigation.name)}", Planned)
            assert planned is not None
            yield tried, mitigation, planned


def tell_undo_failed(case: Case[E, P], mitigation: Changing[E, P]) -> None:
    """Say loudly that a change stays which should have been undone."""
    became = "was only to look" if isinstance(mitigation, Examination) else "did not help"
    if mitigation.name in kept(case.journal.entries(case.incident)).values():
        became = "was to be undone"
    elif worsened(case, mitigation):
        became = "made it worse"
    text = f"{quoted(mitigation.title)}: the change {became} AND COULD NOT BE UNDONE. Look at once."
    tell_loudly(case, f"undo_failed:{case.named(mitigation.name)}", "undo failed", text)


def tell_no_way_back(case: Case[E, P], mitigation: Changing[E, P]) -> None:
    """Say loudly that a change which made it worse stays, since it cannot be undone."""
    text = f"{quoted(mitigation.title)}: it became clearly worse, and this change has no way back. Look at once."
    tell_loudly(case, f"no_way_back:{case.named(mitigation.name)}", "it became worse", text)
