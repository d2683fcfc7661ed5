"""Which treatments the evidence calls for, safest first."""

from __future__ import annotations

from typing import assert_never

from journal.facts.seen import Verdict
from journal.facts.words import Effect
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


def nothing_worked(ranking: tuple[Verdict, ...]) -> str:
    """What is said when an incident stays unresolved."""
    supported = [verdict.claim for verdict in ranking if is_offered(verdict)]
    if not supported:
        return "No cause is supported by the evidence without something against it; a person must look."
    return "The symptom is still there. Supported causes: " + " ".join(supported)
