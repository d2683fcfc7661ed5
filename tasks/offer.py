"""Which treatments the evidence calls for, and is sure enough for: safest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from journal.facts.decided import Passed
from journal.facts.done import Carried
from journal.facts.seen import OTHER, Verdict
from journal.facts.words import Act, Answer, Effect, Standing
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


def nothing_worked(case: Case[E, P], ranking: tuple[Verdict, ...]) -> str:
    """What is said when an incident stays unresolved: what is known, what is not, and why no treatment helped."""
    supported = [_likely(verdict) for verdict in ranking if is_offered(verdict)]
    if not supported:
        return " ".join(("The symptom is there, and its cause is not known.", *_to_look_at(ranking), *_not_done(case)))
    return " ".join(("The symptom is still there. Supported causes:", *supported, *_not_done(case)))


def _to_look_at(ranking: tuple[Verdict, ...]) -> Iterator[str]:
    """What is possible and what would tell, for the person who goes on from here."""
    for verdict in ranking:
        match verdict.standing:
            case Standing.POSSIBLE if verdict.hypothesis != OTHER:
                yield f"Possible: {_likely(verdict)} Not treated: {'; '.join(verdict.short_of)}."
            case Standing.CONTESTED:
                yield f"Contested: {_likely(verdict)} {_against(verdict)}"
            case Standing.POSSIBLE:
                yield f"That it is something that this page does not name: {verdict.score:.0%}."
            case _:
                pass


def _likely(verdict: Verdict) -> str:
    return f"{verdict.claim.rstrip('.')} ({verdict.score:.0%})."


def _against(verdict: Verdict) -> str:
    against = [finding.sentence for finding in verdict.speaks_against if finding.answer is Answer.YES]
    return f"Against it: {'; '.join(against)}."


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
