"""Whether something is as it usually is at this hour; a symptom and its opposite, or evidence of a cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from blocks.shapes import HasAws
from flows.parts.asked import DEVISED, Asked
from runbook import Compared, Context, Evidence, Form, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.cloudwatch.read import Metric
from tasks.cloudwatch.usual import read_usual

A = TypeVar("A", bound=HasAws)
P = TypeVar("P", bound=Form)


@dataclass(frozen=True)
class AskedUsual(Asked[E_contra, P_contra, Compared]):
    """`points` above the usual are too many, and up to `floor` nothing is: both in the unit of the value.

    `as_usual` is no mere opposite: it holds where the value is at most half as far above the usual, so that what is
    validated by it has gone back clearly.
    """

    what: str
    points: float
    floor: float

    @cached_property
    def unusual(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"{self.what}: more than {self.floor:g}, and by more than {self.points:g} above the usual of this hour",
            lambda r: r.above(points=self.points, floor=self.floor),
            gauge=self.what,
        )

    @cached_property
    def as_usual(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"{self.what}: not more than {self.points / 2:g} above the usual of this hour, or than {self.floor / 2:g}",
            lambda r: not r.above(points=self.points / 2, floor=self.floor / 2),
        )


def usual(
    what: str,
    measured: Callable[[Context[A, P]], tuple[Metric, Metric | None]],
    source: str = DEVISED,
) -> Probe[A, P, Compared]:
    """`what` is what the value is called; `measured` is the metric, and among how many where it is a share of those."""

    @probe(
        read_usual,
        asks=f"How is this now, and usually at this hour: {what}?",
        source=source,
        timeout=timedelta(seconds=15),
    )
    def usual(c: Context[A, P]) -> Compared:
        value, among = measured(c)
        return read_usual(c.env.aws, value, among=among, what=what)

    return usual
