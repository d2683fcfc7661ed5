"""What a procedure asks of the journal: its steps, whether one is done, what is taken back, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from journal.chain import Entry
from journal.facts.decided import Passed, Planned
from journal.facts.procedure import ProcedureBegun, ProcedureStep
from journal.facts.seen import SymptomAsked
from journal.facts.words import Answer, Ending
from journal.procedure import NOT_NEEDED, course, in_hand, is_whole
from journal.rounds import kept
from journal.timeline_words import half_in_place
from journal.wording import counted
from runbook import Manual, Mitigation
from runbook.mitigation import Changing
from tasks.case import Case, E, P
from tasks.endings import goes_on, no_way_back
from tasks.taking_back import Taken, steps_of
from tasks.validate import validate

KEY = "procedure"
NOTHING = "Nothing of it is in place."
STEPS = tuple[Mitigation[E, P] | Manual[E, P], ...]


def begun(case: Case[E, P]) -> STEPS[E, P]:
    """The steps, in their order, which is recorded before the first of them."""
    declared = case.runbook.procedure
    assert declared is not None
    named = (ProcedureStep(name=one.name, title=one.title, temporary=declared.is_undone(one)) for one in declared.steps)
    case.say(KEY, ProcedureBegun(steps=tuple(named)))
    return declared.steps


def is_so_already(case: Case[E, P], step: Changing[E, P], planned: Planned | Passed) -> bool:
    """Whether a step needs no change and its evidence holds: then it is done, as when a procedure is begun anew."""
    needless = isinstance(planned, Passed) and planned.by == NOT_NEEDED
    of_one = needless and case.runbook.procedure is not None
    return of_one and isinstance(step, Mitigation) and validate(case, step).held


def to_undo(case: Case[E, P]) -> Iterator[Taken[E, P]]:
    """The steps that do not stay where a later one was not done, the last one first. What was so before is not ours."""
    entries, declared = case.journal.entries(case.incident), case.runbook.procedure
    if declared is None or is_whole(course(entries)):
        return
    stays = {name for one, name in kept(entries).items() if one != name}
    for step in reversed(declared.steps):
        if step.name in stays and declared.is_undone(step):
            yield from steps_of(case, step)


def ungiven(case: Case[E, P]) -> Manual[E, P] | None:
    """The task that a procedure came to and that was not given to anybody: a shadow keeps it from being asked."""
    steps, now = begun(case), in_hand(course(case.journal.entries(case.incident)))
    one = steps[now - 1] if now <= len(steps) else None
    given = one is not None and case.journal.recorded(case.incident, f"task:{case.named(one.name)}") is not None
    return one if isinstance(one, Manual) and not given else None


def came_of(case: Case[E, P]) -> tuple[Ending, str]:
    """How a procedure ended, and the closing words: what was done, by whom, and when; what was not, and why."""
    entries = case.journal.entries(case.incident)
    steps, rest = course(entries), (*_symptom(entries), *goes_on(case))
    if is_whole(steps):
        whole = f"All {counted(len(steps), 'step')} of the procedure were done."
        return Ending.CONTAINED, " ".join((whole, *map(str, steps), *rest))
    stopped = in_hand(steps)
    done = [str(one) for one in steps if one.done]
    words = (
        *no_way_back(case),
        f"The procedure stopped at step {stopped} of {len(steps)}."
        if stopped <= len(steps)
        else "Every step of the procedure was done, and not all of it is in place any more.",
        *(("Done:", *done) if done else () if half_in_place(entries) else (NOTHING,)),
        "Not done:",
        *(str(one) if one.words else f"{str(one)[:-1]}, not begun." for one in steps if not one.done),
        *rest,
    )
    return Ending.UNRESOLVED, " ".join(words)


def _symptom(entries: Sequence[Entry]) -> Iterator[str]:
    """How the symptom stood when it was asked last: a procedure ends without asking for that."""
    last = next((e.fact.finding for e in reversed(entries) if isinstance(e.fact, SymptomAsked)), None)
    if last is not None:
        stands = {Answer.YES: "was still there", Answer.NO: "was not there any more"}
        yield f"The symptom {stands.get(last.answer, 'could not be seen any more')} when it was looked at last."
