"""What is asked of people: the facts that open an approval or a manual task, complete with the text they read."""

from __future__ import annotations

from datetime import timedelta

from journal import clock
from journal.approvals import State
from journal.facts.decided import Passed, Planned, Requested, TaskGiven
from journal.facts.seen import Verdict
from journal.facts.words import Act
from journal.rounds import PERSON, ROUND
from journal.timeline_rounds import Told, told_before
from journal.under_way import SETTLES
from runbook import Approval, Manual
from runbook.mitigation import Changing
from runbook.rendering import approval_as_markdown, task_as_markdown
from tasks.case import Case, E, P
from tasks.deed import Deed
from tasks.gather import newest
from tasks.handed import waiting
from tasks.hypothesize import judged
from tasks.in_vain import given_in_vain
from tasks.message import how_to_answer
from tasks.notify import notify
from tasks.offer import supported_of
from tasks.plan import manual_digest

OVER = "The alert ended and the symptom is gone."
"""Why a question is withdrawn."""

SETTLING = timedelta(minutes=30)
"""How long a person has to find out what became of an act that nobody can tell about."""

TIME = "time"
"""By what a plan is passed over to which nobody said yes in time."""


def request_approval(case: Case[E, P], approval: Approval, planned: Planned, verdict: Verdict | None) -> Requested:
    """Record, once, that this plan waits for a yes, and tell people."""
    name = planned.mitigation
    fact = Requested(
        mitigation=name,
        digest=planned.digest,
        role=approval.by,
        quorum=approval.quorum,
        requester_excluded=approval.requester_excluded,
        channels=approval.channels,
        expires_at=clock.now() + approval.within,
        text=question(case, planned, verdict),
    )
    key = f"ask:{case.named(name)}"
    kept = case.said_as(key, fact)
    how = how_to_answer(case.incident, kept, case.flow_run)
    notify(case, key, f"{case.incident}: {planned.title}?", f"{kept.text}\n\n{how}")
    return kept


def question(case: Case[E, P], planned: Planned, verdict: Verdict | None) -> str:
    """What an approver reads about a plan."""
    return approval_as_markdown(case.incident, planned, verdict, judged(case), _before(case, planned))


def _before(case: Case[E, P], planned: Planned | None = None) -> tuple[Told, ...]:
    """Who waits for this; and what the round before did, and what is new, for a question of a later round."""
    above = waiting(case.journal, case.incident)
    waits = (("Waits for this", f"{one.incident} ({one.title}): handed over, and comes back.") for one in above)
    return (*waits, *told_before(case.journal.entries(case.incident), planned, case.runbook.rounds))


_WAS = {Act.APPLY: "applied", Act.UNDO: "undone"}


def found_out(deed: Deed[E, P], state: State) -> str:
    """What is known of an act after a person was asked whether it happened. That nobody answered is no answer."""
    match state:
        case State.DONE | State.NOT_DONE:
            return f"A person looked: it was {'' if state is State.DONE else 'not '}{_WAS[deed.way]}."
        case _:
            return f"Nobody looked in time, so it is not known whether it was {_WAS[deed.way]}."


def not_carried(mitigation: Changing[E, P], state: State) -> Passed | None:
    """What the answer to a plan means where it is no yes."""
    match state:
        case State.APPROVED:
            return None
        case State.WITHDRAWN:
            by, why = "recovery", OVER
        case State.REJECTED:
            by, why = PERSON, "The plan was rejected."
        case _:
            by, why = TIME, "Nobody answered in time, so the plan was not carried out."
    return Passed(mitigation=mitigation.name, by=by, why=why)


def give_task(case: Case[E, P], manual: Manual[E, P]) -> TaskGiven | Passed:
    """Record, once, that a person is to do this, with the numbers of the moment in its steps, and tell people.

    A task that was done in an earlier round to no avail is not given again word for word.
    """
    steps, tried = as_told(case, manual), case.named(manual.name)
    if (passed := case.said(f"passed:{tried}", Passed)) is not None:
        return passed
    if case.said(f"task:{tried}", TaskGiven) is None and (why := given_in_vain(case, manual.name, steps)) is not None:
        return case.said_as(f"passed:{tried}", Passed(mitigation=manual.name, by=ROUND, why=why))
    verdict = supported_of(manual, judged(case))
    return open_task(
        case,
        tried=tried,
        name=manual.name,
        title=manual.title,
        treats=verdict.hypothesis if verdict is not None else next((cause.name for cause in manual.causes), ""),
        steps=steps,
        validation=manual.validated_by.sentence,
        waits=manual.waits,
    )


def as_told(case: Case[E, P], manual: Manual[E, P]) -> tuple[str, ...]:
    """The steps of a task with the numbers of the moment."""
    readings = newest(case)
    return tuple(line for told in manual.steps for line in ((told,) if isinstance(told, str) else told.tell(readings)))


def as_task(case: Case[E, P], title: str, steps: tuple[str, ...], validation: str) -> str:
    """What a person reads who is given a task."""
    return task_as_markdown(case.incident, title, steps, validation, _before(case))


def open_task(
    case: Case[E, P],
    *,
    tried: str,
    name: str,
    title: str,
    treats: str,
    steps: tuple[str, ...],
    validation: str,
    waits: timedelta,
) -> TaskGiven:
    """Record, once, a task for a person, and tell people. `tried` is what it is called in keys."""
    fact = TaskGiven(
        mitigation=name,
        title=title,
        treats=treats,
        digest=manual_digest(case, tried, steps),
        steps=steps,
        validation=validation,
        expires_at=clock.now() + waits,
        text=as_task(case, title, steps, validation),
    )
    kept = case.said_as(f"task:{tried}", fact)
    how = how_to_answer(case.incident, kept, case.flow_run)
    notify(case, f"task:{tried}", f"{case.incident}: {title}", f"{kept.text}\n\n{how}")
    return kept


def ask_whether(deed: Deed[E, P], attempt: int, why: str) -> TaskGiven:
    """Record, once, that a person is to find out whether an act happened that nobody can tell about."""
    name, was = f"{SETTLES}{deed.key(attempt)}", _WAS[deed.way]
    return open_task(
        deed.case,
        tried=name,
        name=name,
        title=f"Find out whether this was {was}: {deed.mitigation.title}",
        treats=deed.planned.treats,
        steps=(why, deed.planned.summary, f"Say done if it was {was}, otherwise that it cannot be done."),
        validation=f"a person has looked whether it was {was}",
        waits=SETTLING,
    )
