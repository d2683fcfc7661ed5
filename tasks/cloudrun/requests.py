"""Looks at the requests that reach a service, as Cloud Monitoring counts them over all its instances.

Whoever is turned away before a container has the request (nobody was free, or had the right) is not counted there, so
that no requests are no sign of health. Counts are minutes late.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from blocks.google import Google
from journal import clock
from runbook import Around, Facts, Release, look
from runbook.release import around
from runbook.shares import LEAST, share
from tasks.cloudrun.service import AMONG, SERVING, at, last, serving
from tasks.engine import at_once
from tasks.gcpmonitoring.read import BY_THE_CLOCK, Metric, Series, read_series

COUNTED, RESOURCE = "run.googleapis.com/request_count", "cloud_run_revision"
CLASS = ("metric", "labels", "response_code_class")
FAILED = "5xx"
CHART = "requests that fail"

BEFORE, DAY = timedelta(hours=1), timedelta(days=1)
"""How much is looked at before a revision was made, and how far back at most."""


class Requests(Facts):
    """Requests that reached a service or one revision, by periods, oldest first, and those answered with a 5xx."""

    service: str
    revision: str = ""
    at: tuple[datetime, ...]
    requests: tuple[float, ...]
    failed: tuple[float, ...]
    fresh: bool
    """Whether the newest period is as new as it can be."""

    def share(self) -> float:
        """Which share (0..1) fails. Raises `LookupError` of too few, or where the newest are old."""
        if not self.fresh:
            raise LookupError(f"Cloud Monitoring tells of no request to {self.of} lately")
        return share(sum(self.failed), sum(self.requests), f"requests to {self.of}", least=LEAST)

    @property
    def of(self) -> str:
        return self.revision or self.service

    def figures(self) -> Mapping[str, tuple[float, str]]:
        found: dict[str, tuple[float, str]] = {}
        with suppress(LookupError):
            found = {CHART: (100 * self.share(), "%")}
        return found

    def __str__(self) -> str:
        return f"{sum(self.failed):g} of {sum(self.requests):g} requests to {self.of} were answered with a 5xx"


@dataclass(frozen=True)
class Rates:
    """What was worked out of periods with enough requests, by their beginning."""

    at: tuple[datetime, ...]
    values: tuple[float, ...]


@look(*read_series.permissions, bound=f"two series; {read_series.bound} each")
def read_requests(
    google: Google,
    service: str,
    *,
    window: timedelta,
    period: timedelta,
    revision: str = "",
    counted_from: datetime = BY_THE_CLOCK,
) -> Requests:
    """Count requests to a service, or to one revision. Raises `Permanent` when they may not be seen."""
    read = partial(read_series, google, window=window, period=period, counted_from=counted_from)
    every, failed = at_once(
        lambda: read(_metric(service, revision, "")), lambda: read(_metric(service, revision, FAILED))
    )
    bad = dict(zip(failed.at, failed.values, strict=True))
    return Requests(
        service=service,
        revision=revision,
        at=every.at,
        requests=every.values,
        failed=tuple(bad.get(moment, 0.0) for moment in every.at),
        fresh=_is_fresh(every),
    )


@look(*SERVING, bound=f"one service, and {AMONG} of its revisions")
def read_made(google: Google, service: str) -> Release:
    """The revision that answers most requests now, as a release; `at` is a whole second, when it was made.

    Raises `Permanent` where Cloud Run does not say which one answers.
    """
    found = serving(google, service)
    return Release(
        what="revision",
        service=service,
        version=last(found["name"]),
        at=at(found).replace(microsecond=0),
        by=str(found.get("creator", "")) or None,
        source="Cloud Run",
    )


@look(*read_made.permissions, *read_requests.permissions, bound=f"one revision, and {read_requests.bound}")
def read_around(google: Google, service: str, *, period: timedelta) -> Around:
    """Which share of requests failed before and after the revision was made that answers most of them now.

    Periods are counted from the second in which it was made: by the clock, one of five minutes that is known whole may
    be fourteen minutes in coming. Raises `Permanent` where Cloud Run does not say which one answers.
    """
    release = read_made(google, service)
    window = min(clock.now() - release.at + BEFORE, DAY)
    seen = read_requests(google, service, window=window, period=period, counted_from=release.at)
    many = [one for one in zip(seen.at, seen.requests, seen.failed, strict=True) if one[1] >= LEAST]
    points = Rates(at=tuple(one[0] for one in many), values=tuple(one[2] / one[1] for one in many))
    return around(release, points, period)


def _metric(service: str, revision: str, kind: str) -> Metric:
    """All requests, or those of a class, across whatever else tells them apart."""
    labels = [(("resource", "labels", "service_name"), service)]
    labels += [(("resource", "labels", "revision_name"), revision)] if revision else []
    labels += [(CLASS, kind)] if kind else []
    name = "failed" if kind else "requests"
    return Metric(
        name=name,
        metric=COUNTED,
        resource=RESOURCE,
        labels=tuple(labels),
        within="ALIGN_DELTA",
        across="REDUCE_SUM",
    )


def _is_fresh(series: Series) -> bool:
    with suppress(LookupError):
        series.latest()
        return True
    return False
