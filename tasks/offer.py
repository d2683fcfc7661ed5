"""Which treatments the evidence calls for, safest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from journal.facts.decided import Passed
from journal.facts.done import Carried
from journal.facts.seen import Verdict
from journal.facts.words import Act, Effect
from runbook import HandOff, Manual, Mitigation, Step
from runbook.rendering import is_offered
from tasks.case import Case, E, P

ORDER = [Effect.REVERSIBLE, Effect.DISRUPTIVE, "manual", Effect.DESTRUCTIVE]
"""Safest first. A task for a person comes after what one yes can do, but before anything destructive."""


def offers(case: Case[E, P], ranking: tuple[Verdict, ...]) -> list[tuple[Step[E, P], Verdict]]:
    """Treatments of the supported causes: safest first, then by how likely the cause is. Called by `flows.follow`."""
    verdicts = {verdict.hypothesis: verdict for verdict in ranking}
    every = [(step, verdicts[step.treats.name]) for step in case.runbook.mitigations]
    return sorted(
        ((step, verdict) for step, verdict in every if is_offered(verdict)),
        key=lambda pair: (_danger(case, pair[0]), -pair[1].score),
    )


def _danger(case: Case[E, P], step: Step[E, P]) -> int:
    match step:
        case HandOff():
            return -1
        case Manual():
            return ORDER.index("manual")
        case Mitigation():
            return ORDER.index(step.change(case.context).effect)
        case _:
            assert_never(step)


def nothing_worked(case: Case[E, P], ranking: tuple[Verdict, ...]) -> str:
    """What is said when an incident stays unresolved: what was found, and why each treatment did not help."""
    supported = [verdict.claim for verdict in ranking if is_offered(verdict)]
    if not supported:
        return "No cause is supported by the evidence without something against it; a person must look."
    return " ".join(("The symptom is still there. Supported causes:", *supported, *_not_done(case)))


def _not_done(case: Case[E, P]) -> Iterator[str]:
    """Why treatments were not carried out, or what came of the try, in the order of the journal."""
    titles = {step.name: step.title for step in case.runbook.steps()}
    for entry in case.journal.entries(case.incident):
        match entry.fact:
            case Passed(mitigation=name, why=why):
                yield f"Not done: {titles[name]}: {why}"
            case Carried(mitigation=name, act=Act.APPLY, ok=False, again=False, note=note):
                yield f"Tried in vain: {titles[name]}: {note}"
            case _:
                pass
