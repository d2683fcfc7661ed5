"""Which treatments the evidence calls for, and is sure enough for: safest first."""

from __future__ import annotations

from typing import assert_never

from journal.facts.decided import Passed
from journal.facts.seen import Verdict
from journal.facts.words import Effect
from runbook import HandOff, Manual, Mitigation, Step
from runbook.rendering import is_offered
from runbook.sureness import SURE, stake_of
from tasks.case import Case, E, P

ORDER = [Effect.REVERSIBLE, Effect.DISRUPTIVE, "manual", Effect.DESTRUCTIVE]
"""Safest first. A task for a person comes after what one yes can do, but before anything destructive."""


def offers(case: Case[E, P], ranking: tuple[Verdict, ...]) -> list[tuple[Step[E, P], Verdict]]:
    """Treatments of the supported causes: safest first, then by how likely the cause is. Called by `flows.follow`.

    One whose cause is supported, and not surely enough for what it puts at stake, is left to a person, who is told.
    """
    verdicts = {verdict.hypothesis: verdict for verdict in ranking}
    every = [(step, verdicts[step.treats.name]) for step in case.runbook.mitigations]
    return sorted(
        ((step, verdict) for step, verdict in every if is_offered(verdict) and _sure(case, step, verdict)),
        key=lambda pair: (_danger(case, pair[0]), -pair[1].score),
    )


def _sure(case: Case[E, P], step: Step[E, P], verdict: Verdict) -> bool:
    stake = stake_of(step, case.context)
    if verdict.score >= SURE[stake]:
        return True
    why = f"its cause is {verdict.score:.0%} likely, and it puts {stake} at stake, which takes {SURE[stake]:.0%}."
    case.say(f"unsure:{step.name}", Passed(mitigation=step.name, by="sureness", why=why))
    return False


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
