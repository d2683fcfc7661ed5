"""Which treatments the evidence calls for, and is sure enough for: safest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from journal.facts.decided import Passed
from journal.facts.seen import Verdict
from journal.facts.words import Answer, Effect, Stake
from runbook import Context, Examination, HandOff, Manual, Mitigation, Runbook, Standing, Step, Wait
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
    Examinations come last: they touch something and treat nothing.
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
    treatments = sorted(sure, key=lambda pair: (_danger(context, pair[0]), -pair[1].score))
    settled = {cause.name for step, _ in treatments for cause in step.causes}
    return [*treatments, *_examinations(runbook, [one for one in ranking if one.hypothesis not in settled])]


def _examinations(runbook: Runbook[E, P], unsettled: list[Verdict]) -> Iterator[tuple[Step[E, P], Verdict]]:
    """Examinations that may tell something of causes that have no treatment which is sure enough, as the page has them.

    Each with the likeliest of those.
    """
    for one in runbook.mitigations:
        if isinstance(one, Examination):
            names = {cause.name for cause in one.tells}
            thinkable = [verdict for verdict in unsettled if verdict.hypothesis in names and _tellable(one, verdict)]
            if thinkable:
                yield one, max(thinkable, key=lambda verdict: verdict.score)


def _tellable(examination: Examination[E, P], verdict: Verdict) -> bool:
    """Whether a cause may be at work, as far as is known, and its standing may become another one."""
    if verdict.standing in (Standing.POSSIBLE, Standing.CONTESTED, Standing.SUPPORTED):
        return True
    said = (*verdict.speaks_for, *verdict.speaks_against)
    unseen = any(one.answer is Answer.UNKNOWN and examination.asked_of(one) for one in said)
    return verdict.standing is Standing.UNDECIDED and unseen


def supported(runbook: Runbook[E, P], ranking: tuple[Verdict, ...]) -> list[tuple[Step[E, P], Verdict]]:
    """The treatments of those causes that the evidence supports, as the page has them."""
    every = [(one, supported_of(one, ranking)) for one in runbook.mitigations if not isinstance(one, Examination)]
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
        case Mitigation() | Examination():
            return ORDER.index(step.change(context).effect)
        case _:
            assert_never(step)
