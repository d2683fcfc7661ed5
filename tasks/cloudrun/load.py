"""Looks at how much comes to a service, how many instances work on it, and how new ones start."""

from __future__ import annotations

from datetime import timedelta
from statistics import mean, median
from typing import Any

from blocks.google import Google
from runbook import Facts, look
from runbook.shares import LEAST, share
from tasks.cloudrun.requests import COUNTED, RESOURCE
from tasks.cloudrun.service import described
from tasks.engine import at_once
from tasks.gcpmonitoring.read import SETTLES, Aligner, Metric, Series, read_series

INSTANCES = "run.googleapis.com/container/instance_count"
MOST = 100
"""Instances that Cloud Run allows where nobody has said how many."""

MINUTE = timedelta(minutes=1)
NOW = 5
"""Newest minutes that are now."""

LATELY = timedelta(minutes=30)
"""What is no part of how it usually is: by then somebody has been paged."""

USUAL = timedelta(minutes=90)
"""What the usual is the median of."""

LEAST_USUAL = 30
"""Minutes without which nobody knows the usual."""


class Load(Facts):
    """Requests a minute, now and usually, that is within the hour before; and instances, of which `most` are allowed.

    `least` are always kept. `busier` is how many times as many requests are too many to be chance. Nothing where nobody
    knows.
    """

    service: str
    now: float | None
    usual: float | None
    instances: float | None
    least: int
    most: int
    busier: float

    def grown(self) -> bool:
        """Whether more requests come than usual. Raises `LookupError` where either is not known."""
        now, usual = self._known(self.now, "how many requests come"), self._known(self.usual, "how many came before")
        return times(self.service, now, usual) > self.busier

    def full(self) -> bool:
        """Whether all instances that are allowed are there."""
        return self._known(self.instances, "how many instances there are") >= self.most

    def has_room(self) -> bool:
        """Whether at most half of the instances are there that are allowed."""
        return self._known(self.instances, "how many instances there are") <= self.most / 2

    def _known(self, value: float | None, what: str) -> float:
        if value is None:
            raise LookupError(f"Cloud Monitoring does not say {what} of {self.service}")
        return value

    def __str__(self) -> str:
        now, usual, instances = (
            "?" if value is None else f"{value:.0f}" for value in (self.now, self.usual, self.instances)
        )
        return (
            f"{self.service}: {now} requests a minute, {usual} before; {instances} instances of {self.most} that it may"
            f" have, {self.least} always kept"
        )


def times(service: str, now: float, usual: float) -> float:
    """How many times as many requests a minute come now as usually. Raises `LookupError` of too few."""
    return share(now, usual, f"requests a minute to {service} before", least=LEAST)


def bounds(found: dict[str, Any]) -> tuple[int, int]:
    """How many instances of a service there always are, and how many at most: as its template and it itself say."""
    template: dict[str, Any] = found.get("template") or {}
    said: list[dict[str, Any]] = [one.get("scaling") or {} for one in (template, found)]
    least = max(int(one.get("minInstanceCount") or 0) for one in said)
    return least, min(int(one.get("maxInstanceCount") or MOST) for one in said)


@look("google:run.services.get", *read_series.permissions, bound=f"one service and two series, {read_series.bound}")
def read_load(google: Google, service: str, *, busier: float) -> Load:
    """Requests over two hours by the minute, and the instances of the newest minutes. Raises `Permanent` if hidden."""

    def series() -> tuple[Series, Series]:
        return at_once(
            lambda: read_series(
                google, _metric(service, "requests", COUNTED, "ALIGN_DELTA"), window=LATELY + USUAL, period=MINUTE
            ),
            lambda: read_series(
                google, _metric(service, "instances", INSTANCES, "ALIGN_MAX"), window=NOW * MINUTE, period=MINUTE
            ),
        )

    found, (came, there) = at_once(lambda: described(google, service), series)
    least, most = bounds(found)
    begin, fresh = came.asked_at - LATELY, came.asked_at - SETTLES - (NOW + 1) * MINUTE
    before = [value for at, value in zip(came.at, came.values, strict=True) if at < begin]
    lately = [value for at, value in zip(came.at, came.values, strict=True) if at >= fresh][-NOW:]
    return Load(
        service=service,
        now=mean(lately) if len(lately) == NOW else None,
        usual=median(before) if len(before) >= LEAST_USUAL else None,
        instances=max(there.values, default=None),
        least=least,
        most=most,
        busier=busier,
    )


def _metric(service: str, name: str, metric: str, within: Aligner) -> Metric:
    return Metric(
        name=name,
        metric=metric,
        resource=RESOURCE,
        labels=((("resource", "labels", "service_name"), service),),
        within=within,
        across="REDUCE_SUM",
    )
