"""What a round of the pipeline asks of the journal: whether something was done in it, and what is not tried again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from journal.chain import Entry
from journal.facts.closed import HandedOff
from journal.facts.decided import Passed, Planned, TaskGiven
from journal.facts.done import Carried, Validated
from journal.facts.seen import Judged
from journal.facts.waited import WaitOver
from journal.facts.words import Act, Ending
from journal.rounds import given_up
from runbook import Examination, HandOff, Manual, Mitigation, Runbook, Step, Wait
from tasks.case import Case, E, P


def was_done(case: Case[E, P], treatment: Step[E, P]) -> bool:
    """Whether a treatment was carried out, with whatever outcome, a person said that it is done, or it was waited for.

    An act that met nothing any more, since all had changed meanwhile, counts: what is there now has to be looked at.
    One after which an earlier version went on with the same ranking does not: an incident is not judged in hindsight.
    """
    tried = case.named(treatment.name)
    acted = case.said(f"carried:{tried}:{Act.APPLY}:1", Carried) is not None
    waited = case.said(f"waited:{tried}", WaitOver) is not None
    return (acted or waited or case.said(f"validated:{tried}", Validated) is not None) and not _went_on(case, tried)


def was_cured(case: Case[E, P], treatment: Step[E, P]) -> bool:
    """Whether a treatment that worked is one that cured: what was waited for, or looked at, may have gone by itself."""
    match treatment:
        case Mitigation() | Manual():
            return True
        case Wait() | Examination():
            return False
        case HandOff():
            over = case.said(f"waited:{case.named(treatment.name)}", WaitOver)
            return over is not None and over.ending is Ending.RESOLVED
        case _:
            assert_never(treatment)


def was_over(case: Case[E, P], treatment: Step[E, P]) -> bool:
    """Whether a treatment is told in hindsight: an earlier pass has asked the symptom after it."""
    return case.journal.recorded(case.incident, f"symptom:after:{case.named(treatment.name)}") is not None


def _went_on(case: Case[E, P], tried: str) -> bool:
    """Whether the next treatment was taken up without judging anew, as it was before there were rounds."""
    after = case.journal.recorded(case.incident, f"symptom:after:{tried}")
    later = (e.fact for e in case.journal.entries(case.incident) if after is not None and e.number > after.number)
    begun = (fact for fact in later if isinstance(fact, Judged | Planned | TaskGiven | Passed | HandedOff))
    return not isinstance(next(begun, None), Judged | None)


def left_out(case: Case[E, P], over: int) -> set[str]:
    """The treatments that are not tried again once so many rounds are over.

    What was said since does not count, so that each pass goes the same way.
    """
    entries = case.journal.entries(case.incident)
    began = [entry.number for entry in entries if isinstance(entry.fact, Judged)]
    return left_out_after(case.runbook, [entry for entry in entries if entry.number < began[over]])


def left_out_after(runbook: Runbook[Any, Any], earlier: Sequence[Entry]) -> set[str]:
    """The treatments of which a step was given up in these entries; also asked by `tasks.replay`.

    In the last round there is no examination: nothing could be done any more about what it tells.
    """
    names = given_up(earlier)
    if sum(isinstance(entry.fact, Judged) for entry in earlier) + 1 >= runbook.rounds:
        names |= {one.name for one in runbook.mitigations if isinstance(one, Examination)}
    return {one.name for one in runbook.mitigations if any(step.name in names for step in steps_of(one))}


def steps_of(treatment: Step[Any, Any]) -> Iterator[Step[Any, Any]]:
    """A treatment and the later steps that belong to it."""
    yield treatment
    while isinstance(treatment, Mitigation) and treatment.then is not None:
        treatment = treatment.then
        yield treatment
