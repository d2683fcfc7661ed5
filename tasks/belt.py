"""Limits that refuse a change before it starts: how many targets, how often, when, and the stop switch.

Asked when a plan is drawn and again right before the act, because a freeze can begin while an approval waits.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from journal import switches
from journal.wording import span
from runbook import Mitigation, Plan
from tasks.case import Case, E, P


def refusal(case: Case[E, P], mitigation: Mitigation[E, P], plan: Plan[Any]) -> str | None:
    """Why this plan may not be carried out now, in one sentence; nothing when it may."""
    belt, count = mitigation.belt, len(plan.targets)
    if count > belt.at_most:
        return f"The plan reaches {count} targets; the limit is {belt.at_most}. Narrow it by the parameters."
    if plan.out_of and count / plan.out_of > belt.at_most_share:
        share = count / plan.out_of
        return f"The plan reaches {share:.0%} of all {plan.out_of}; the limit is {belt.at_most_share:.0%}."
    return halted(case) or cooling(case, mitigation, plan.change)


def halted(case: Case[E, P]) -> str | None:
    """The stop switch or a freeze window, in one sentence."""
    if (stop := switches.stopped(case.journal)) is not None:
        return f"The stop switch is on ({stop.why}, {stop.by}); `codeblue go` lifts it."
    if (frozen := switches.frozen(case.journal, case.runbook.system, datetime.now(UTC))) is not None:
        return f"Changes to {frozen.system} are frozen until {frozen.ends:%Y-%m-%d %H:%M} UTC ({frozen.why})."
    return None


def cooling(case: Case[E, P], mitigation: Mitigation[E, P], change: str) -> str | None:
    """Whether the same change was carried out in this environment too recently, by another incident or this one."""
    cooldown = case.paced(mitigation.belt.cooldown)
    since = datetime.now(UTC) - cooldown
    last = switches.last_carried(case.journal, change, case.context.params.environment, since)
    if last is None:
        return None
    return (
        f"The same change was made at {last.at:%H:%M:%S} UTC for {last.incident};"
        f" it may be made again {span(mitigation.belt.cooldown)} after that."
    )
