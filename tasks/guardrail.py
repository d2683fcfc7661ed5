"""Limits that refuse a change before it starts: how many targets, how often, when, and the stop switch.

Asked when a plan is drawn and again right before the intent, because a freeze can begin while an approval waits, and
another incident can make the same change.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from journal import clock, leases, switches
from journal.wording import span
from runbook import Plan, Temporary
from runbook.mitigation import Changing
from tasks.case import Case, E, P
from tasks.step import step
from tasks.waiting import until

TURN = timedelta(seconds=30)
"""How long a turn lasts when whoever has it vanishes."""

MOMENT = timedelta(seconds=1)
LONGEST = timedelta(minutes=15)
"""How much longer than a cooldown a later round waits until its change may be made again, and for how long at most."""


@contextmanager
def turn(case: Case[E, P], change: str) -> Generator[None]:
    """The right to ask the guardrail and commit an intent: one at a time for each change and environment.

    Of several incidents that were approved at once, the next one sees the intent of the one before, and cools down.
    Raises `Temporary` when it does not come.
    """
    name = f"change:{case.context.params.environment}:{change}"
    if not until(lambda: leases.acquire(case.journal, name, case.incident, TURN), within=2 * TURN):
        other = leases.holder_of(case.journal, name)
        raise Temporary(f"{other} has been about to make the same change for {2 * TURN}; look there.")
    try:
        yield
    finally:
        leases.release(case.journal, name, case.incident)


def refusal(
    case: Case[E, P], mitigation: Changing[E, P], plan: Plan[Any], *, digest: str = "", cools: bool = True
) -> str | None:
    """Why this plan may not be carried out now, in one sentence; nothing when it may. A halt is asked for by itself.

    `digest` is the plan's own, once it has one: what it did itself is no reason to cool down. Without `cools`, the
    cooldown is left out: what it forbids now may be allowed once it has been waited for.
    """
    guardrail, count = mitigation.guardrail, len(plan.targets)
    if count > guardrail.at_most:
        return f"The plan reaches {count} targets; the limit is {guardrail.at_most}. Narrow it by the parameters."
    if plan.out_of and count / plan.out_of > guardrail.at_most_share:
        share = count / plan.out_of
        return f"The plan reaches {share:.0%} of all {plan.out_of}; the limit is {guardrail.at_most_share:.0%}."
    return cooling(case, mitigation, plan.change, digest) if cools else None


def our_cooldown(case: Case[E, P], mitigation: Changing[E, P], change: str) -> timedelta:
    """How long to wait until the cooldown of what this incident did itself has passed; nothing where that is long.

    What another incident did is not waited for.
    """
    cooldown = case.paced(mitigation.guardrail.cooldown)
    try:
        last = switches.last_carried(case.journal, change, case.context.params.environment, clock.now() - cooldown)
    except ValidationError:
        return timedelta(0)  # the guardrail says so
    if last is None or last.incident != case.incident:
        return timedelta(0)
    left = last.at + cooldown + MOMENT - clock.now()
    return left if timedelta(0) < left <= LONGEST else timedelta(0)


def cool_down(case: Case[E, P], mitigation: Changing[E, P], change: str) -> None:
    """Wait for that."""
    shown = f"Until it may be made again: {mitigation.title}"
    step("cool_down", lambda: clock.sleep(our_cooldown(case, mitigation, change).total_seconds()), shown=shown)()


def halted(case: Case[E, P]) -> switches.Halt | None:
    """The stop switch, a freeze window, or the shadow that the system is in."""
    return switches.halt(case.journal, case.runbook.system)


def cooling(case: Case[E, P], mitigation: Changing[E, P], change: str, digest: str) -> str | None:
    """Whether the same change was begun in this environment too recently, by another incident or this one."""
    cooldown = case.paced(mitigation.guardrail.cooldown)
    if not cooldown:  # what another process did in this very moment is no reason then
        return None
    since = clock.now() - cooldown
    try:
        last = switches.last_carried(case.journal, change, case.context.params.environment, since, but=digest)
    except ValidationError:
        return f"When the same change was made last {switches.UNREAD}"
    if last is None:
        return None
    return (
        f"The same change was made at {last.at:%H:%M:%S} UTC for {last.incident};"
        f" it may be made again {span(mitigation.guardrail.cooldown)} after that."
    )
