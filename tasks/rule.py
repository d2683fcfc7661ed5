"""Under a yes to the rule, the targets are read again at the act: those of an approved kind, and never too many.

An author allows it (`Approval(covers="the rule", at_most=…)`) where more of the same comes while somebody thinks. Asked
by `flows.follow` right before the intent, which then holds the plan that is carried out and what came later.
"""

from __future__ import annotations

import re
from typing import Any, Final

from journal.facts.decided import Planned, PlannedTarget
from journal.redaction import redact
from journal.targets import VARIES, like
from runbook import NotNeeded, Permanent, Plan, Target, Temporary
from tasks.case import E, P
from tasks.deed import Deed
from tasks.plan import patiently
from tasks.step import step

_NUMBER: Final = re.compile(r"\d[\d.,:]*")


def at_the_act(deed: Deed[E, P]) -> Plan[Any] | tuple[str, str]:
    """The plan that is carried out; or who forbids it, and why. A yes to a list covers the list, as it was approved."""
    planned, title = deed.planned, deed.mitigation.title
    if planned.at_most is None:
        return deed.change.revive(dict(planned.plan))
    try:
        look = step(
            f"plan_{deed.mitigation.name}_again", deed.change.plan, shown=f"What is there now: {title}", retries=3
        )
        drawn = patiently(deed.case, look)
    except Permanent as refused:
        return "plan", str(refused)
    except Temporary as still:
        return "blindness", f"What is there now cannot be seen: {still}"
    if isinstance(drawn, NotNeeded):
        return "plan", drawn.why
    return _covered(planned, drawn)


def _covered(planned: Planned, drawn: Plan[Any]) -> Plan[Any] | tuple[str, str]:
    """Of what is there now, what the yes covers: whatever was shown first, then what is of the same kinds."""
    kinds, shown = {like(target) for target in planned.targets}, {target.name for target in planned.targets}
    same = [target for target in drawn.targets if like(shown_as(target)) in kinds]
    if not same:
        return "plan", "Nothing of the approved kind is there any more."
    if (unseen := _unseen(planned, drawn)) is not None:
        return "plan", f"What is there now comes with a warning that nobody had seen when they said yes: {unseen}"
    targets = tuple(sorted(same, key=lambda target: target.name not in shown)[: planned.at_most])
    prose = {"summary": str(redact(drawn.summary)), "warnings": tuple(str(redact(one)) for one in drawn.warnings)}
    covered = drawn.model_copy(update={"targets": targets, **prose})
    if redact(covered.model_dump(mode="json")) != covered.model_dump(mode="json"):
        return "plan", "What is there now names personal or secret data, which may not be stored."
    return covered


def _unseen(planned: Planned, drawn: Plan[Any]) -> str | None:
    """A warning that says something else than those that were shown; other numbers say nothing else."""
    shown = {_NUMBER.sub(VARIES, warning) for warning in planned.warnings}
    return next(
        (said for said in map(str, map(redact, drawn.warnings)) if _NUMBER.sub(VARIES, said) not in shown), None
    )


def shown_as(target: Target) -> PlannedTarget:
    """A target as people see it."""
    return PlannedTarget(name=target.name, before=target.before, after=target.after)


def came_later(planned: Planned, carried_out: Plan[Any]) -> tuple[PlannedTarget, ...]:
    """The targets that nobody has seen when the plan was approved."""
    shown = {target.name for target in planned.targets}
    return tuple(shown_as(target) for target in carried_out.targets if target.name not in shown)
