"""How sure one must be before a treatment is offered: the more a wrong one breaks, the surer.

The one table that says so. `tasks.offer` asks it, the approval shows it, and the rendered page has it beside each
treatment. What a change puts at stake is declared with the change (`runbook.change.changes`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from journal.facts.words import Stake
from runbook.hypothesis import Strength
from runbook.mitigation import Mitigation, Step
from runbook.probe import Context

SUPPORTED_AT: Final = 0.5
"""A cause that is less likely than this is at most possible: it is rather not at work than at work."""

CLEAR: Final = 4.5
"""So many times as likely as *something that this page does not name* must a cause be.

Chosen with that one's prior of 10% (`Runbook.unnamed`): with 20% and twice as likely, 68 of 69 causes that were called
70% to 85% sure before strangers' incidents were at work, so scores understated.
"""

STOOD: Final = Strength.HINT.value
"""Log-odds of having stood: a supported cause could be refuted, and nothing refuted it.

Sentences answered *no* add nothing to a share, so it does not have that. One hint is as much as was earned: of 267
causes that were supported before strangers 3 were not at work, where shares made one expect 21. With a hint that is 8,
and three still allow for 8 or 9 (Poisson, 97.5%).
"""


def as_told(share: float) -> float:
    """How sure people are told that a supported cause is: its share of all sets, and that it has stood.

    It grows with the share, and limits are told by it as well: nothing is treated sooner or later than by shares alone.
    """
    if not 0.0 < share < 1.0:
        return share
    odds = share / (1 - share) * math.exp(STOOD)
    return round(odds / (1 + odds), 6)


SHARES: Final = {
    Stake.NOTHING: 0.5,
    Stake.SETTING: 0.6,
    Stake.WORK: 0.7,
    Stake.ALARM: 0.93,
    Stake.LIMIT: 0.93,
    Stake.ACCESS: 0.93,
    Stake.EVERYBODY: 0.95,
    Stake.DATA: 0.98,
}
"""The share that a cause must have for a treatment, by what is lost if the cause was another one.

A hand-off and a task for a person cost nothing but time: whoever is asked looks again.
"""

SURE: Final = {stake: as_told(share) for stake, share in SHARES.items()}
"""The same as people are told, and as a verdict's score says it."""


def stake_of(step: Step[Any, Any], context: Context[Any, Any]) -> Stake:
    """What a treatment puts at stake, its later steps included: without them it would be worthless."""
    return max(_stakes(step, context), key=lambda stake: SURE[stake])


def _stakes(step: Step[Any, Any], context: Context[Any, Any]) -> Iterator[Stake]:
    yield Stake.NOTHING
    while isinstance(step, Mitigation):
        yield step.change(context).stake
        if step.then is None:
            return
        step = step.then
