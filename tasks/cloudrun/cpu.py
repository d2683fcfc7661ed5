"""Looks at the CPU of a service's instances: how busy the busiest is, and the others; and what one request takes.

Cloud Monitoring tells shares of the CPU that one instance may use, by minutes, as a distribution over the instances and
no instance by its name. How busy the others are follows from the mean, from the busiest, and from how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import fmean, median

from blocks.google import Google
from journal import clock
from runbook import Around, Facts, look
from runbook.release import around
from runbook.shares import LEAST
from tasks.cloudrun.load import INSTANCES, LATELY, LEAST_USUAL, NOW, USUAL
from tasks.cloudrun.requests import BEFORE, COUNTED, DAY, RESOURCE, Rates, read_made
from tasks.cloudrun.service import answering
from tasks.gcpmonitoring.read import BY_THE_CLOCK, SETTLES, Aligner, Metric, Reducer, Series, read_series

USED = "run.googleapis.com/container/cpu/utilizations"
MINUTE = timedelta(minutes=1)
CHART = "CPU used"

HALF = 0.5
"""A period of which less than this share of the minutes is known does not count."""

_Asked = tuple[str, Aligner, Reducer]
_BUSIEST: _Asked = (USED, "ALIGN_PERCENTILE_99", "REDUCE_MAX")
_MEAN: _Asked = (USED, "ALIGN_DELTA", "REDUCE_MEAN")
_THERE: _Asked = (INSTANCES, "ALIGN_MAX", "REDUCE_SUM")
_CAME: _Asked = (COUNTED, "ALIGN_DELTA", "REDUCE_SUM")
"""A mean of a distribution is one of all that was sampled: Google adds the samples of a period up first."""


class Cpu(Facts):
    """How much CPU the instances of a revision use in the newest minutes, in shares of what one may use (0..1).

    `busiest` is the busiest instance of each minute, `mean` what all use on average, `instances` how many there are.
    From `nearly` on hardly anything is left. Of fewer than five minutes every question raises `LookupError`: unknown.
    """

    of: str
    nearly: float
    busiest: tuple[float, ...]
    mean: tuple[float, ...]
    instances: float | None

    def hot(self) -> bool:
        """Whether in each minute some instance used nearly all that it may."""
        return min(self._known(self.busiest)) >= self.nearly

    def below(self, share: float) -> bool:
        """Whether no instance used so much in any minute."""
        return max(self._known(self.busiest)) < share

    def others(self) -> float:
        """What all instances but the busiest use on average. Raises `LookupError` where it is the only one."""
        many = self.instances
        if many is None or many < 2:  # noqa: PLR2004 # with one alone there are no others
            raise LookupError(f"{self.of} has one instance, or nobody knows how many, so there are no others")
        return (many * fmean(self._known(self.mean)) - fmean(self._known(self.busiest))) / (many - 1)

    def _known(self, values: tuple[float, ...]) -> tuple[float, ...]:
        if len(values) < NOW:
            raise LookupError(f"the CPU of {self.of} is known of only {len(values)} of the newest {NOW} minutes")
        return values

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {CHART: (round(100 * fmean(self.busiest), 1), "%")} if len(self.busiest) >= NOW else {}

    def __str__(self) -> str:
        if len(self.busiest) < NOW or len(self.mean) < NOW:
            return f"{self.of}: nobody knows how much CPU is used"
        busiest, mean = fmean(self.busiest), fmean(self.mean)
        many = "?" if self.instances is None else f"{self.instances:g}"
        return f"{self.of}: the busiest of {many} instances uses {busiest:.0%} of its CPU, all {mean:.0%} on average"


class Work(Facts):
    """How many seconds of an instance's CPU a request takes, now and before. Nothing where nobody knows."""

    service: str
    now: float | None
    before: float | None

    def times_as_much(self) -> float:
        """How many times as much as before. Raises `LookupError` where either is not known."""
        if self.now is None or not self.before:
            raise LookupError(f"nobody knows how much CPU a request to {self.service} takes, now and before")
        return self.now / self.before

    def __str__(self) -> str:
        now, before = ("?" if one is None else f"{1000 * one:.0f} ms" for one in (self.now, self.before))
        return f"a request to {self.service} takes {now} of an instance's CPU, {before} before"


@look("google:run.services.get", *read_series.permissions, bound=f"one service and three series, {read_series.bound}")
def read_cpu(google: Google, service: str, *, nearly: float) -> Cpu:
    """The CPU of the revision that answers most requests. Raises `Permanent` when it may not be seen."""
    revision = answering(google, service)
    window = (NOW + 1) * MINUTE  # one that was not sampled does not blind
    busiest, mean, there = (
        _read(google, service, metric, within, across, window=window, revision=revision)
        for metric, within, across in (_BUSIEST, _MEAN, _THERE)
    )
    return Cpu(
        of=revision,
        nearly=nearly,
        busiest=busiest.values[-NOW:],
        mean=mean.values[-NOW:],
        instances=max(there.values, default=None),
    )


@look(*read_series.permissions, bound=f"three series; {read_series.bound} each")
def read_work(google: Google, service: str) -> Work:
    """What a request takes, of whichever revision answered it: all that instances use, by the requests of a minute.

    What instances do beside requests counts as well. Before is until half an hour ago.
    """
    mean, there, came = (
        _read(google, service, metric, within, across, window=LATELY + USUAL)
        for metric, within, across in (_MEAN, _THERE, _CAME)
    )
    instances, requests = (dict(zip(one.at, one.values, strict=True)) for one in (there, came))
    by_minute = {
        at: used * instances[at] * MINUTE.total_seconds() / requests[at]
        for at, used in zip(mean.at, mean.values, strict=True)
        if at in instances and requests.get(at, 0.0) >= LEAST
    }
    begin, fresh = mean.asked_at - LATELY, mean.asked_at - SETTLES - (NOW + 1) * MINUTE
    lately = [value for at, value in by_minute.items() if at >= fresh][-NOW:]
    before = [value for at, value in by_minute.items() if at < begin]
    return Work(
        service=service,
        now=median(lately) if len(lately) == NOW else None,
        before=median(before) if len(before) >= LEAST_USUAL else None,
    )


@look(*read_made.permissions, *read_series.permissions, bound=f"one revision, and one series, {read_series.bound}")
def read_cpu_around(google: Google, service: str, *, period: timedelta) -> Around:
    """How busy the busiest instance was before and after the revision was made that answers most requests now.

    Of each period it is the middle minute: what starts is busy for a moment.
    """
    release = read_made(google, service)
    window = min(clock.now() - release.at + BEFORE, DAY)
    metric, within, across = _BUSIEST
    used = _read(google, service, metric, within, across, window=window, counted_from=release.at)
    periods: dict[datetime, list[float]] = {}
    for at, value in zip(used.at, used.values, strict=True):
        periods.setdefault(release.at + (at - release.at) // period * period, []).append(value)
    over, enough = used.asked_at - SETTLES - period, HALF * (period // MINUTE)
    whole = {at: median(values) for at, values in periods.items() if at <= over and len(values) >= enough}
    return around(release, Rates(at=tuple(whole), values=tuple(whole.values())), period)


def _read(
    google: Google,
    service: str,
    metric: str,
    within: Aligner,
    across: Reducer,
    *,
    window: timedelta,
    revision: str = "",
    counted_from: datetime = BY_THE_CLOCK,
) -> Series:
    labels = [(("resource", "labels", "service_name"), service)]
    labels += [(("resource", "labels", "revision_name"), revision)] if revision else []
    wanted = Metric(
        name=metric.rpartition("/")[2],
        metric=metric,
        resource=RESOURCE,
        labels=tuple(labels),
        within=within,
        across=across,
    )
    return read_series(google, wanted, window=window, period=MINUTE, counted_from=counted_from)
