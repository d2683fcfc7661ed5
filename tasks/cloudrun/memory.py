"""Looks at the memory of a service's instances: how full the fullest is, and whether it grows by itself.

Cloud Monitoring tells shares of the limit by minutes, and no instance by its name: of a minute the fullest counts. What
grows because more requests come is told apart from what grows by itself by the requests of the same minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import TypeVar

from blocks.google import Google
from journal import clock
from runbook import Coincidence, Facts, Release, look
from runbook.onsets import LEAST, onset
from runbook.trends import Trend, roughly, trend
from tasks.cloudrun.load import LATELY, times
from tasks.cloudrun.requests import BEFORE, COUNTED, DAY, RESOURCE, read_made
from tasks.cloudrun.service import answering
from tasks.gcplogs.read import Entries
from tasks.gcpmonitoring.read import BY_THE_CLOCK, Aligner, Metric, Reducer, Series, read_series

T = TypeVar("T")

USED = "run.googleapis.com/container/memory/utilizations"
MINUTE, HOURS = timedelta(minutes=1), 24
ENDED = "memory"
"""The kind of entries that say that a process was ended."""

NEWEST = 10
"""Values that are now, where it is asked what comes and goes within minutes."""

EVEN, APART = 0.05, 0.15
"""Eight in ten values of a level lie as close together; half of those of a process that fills up are so far above its
emptiest. Shares of the limit, both devised: a garbage collector moves it by less than the one."""

TOGETHER = 0.1
"""Requests climb where they become so much more in an hour, as a share of what they are (devised)."""


class Bounds(Facts):
    """From when on memory is short: `nearly` used up, or `soon` at the pace it has, where `least` is used already.

    It grows where it gains at least `a_hour`. All but `soon` are shares of the limit (0..1).
    """

    nearly: float
    soon: timedelta
    least: float
    a_hour: float


class Memory(Facts):
    """How full the fullest instance of a revision is, and where that is going, in shares of the limit (0..1).

    `now` is the newest value, `going` the trend since the level changed last, `level` what eight in ten values since
    then lie between, `newest` the least and the middle one of the newest ten. `came` is the trend of the requests, and
    `more` how many times as many come now as before. Nothing where too little was seen: every question about that
    raises `LookupError`, which is unknown.
    """

    of: str
    bounds: Bounds
    now: float | None = None
    going: Trend | None = None
    level: tuple[float, float] | None = None
    newest: tuple[float, float] | None = None
    came: Trend | None = None
    more: float | None = None

    def nearly_full(self) -> bool:
        return self._seen(self.now) >= self.bounds.nearly

    def fills(self) -> bool:
        """Whether it will be full soon, as far as anybody can tell. What has just begun to fill may soon stop."""
        going = self._seen(self.going)
        return going.now >= self.bounds.least and going.reaches(1.0, self.bounds.soon)

    def grows(self) -> bool:
        """Whether it clearly grows, faster than what nobody need care about. What comes and goes may have no trend."""
        return not self._has_no_trend() and self._seen(self.going).low / HOURS >= self.bounds.a_hour

    def grows_alone(self) -> bool:
        """Whether it grows, and requests do not become more and more."""
        return self.grows() and not self._climb()

    def grows_along(self) -> bool:
        """Whether it grows while requests become more and more."""
        return self.grows() and self._climb()

    def is_level(self) -> bool:
        """Whether it neither grows nor comes and goes."""
        if self._has_no_trend():
            return False
        low, high = self._seen(self.level)
        return high - low < EVEN and self._seen(self.going).high / HOURS < self.bounds.a_hour

    def fills_again_and_again(self) -> bool:
        """Whether within minutes it fills up from what an instance uses at its beginning."""
        least, middle = self._seen(self.newest)
        return middle - least >= APART

    def more_requests(self) -> float:
        """How many times as many requests come now as came before."""
        return self._seen(self.more, "requests")

    def _has_no_trend(self) -> bool:
        return self.going is None and self.newest is not None and self.fills_again_and_again()

    def _climb(self) -> bool:
        came = self._seen(self.came, "requests")
        return came.low > 0 and came.low / HOURS >= TOGETHER * came.now

    def _seen(self, value: T | None, what: str = "memory") -> T:
        if value is None:
            raise LookupError(f"too little is known of the {what} of {self.of}")
        return value

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {} if self.now is None else {"memory used": (round(100 * self.now, 1), "%")}

    def __str__(self) -> str:
        if self.going is None:
            return f"{self.of}: memory used {'unknown' if self.now is None else f'{self.now:.0%}'}"
        used, going = f"{self.of}: {self.going.now:.0%} of its memory used", self.going
        if not going.moves:
            return f"{used}, neither clearly rising nor falling"
        used += f", {100 * going.a_day / HOURS:+.3g} points an hour, seen for {roughly(going.seen_for)}"
        with suppress(LookupError):
            used += f", full in about {roughly(going.until(1.0))}"
        return used


class Shortage(Facts):
    """Memory, and the processes that were ended for want of it."""

    memory: Memory
    ended: Entries

    def is_there(self) -> bool:
        """Whether memory is short, or soon will be."""
        if self.ended.of(ENDED) or self.memory.nearly_full() or self.memory.fills():
            return True
        return not self.ended.none(ENDED)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return self.memory.figures()

    def __str__(self) -> str:
        return f"{self.memory}; {self.ended.of(ENDED)} processes were ended for want of memory"


class Grown(Coincidence):
    """How memory was before the revision was made that answers now, and how it has been since."""

    release: Release
    before: Memory
    after: Memory

    def began_it(self) -> bool:
        """Whether it was level before and grows since."""
        return self.before.is_level() and _fills(self.after)

    def is_innocent(self) -> bool:
        """Whether it grew before as well, or does not grow since. What is not known makes nobody innocent."""
        try:
            if _fills(self.before):
                return True
        except LookupError:
            if _fills(self.after):
                raise
        return self.after.is_level()

    def __str__(self) -> str:
        return f"{self.release}; before: {self.before}; since: {self.after}"


def _fills(memory: Memory) -> bool:
    return memory.grows_alone() or memory.fills_again_and_again()


@look("google:run.services.get", *read_series.permissions, bound=f"one service and two series, {read_series.bound}")
def read_memory(google: Google, service: str, *, window: timedelta, bounds: Bounds) -> Memory:
    """The memory of the revision that answers most requests, by minutes. Raises `Permanent` when it may not be seen."""
    revision = answering(google, service)
    return course(revision, *_read(google, service, revision, window=window, counted_from=BY_THE_CLOCK), bounds)


@look(*read_made.permissions, *read_memory.permissions, bound=f"one revision, and {read_memory.bound}")
def read_grown(google: Google, service: str, *, bounds: Bounds) -> Grown:
    """Memory before and after the revision was made that answers now, of whichever revision answered then.

    Raises `Permanent` where Cloud Run does not say which one that is.
    """
    release = read_made(google, service)
    made = release.at
    window = min(clock.now() - made + BEFORE, DAY)
    used, came = _read(google, service, "", window=window, counted_from=made)
    before, after = (
        course(service, _cut(used, begin, end), _cut(came, begin, end), bounds)
        for begin, end in ((None, made), (made, None))
    )
    return Grown(release=release, before=before, after=after)


def course(of: str, used: Series, came: Series, bounds: Bounds) -> Memory:
    """What two series by minutes tell: the memory of `of`, and the requests that came meanwhile."""
    lately, newest = _lately(used), used.values[-NEWEST:]
    deciles = quantiles(lately, n=10) if len(lately) >= LEAST else []
    return Memory(
        of=of,
        bounds=bounds,
        now=_or_none(used.latest),
        going=_or_none(lambda: trend(used)),
        level=(deciles[0], deciles[-1]) if deciles else None,
        newest=(min(newest), median(newest)) if len(newest) >= LEAST else None,
        came=_or_none(lambda: trend(came)),
        more=_or_none(lambda: _more(of, came)),
    )


def _lately(used: Series) -> list[float]:
    """The values since the level changed last."""
    changed = _or_none(lambda: onset(used))
    began = None if changed is None else changed.at
    return [value for at, value in zip(used.at, used.values, strict=True) if began is None or at >= began]


def _more(of: str, came: Series) -> float:
    """How many times as many requests as before. Raises `LookupError` of too few, of few minutes, or old ones."""
    came.latest()
    begin = came.asked_at - LATELY
    before, now = _cut(came, None, begin).values, _cut(came, begin, None).values
    if min(len(before), len(now)) < LEAST:
        raise LookupError(f"too little is known of how many requests came to {of}")
    return times(of, median(now[-NEWEST:]), median(before))


def _or_none(found: Callable[[], T]) -> T | None:
    with suppress(LookupError):
        return found()
    return None


def _cut(one: Series, begin: datetime | None, end: datetime | None) -> Series:
    """The values from one moment on, and before another."""
    kept = [
        (at, value)
        for at, value in zip(one.at, one.values, strict=True)
        if (begin is None or at >= begin) and (end is None or at < end)
    ]
    return one.model_copy(update={"at": tuple(at for at, _ in kept), "values": tuple(value for _, value in kept)})


def _read(
    google: Google, service: str, revision: str, *, window: timedelta, counted_from: datetime
) -> tuple[Series, Series]:
    """Memory of a revision, or of whichever there are, and the requests to the service."""
    of = (("resource", "labels", "service_name"), service)
    one = ((("resource", "labels", "revision_name"), revision),) if revision else ()

    def read(
        name: str, metric: str, labels: tuple[tuple[tuple[str, ...], str], ...], within: Aligner, across: Reducer
    ) -> Series:
        wanted = Metric(name=name, metric=metric, resource=RESOURCE, labels=labels, within=within, across=across)
        return read_series(google, wanted, window=window, period=MINUTE, counted_from=counted_from)

    return (
        read("memory used", USED, (of, *one), "ALIGN_PERCENTILE_99", "REDUCE_MAX"),
        read("requests", COUNTED, (of,), "ALIGN_DELTA", "REDUCE_SUM"),
    )
