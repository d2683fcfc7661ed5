"""When something began, beside what was released of a service: of ECS, or of a Lambda function.

Good evidence at most and never alone: what is released and what fills up in the same minute are two suspects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from blocks.aws import Aws
from blocks.shapes import HasAws
from flows.parts.asked import DEVISED, Asked
from runbook import Context, Evidence, Form, Probe, Since, probe
from runbook.probe import E_contra, P_contra
from runbook.release import since
from tasks.awslambda.release import read_moves
from tasks.cloudwatch.rates import rates
from tasks.cloudwatch.read import Metric, Series, read_metrics
from tasks.ecs.releases import read_deployments
from tasks.selections import AliasOf, ServiceOf

A = TypeVar("A", bound=HasAws)
P = TypeVar("P", bound=Form)

DAY, PERIOD = timedelta(days=1), timedelta(minutes=5)
"""How far back is looked, and what one value stands for."""

Measured = tuple[Metric, Metric]
"""What is too high, and among how many."""


@dataclass(frozen=True)
class AskedSince(Asked[E_contra, P_contra, Since]):
    """`what` is the trouble, as it follows *that*: `that requests fail`."""

    what: str

    @cached_property
    def began_with_one(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"{self.what} began within a quarter of an hour after a release of this very service",
            lambda r: r.began_with_one(),
        )

    @cached_property
    def began_before(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(f"{self.what} was so before each release of the last day", lambda r: r.began_before())

    @cached_property
    def nothing_released(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("nothing of this service was released for a day", lambda r: r.releases.none_for(DAY))


def since_deployment(
    of: Callable[[Context[A, P]], ServiceOf],
    measured: Callable[[Context[A, P]], Measured],
    source: str = DEVISED,
    *,
    little: float = 0.0,
) -> Probe[A, P, Since]:
    """Of a service of ECS; a change of less than `little` is none."""

    @probe(
        read_deployments,
        read_metrics,
        asks="When did it begin, and what was deployed of the service?",
        source=source,
        timeout=timedelta(seconds=15),
        about=of,
    )
    def since_deployment(c: Context[A, P], of: ServiceOf) -> Since:
        seen = _measured(c.env.aws, measured(c))
        return since(seen, read_deployments(c.env.aws, of.cluster, of.service, window=DAY), little=little)

    return since_deployment


def since_move(
    of: Callable[[Context[A, P]], AliasOf],
    measured: Callable[[Context[A, P]], Measured],
    source: str = DEVISED,
    *,
    little: float = 0.0,
) -> Probe[A, P, Since]:
    """Of an alias of a Lambda function: a version that is published and that nobody calls changes nothing."""

    @probe(
        read_moves,
        read_metrics,
        asks="When did it begin, and when was the alias moved to another version?",
        source=source,
        timeout=timedelta(seconds=15),
        about=of,
    )
    def since_move(c: Context[A, P], of: AliasOf) -> Since:
        seen = _measured(c.env.aws, measured(c))
        return since(seen, read_moves(c.env.aws, of.function, of.alias, window=DAY), little=little)

    return since_move


def _measured(aws: Aws, measured: Measured) -> Series:
    return rates(read_metrics(aws, measured, window=DAY, period=PERIOD), *measured)
