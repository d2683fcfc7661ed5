"""When an alarm would go off, worked out from the values of its metric. Pure: no AWS, no clock.

So a change to an alarm can be judged at once, by the hours that lie behind, instead of waiting for the next night.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

Values = Sequence[float | None]
"""One value for each period, oldest first; `None` where there was none."""


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
    """What an alarm would have done. `runs` are stretches of values in a row on the wrong side, by their lengths."""

    went_off: int
    silent: int
    """Of those, how often there was no value at all on the wrong side: it went off by silence."""
    runs: tuple[int, ...]
    excess: float
    missing: int
    values: int
    last: State


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
    )


def _by_value(rule: Rule, values: Values, number: int) -> bool:
    window = values[max(0, number + 1 - rule.periods) : number + 1]
    return any(value is not None and rule.breaches(value) for value in window)
