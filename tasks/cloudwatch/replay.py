"""When an alarm would go off, worked out from the values of its metric. Pure: no AWS, no clock.

So a change to an alarm can be judged at once, by the hours that lie behind, instead of waiting for the next night.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import fmean, pstdev
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

Values = Sequence[float | None]
"""One value for each period, oldest first; `None` where there was none."""


NEAR = 0.25
"""Share of the limit that counts as just before it."""

ENOUGH_RUNS = 4
"""Fewer breaches come neither evenly nor unevenly."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When an alarm goes off: at least `datapoints` of the last `periods` values are on the wrong side of the limit.

    `missing` says what a period without a value counts as: `breaching`, `notBreaching`, `ignore` (the state stays) or
    `missing` (the state is worked out without it; none at all is INSUFFICIENT_DATA).
    """

    comparison: str
    limit: float
    periods: int
    datapoints: int
    missing: str

    @property
    def for_little(self) -> bool:
        """Whether it goes off when there is too little of something."""
        return self.comparison.startswith("LessThan")

    def breaches(self, value: float | None) -> bool:
        if value is None:
            return self.missing == "breaching"
        if value == self.limit:
            return "OrEqualTo" in self.comparison
        return (value < self.limit) is self.for_little

    def excess(self, value: float) -> float:
        """How far a value is on the wrong side, as a share of the limit; of one if the limit is zero."""
        return abs(value - self.limit) / (abs(self.limit) or 1.0)

    def near(self, value: float) -> bool:
        """Whether a value lies on the right side, in the last quarter before the limit; a limit of zero has none."""
        return bool(self.limit) and not self.breaches(value) and self.excess(value) <= NEAR


def states(rule: Rule, values: Values, before: State = "OK") -> list[State]:
    """The alarm's state after each period.

    CloudWatch also looks at a few older values when some are missing; that is left out here, so a replay may differ
    from history by one period at the edge of a gap.
    """
    found: list[State] = []
    for end in range(1, len(values) + 1):
        window = values[max(0, end - rule.periods) : end]
        if sum(rule.breaches(value) for value in window) >= rule.datapoints:
            before = "ALARM"
        elif rule.missing == "ignore" and None in window:
            pass
        elif rule.missing == "missing" and not any(value is not None for value in window):
            before = "INSUFFICIENT_DATA"
        else:
            before = "OK"
        found.append(before)
    return found


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What an alarm would have done. `runs` are stretches of values in a row on the wrong side, by their lengths.

    `spread` tells how evenly they came: how far the gaps between their beginnings lie from their mean, as a share of
    it; 0 is a clock, about 1 is chance. Nothing when there are too few. `near` values lie just before the limit,
    `beyond` on its wrong side.
    """

    went_off: int
    silent: int
    """Of those, how often there was no value at all on the wrong side: it went off by silence."""
    runs: tuple[int, ...]
    excess: float
    missing: int
    values: int
    last: State
    near: int
    near_before: int
    """Of those, how many lie in the older half of the values."""
    beyond: int
    spread: float | None


def replay(rule: Rule, values: Values) -> Replay:
    """What the alarm would have done over these values."""
    known = [value for value in values if value is not None]
    breaching = [value for value in known if rule.breaches(value)]
    course = states(rule, values)
    began = [
        number
        for number, state in enumerate(course)
        if state == "ALARM" and (not number or course[number - 1] != state)
    ]
    return Replay(
        went_off=len(began),
        silent=sum(not _by_value(rule, values, number) for number in began),
        runs=tuple(
            len(list(run))
            for over, run in groupby(values, lambda value: value is not None and rule.breaches(value))
            if over
        ),
        excess=max((rule.excess(value) for value in breaching), default=0.0),
        missing=len(values) - len(known),
        values=len(values),
        last=course[-1] if course else "INSUFFICIENT_DATA",
        near=sum(rule.near(value) for value in known),
        near_before=sum(value is not None and rule.near(value) for value in values[: len(values) // 2]),
        beyond=len(breaching),
        spread=_spread(rule, values),
    )


def _spread(rule: Rule, values: Values) -> float | None:
    over = [value is not None and rule.breaches(value) for value in values]
    began = [number for number, here in enumerate(over) if here and not (number and over[number - 1])]
    if len(began) < ENOUGH_RUNS:
        return None
    gaps = [float(after - before) for before, after in pairwise(began)]
    return pstdev(gaps) / fmean(gaps)


def _by_value(rule: Rule, values: Values, number: int) -> bool:
    window = values[max(0, number + 1 - rule.periods) : number + 1]
    return any(value is not None and rule.breaches(value) for value in window)
