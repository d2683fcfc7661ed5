"""What is asked of people: the facts that open an approval or a manual task, complete with the text they read."""

from __future__ import annotations

from datetime import timedelta

from journal import clock
from journal.facts.decided import Planned, Requested, TaskGiven
from journal.facts.seen import Verdict
from runbook import Approval, Manual
from runbook.rendering import approval_as_markdown, task_as_markdown
from tasks.case import Case, E, P
from tasks.gather import newest
from tasks.hypothesize import judged
from tasks.message import how_to_answer
from tasks.notify import notify
from tasks.plan import manual_digest


def request_approval(case: Case[E, P], approval: Approval, planned: Planned, verdict: Verdict) -> Requested:
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
        text=approval_as_markdown(case.incident, planned, verdict, judged(case)),
    )
    kept = case.said_as(f"ask:{name}", fact)
    how = how_to_answer(case.incident, kept, case.flow_run)
    notify(case, f"ask:{name}", f"{case.incident}: {planned.title}?", f"{kept.text}\n\n{how}")
    return kept


def give_task(case: Case[E, P], manual: Manual[E, P]) -> TaskGiven:
    """Record, once, that a person is to do this, with the numbers of the moment in its steps, and tell people."""
    readings = newest(case)
    steps = tuple(line for told in manual.steps for line in ((told,) if isinstance(told, str) else told.tell(readings)))
    return open_task(
        case,
        name=manual.name,
        title=manual.title,
        treats=manual.treats.name,
        steps=steps,
        validation=manual.validated_by.sentence,
        waits=manual.waits,
    )


def open_task(
    case: Case[E, P],
    *,
    name: str,
    title: str,
    treats: str,
    steps: tuple[str, ...],
    validation: str,
    waits: timedelta,
) -> TaskGiven:
    """Record, once, a task for a person, and tell people."""
    fact = TaskGiven(
        mitigation=name,
        title=title,
        treats=treats,
        digest=manual_digest(case, name, steps),
        steps=steps,
        validation=validation,
        expires_at=clock.now() + waits,
        text=task_as_markdown(case.incident, title, steps, validation),
    )
    kept = case.said_as(f"task:{name}", fact)
    how = how_to_answer(case.incident, kept, case.flow_run)
    notify(case, f"task:{name}", f"{case.incident}: {title}", f"{kept.text}\n\n{how}")
    return kept
