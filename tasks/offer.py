"""Which treatments the evidence calls for, and is sure enough for: safest first."""

from __future__ import annotations

from typing import assert_never

from journal.facts.decided import Passed
from journal.facts.seen import Verdict
from journal.facts.words import Effect, Stake
from runbook import Context, HandOff, Manual, Mitigation, Runbook, Step, Wait
from runbook.rendering import is_offered
from runbook.sureness import SURE, stake_of
from tasks.case import Case, E, P

SURENESS = "sureness"
"""What a treatment is passed over for whose cause is not sure enough for what it puts at stake."""

ORDER = [Effect.REVERSIBLE, Effect.DISRUPTIVE, "manual", Effect.DESTRUCTIVE]
"""Safest first, after hand-offs and waits, which change nothing.

A task for a person comes after what one yes can do, but before anything destructive.
"""


def offers(case: Case[E, P], ranking: tuple[Verdict, ...]) -> list[tuple[Step[E, P], Verdict]]:
    """Treatments of the supported causes: safest first, then by how likely the cause is. Called by `flows.follow`.

    One whose cause is supported, and not surely enough for what it puts at stake, is left to a person, who is told.
    """
    for step, verdict in supported(case.runbook, ranking):
        stake = stake_of(step, case.context)
        if not _sure(verdict, stake):
            why = f"its cause is {verdict.likely} likely, and it puts {stake} at stake, which takes {SURE[stake]:.0%}."
            case.say(f"unsure:{case.named(step.name)}", Passed(mitigation=step.name, by=SURENESS, why=why))
    return in_order(case.runbook, case.context, ranking)


def in_order(
    runbook: Runbook[E, P], context: Context[E, P], ranking: tuple[Verdict, ...]
) -> list[tuple[Step[E, P], Verdict]]:
    """The same, and nobody is told: `tasks.replay` asks what would be offered."""
    every = supported(runbook, ranking)
    sure = [(step, verdict) for step, verdict in every if _sure(verdict, stake_of(step, context))]
    return sorted(sure, key=lambda pair: (_danger(context, pair[0]), -pair[1].score))


def supported(runbook: Runbook[E, P], ranking: tuple[Verdict, ...]) -> list[tuple[Step[E, P], Verdict]]:
    """The treatments of those causes that the evidence supports, as the page has them."""
    every = [(step, supported_of(step, ranking)) for step in runbook.mitigations]
    return [(step, verdict) for step, verdict in every if verdict is not None]


def supported_of(step: Step[E, P], ranking: tuple[Verdict, ...]) -> Verdict | None:
    """The likeliest of those causes of a step that the evidence supports; none where none is.

    How sure it is counts for itself: two causes that a treatment serves alike do not make up for each other.
    """
    names = {cause.name for cause in step.causes}
    found = [verdict for verdict in ranking if verdict.hypothesis in names and is_offered(verdict)]
    return max(found, key=lambda verdict: verdict.score, default=None)


def _sure(verdict: Verdict, stake: Stake) -> bool:
    return verdict.score >= SURE[stake]


def _danger(context: Context[E, P], step: Step[E, P]) -> int:
    match step:
        case HandOff():
            return -2
        case Wait():
            return -1
        case Manual():
            return ORDER.index("manual")
        case Mitigation():
            return ORDER.index(step.change(context).effect)
        case _:
            assert_never(step)
