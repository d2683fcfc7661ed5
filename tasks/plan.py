"""Ask a change what exactly it would do, name that plan by a digest, and hold it against its guardrail.

Right before the intent the digest is worked out again, from what is so then: `unlike` says what became different.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import chain, repeat
from typing import Any, TypeVar

from blocks.environment import Environment
from journal import clock
from journal.facts.decided import Passed, Planned, PlannedTarget
from journal.facts.seen import Verdict
from journal.facts.words import Answer
from journal.procedure import NOT_NEEDED
from journal.redaction import redact
from journal.rounds import ROUND
from journal.shadow import NAME as SHADOW
from journal.short import short
from journal.wording import span
from runbook import (
    Approval,
    Examination,
    Irreversible,
    Long,
    Mitigation,
    NotNeeded,
    Permanent,
    Plan,
    Reading,
    SlowDown,
    Temporary,
    WayBack,
)
from runbook.evidence import Readings
from runbook.mitigation import Changing
from runbook.sureness import SURE, stake_of
from tasks.case import Case, E, P
from tasks.engine import engine
from tasks.gather import PATIENCE, PAUSES, newest
from tasks.guardrail import cool_down, halted, our_cooldown, refusal
from tasks.hypothesize import judged
from tasks.in_vain import done_in_vain
from tasks.step import step

R = TypeVar("R")


def plan(case: Case[E, P], mitigation: Changing[E, P], verdict: Verdict | None) -> Planned | Passed:
    """The plan of a mitigation, or why there is none. Read-only: this is also the dry run.

    A step of a procedure has no verdict.
    """
    key = f"plan:{case.named(mitigation.name)}"
    entry = case.journal.recorded(case.incident, key)
    if entry is not None:
        return _one_of(entry.fact)

    def ask() -> Planned | Passed:
        return _one_of(case.say(key, _planned(case, mitigation, verdict)).fact)

    def draft() -> Planned | Passed:
        return _planned(case, mitigation, verdict, cools=False)

    def drawing(do: Callable[[], Planned | Passed]) -> Planned | Passed:
        shown = f"What would change: {mitigation.title}"
        return patiently(case, step(f"plan_{mitigation.name}", do, shown=shown, retries=3))

    change = mitigation.change(case.context).name
    try:
        if our_cooldown(case, mitigation, change):
            if isinstance(drafted := drawing(draft), Passed):  # nobody waits for what is not done after all
                return _one_of(case.say(key, drafted).fact)
            cool_down(case, mitigation, change)
        return drawing(ask)
    except Temporary as still:
        why = f"No plan could be drawn, although it was tried again: {still}"
        return _one_of(case.say(key, Passed(mitigation=mitigation.name, by="plan", why=why)).fact)


def patiently(case: Case[E, P], drawing: Callable[[], R]) -> R:
    """Draw a plan; where we are asked to slow down, again and ever more rarely."""
    deadline = clock.monotonic() + case.paced(PATIENCE).total_seconds()
    for pause in chain(PAUSES, repeat(PAUSES[-1])):
        try:
            return drawing()
        except SlowDown:
            if clock.monotonic() >= deadline:
                raise
            clock.sleep(case.paced(pause).total_seconds())
    raise AssertionError("pauses never end")


def _planned(
    case: Case[E, P], mitigation: Changing[E, P], verdict: Verdict | None, *, cools: bool = True
) -> Planned | Passed:
    change = mitigation.change(case.context)
    try:
        drawn = change.plan()
    except Permanent as refused:
        return Passed(mitigation=mitigation.name, by="plan", why=str(refused))
    if isinstance(drawn, NotNeeded):
        return Passed(mitigation=mitigation.name, by=NOT_NEEDED, why=drawn.why)
    # Prose is redacted like all prose: only what identifies a target must be storable as it is.
    prose = {"summary": str(redact(drawn.summary)), "warnings": tuple(str(redact(one)) for one in drawn.warnings)}
    drawn = drawn.model_copy(update=prose)
    if redact(drawn.model_dump(mode="json")) != drawn.model_dump(mode="json"):
        # A redacted plan could not be applied as approved, and an unredacted one may not be stored.
        why = "The plan names personal or secret data, which may not be stored; name the target by an id instead."
        return Passed(mitigation=mitigation.name, by="plan", why=why)
    if (against := _against(case, mitigation, drawn, cools=cools)) is not None:
        return against
    at_most = mitigation.approval.at_most if isinstance(mitigation.approval, Approval) else None
    drawn = within(drawn, at_most)
    if (why := out_of_reach(mitigation, drawn, newest(case))) is not None:
        return Passed(mitigation=mitigation.name, by="plan", why=why)
    stake = None if isinstance(mitigation, Examination) else stake_of(mitigation, case.context)
    return Planned(
        mitigation=mitigation.name,
        title=mitigation.title,
        treats=verdict.hypothesis if verdict is not None else "",
        change=drawn.change,
        effect=change.effect,
        summary=drawn.summary,
        digest=digest(case, mitigation.name, drawn.model_dump(mode="json"), verdict, case.context.env, at_most=at_most),
        targets=tuple(PlannedTarget(name=t.name, before=t.before, after=t.after) for t in drawn.targets),
        out_of=drawn.out_of,
        warnings=drawn.warnings,
        risk=mitigation.approval.risk if isinstance(mitigation.approval, Approval) else mitigation.approval.why,
        way_back=way_back(mitigation.undo),
        validation=_then(mitigation),
        plan=drawn.model_dump(mode="json"),
        place=case.context.env.place(),
        stake=stake,
        sure=SURE[stake] if stake is not None and verdict is not None else None,
        leaves=mitigation.leaves if isinstance(mitigation, Mitigation) else "",
        at_most=at_most,
        tells=tuple(cause.name for cause in mitigation.tells) if isinstance(mitigation, Examination) else (),
        goes_on=change.within if isinstance(change, Long) else None,
    )


def _then(mitigation: Changing[E, P]) -> str:
    """What is looked at after it."""
    if isinstance(mitigation, Examination):
        return examined_when(mitigation)
    return worked_when(mitigation.validated_by.sentence, mitigation.holds_for, mitigation.within)


def _against(case: Case[E, P], mitigation: Changing[E, P], drawn: Plan[Any], *, cools: bool) -> Passed | None:
    """What speaks against a plan that could be stored and carried out."""
    halt = halted(case)
    if halt is not None and halt.by != SHADOW:  # in shadow it is planned: what would be done is what is wanted
        return Passed(mitigation=mitigation.name, by=halt.by, why=halt.why)
    if (why := refusal(case, mitigation, drawn, cools=cools)) is not None:
        return Passed(mitigation=mitigation.name, by="guardrail", why=why)
    if (why := done_in_vain(case, mitigation.name, drawn)) is not None:
        return Passed(mitigation=mitigation.name, by=ROUND, why=why)
    return None


def within(drawn: Plan[Any], at_most: int | None) -> Plan[Any]:
    """What one yes may cover of a plan: all of it, or under the rule `at_most` targets, and people are told of more."""
    if at_most is None or len(drawn.targets) <= at_most:
        return drawn
    more = f"{len(drawn.targets)} of these are there. One yes covers {at_most}; the others are left as they are."
    return drawn.model_copy(update={"targets": drawn.targets[:at_most], "warnings": (*drawn.warnings, more)})


def out_of_reach(mitigation: Changing[Any, Any], drawn: Plan[Any], readings: Readings) -> str | None:
    """Why this plan, wholly carried out, would not reach its own validation; nothing when it may, or nobody can tell.

    Its targets then explain too little of what was seen, and nobody is asked to approve what cannot help.
    """
    if isinstance(mitigation, Examination) or mitigation.expects is None:
        return None
    said = mitigation.validated_by
    reading = readings.get(said.probe.name)
    if not isinstance(reading, Reading):
        return None
    value = mitigation.expects(reading.value, drawn)
    if said.find({said.probe.name: reading.model_copy(update={"value": value})}).answer is not Answer.NO:
        return None
    reached = f"{len(drawn.targets)} of {drawn.out_of}"
    return f"The plan reaches {reached}, which is too little: even then it would not be so that {said.sentence}."


def digest(
    case: Case[E, P],
    mitigation: str,
    drawn: dict[str, Any],
    verdict: Verdict | None,
    env: Environment,
    *,
    at_most: int | None = None,
) -> str:
    """The name of exactly this plan in exactly this situation: 16 hex digits of SHA-256.

    Runbook version, parameters, what the environment holds, targets and the answers of the evidence all count: an
    approval of one is not an approval of another. Of a yes to the rule, so does how many it covers (`at_most`).
    """
    said = (*verdict.speaks_for, *verdict.speaks_against) if verdict is not None else ()
    answers = {f.sentence: f.answer for f in said if f.answer is Answer.YES}
    bound = {
        "incident": case.incident,
        "runbook": [case.runbook.name, case.runbook.version],
        "params": case.context.params.model_dump(mode="json"),
        "mitigation": case.named(mitigation),
        "environment": env.fingerprint(case.incident),
        "plan": drawn,
        "evidence": answers,
    }
    return _short(bound if at_most is None else {**bound, "at_most": at_most})


def _digest_again(case: Case[E, P], planned: Planned, verdict: Verdict | None, env: Environment) -> str:
    """The name that the same plan would have now."""
    return digest(case, planned.mitigation, dict(planned.plan), verdict, env, at_most=planned.at_most)


def unlike(case: Case[E, P], planned: Planned) -> str | None:
    """Why what is so now is not what was planned, in one sentence; nothing when it still is.

    Asked right before the intent. The environment is read again: this run may have loaded it before somebody edited it.
    """
    try:
        now = engine().environment(type(case.context.env), case.context.params.environment)
    except Permanent as gone:
        return str(gone)
    verdict = next((one for one in judged(case) if one.hypothesis == planned.treats), None)
    judged_no_more = verdict is None and case.runbook.procedure is None
    if judged_no_more or _digest_again(case, planned, verdict, now) != planned.digest:
        return f"{_now(case)}, or the runbook, is not as it was when this plan was shown; start the runbook again."
    return None


def elsewhere(case: Case[E, P], planned: Planned) -> str | None:
    """Why the environment does not lead to where the change was made any more; nothing when it does. For undoing.

    A plan that was drawn by an earlier version does not say where, and is undone where the environment leads now.
    """
    try:
        now = engine().environment(type(case.context.env), case.context.params.environment)
    except Permanent as gone:
        return str(gone)
    if planned.place and now.place() != planned.place:
        return f"{_now(case)} names other connections than those that were changed; undo the change by hand."
    return None


def _now(case: Case[E, P]) -> str:
    return f"The saved environment {case.context.params.environment!r}"


def manual_digest(case: Case[E, P], name: str, steps: tuple[str, ...]) -> str:
    """The name of exactly this task of this incident."""
    return _short({"incident": case.incident, "task": name, "steps": steps})


def way_back(undo: WayBack | Irreversible) -> str:
    return undo.how if isinstance(undo, WayBack) else f"none: {undo.why}"


def examined_when(examination: Examination[Any, Any]) -> str:
    """When it is asked what it lets be seen, and when it ends."""
    asks = "".join(f": {one.asks}" for one in examination.then_asks[:1]) if len(examination.then_asks) == 1 else ""
    return (
        f"after {span(examination.asks_after)} all is asked again and judged anew{asks}"
        f" It ends by itself after {span(examination.ends_after)}, or with the incident"
    )


def worked_when(sentence: str, holds_for: timedelta, within: timedelta) -> str:
    return f"{sentence} for {span(holds_for)}, within {span(within)}"


def _one_of(fact: object) -> Planned | Passed:
    assert isinstance(fact, Planned | Passed)
    return fact


def _short(bound: dict[str, Any]) -> str:
    return short(json.dumps(bound, sort_keys=True, separators=(",", ":")).encode())
