"""Whether a trouble began with a release, or is only as young as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from blocks.shapes import HasAws
from flows.forms import WindowForm
from flows.parts.asked import DEVISED, Asked
from runbook import Around, Context, Evidence, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.awslambda.release import read_around
from tasks.cloudwatch.read import Metric
from tasks.selections import AliasOf

A = TypeVar("A", bound=HasAws)
W = TypeVar("W", bound=WindowForm)


@dataclass(frozen=True)
class AskedRelease(Asked[E_contra, P_contra, Around]):
    """`what` is said of users beyond the `limit`, in a word or two."""

    what: str
    limit: float

    @cached_property
    def began_it(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"{self.what} began within a quarter of an hour after the version was published, and not before",
            lambda r: r.began_it(self.limit),
        )

    @cached_property
    def innocent(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"{self.what} was there before the version was published, or began later than a quarter of an hour after",
            lambda r: r.is_innocent(self.limit),
        )


def release(
    of: Callable[[Context[A, W]], AliasOf],
    measured: Callable[[Context[A, W]], tuple[Metric, Metric]],
    source: str = DEVISED,
) -> Probe[A, W, Around]:
    """`measured`: what is too high, and among how many."""

    @probe(
        read_around,
        asks="How was it before and after the version that the API calls was published?",
        source=source,
        timeout=timedelta(seconds=15),
        about=of,
    )
    def release(c: Context[A, W], of: AliasOf) -> Around:
        value, among = measured(c)
        period = c.params.period
        return read_around(c.env.aws, of.function, of.alias, value=value, among=among, period=period)

    return release
