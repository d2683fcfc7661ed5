"""Looks at how long requests to a service take, as Cloud Monitoring measures over all its instances.

What a request waits for before a container has it is in there, and in no log of the application. Values are minutes
late; a percentile is of all requests of a period, whichever instance served them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial

from blocks.google import Google
from journal import clock
from runbook import Around, Facts, look
from runbook.release import around
from runbook.shares import LEAST
from tasks.cloudrun.requests import BEFORE, COUNTED, DAY, RESOURCE, Rates, read_made
from tasks.engine import at_once
from tasks.gcpmonitoring.read import SETTLES, Metric, Series, read_series

MEASURED = "run.googleapis.com/request_latencies"
CHART = "the API (P95)"
MINUTE = timedelta(minutes=1)


class Latencies(Facts):
    """How long 19 of 20 requests took at most (`p95`, ms), in the newest minutes that are known whole.

    `late_after` is what counts as late. Nothing where nobody knows: of too few requests, or of old ones.
    """

    of: str
    requests: float
    p95: float | None
    late_after: timedelta

    def late(self) -> bool:
        return self._known() > self._limit

    def prompt(self) -> bool:
        """Whether it is far from late: at most half of that."""
        return self._known() <= self._limit / 2

    @property
    def _limit(self) -> float:
        return self.late_after / timedelta(milliseconds=1)

    def _known(self) -> float:
        if self.p95 is None or self.requests < LEAST:
            raise LookupError(f"there were only {self.requests:g} requests to {self.of} lately, too few to tell")
        return self.p95

    def figures(self) -> Mapping[str, tuple[float, str]]:
        found: dict[str, tuple[float, str]] = {}
        with suppress(LookupError):
            found = {CHART: (self._known(), "ms")}
        return found

    def __str__(self) -> str:
        took = "nobody knows how long they took" if self.p95 is None else f"19 of 20 took at most {self.p95:.0f} ms"
        return f"{self.requests:g} requests to {self.of}: {took}"


@look(*read_series.permissions, bound=f"two series; {read_series.bound} each")
def read_latencies(
    google: Google, service: str, *, window: timedelta, late_after: timedelta, revision: str = ""
) -> Latencies:
    """Of the newest whole minutes, as one period that is `window` long. Raises `Permanent` when it may not be seen."""
    period = max(window // MINUTE, 1) * MINUTE
    now = clock.now() - SETTLES
    end = now - timedelta(seconds=now.second, microseconds=now.microsecond)
    read = partial(read_series, google, window=period, period=period, counted_from=end)
    counts, took = _both(read, service, revision)
    return Latencies(
        of=revision or service,
        requests=sum(counts.values),
        p95=took.values[-1] if took.values else None,
        late_after=late_after,
    )


@look(*read_made.permissions, *read_latencies.permissions, bound=f"one revision, and {read_latencies.bound}")
def read_late_around(google: Google, service: str, *, period: timedelta) -> Around:
    """How long 19 of 20 requests took (ms) before and after the revision was made that answers most of them now."""
    release = read_made(google, service)
    window = min(clock.now() - release.at + BEFORE, DAY)
    read = partial(read_series, google, window=window, period=period, counted_from=release.at)
    counts, took = _both(read, service)
    many = dict(zip(counts.at, counts.values, strict=True))
    known = [(at, p95) for at, p95 in zip(took.at, took.values, strict=True) if many.get(at, 0.0) >= LEAST]
    points = Rates(at=tuple(at for at, _ in known), values=tuple(p95 for _, p95 in known))
    return around(release, points, period)


def _both(read: Callable[[Metric], Series], service: str, revision: str = "") -> tuple[Series, Series]:
    """How many there were, and how long they took."""
    counts, took = _metrics(service, revision)
    return at_once(lambda: read(counts), lambda: read(took))


def _metrics(service: str, revision: str) -> tuple[Metric, Metric]:
    labels = [(("resource", "labels", "service_name"), service)]
    labels += [(("resource", "labels", "revision_name"), revision)] if revision else []
    return (
        Metric(
            name="requests",
            metric=COUNTED,
            resource=RESOURCE,
            labels=tuple(labels),
            within="ALIGN_DELTA",
            across="REDUCE_SUM",
        ),
        Metric(
            name="latency",
            metric=MEASURED,
            resource=RESOURCE,
            labels=tuple(labels),
            within="ALIGN_DELTA",
            across="REDUCE_PERCENTILE_95",
            unit="ms",
        ),
    )
