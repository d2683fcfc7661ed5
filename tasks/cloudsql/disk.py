"""Looks at how full the disk of a Cloud SQL instance is, and where that is going: by the minute, and over a week.

What was used is held against the size of today, so that a disk that was enlarged meanwhile has no step in its course.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from blocks.google import Google
from runbook import Facts, look
from runbook.series import measured
from runbook.trends import DAY, Trend, roughly, trend
from tasks.gcplogs.read import Entries
from tasks.gcpmonitoring.read import Aligner, Metric, Series, read_series

T = TypeVar("T")

RESOURCE = "cloudsql_database"
USED, SIZE = (f"cloudsql.googleapis.com/database/disk/{name}" for name in ("bytes_used", "quota"))
NO_SPACE = "no_space"
"""The kind of entries that say that a write was refused."""
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

LATELY = timedelta(hours=1)
"""What the pace of now is told from; it is drawn out for no longer than `AT_ONCE`."""
AT_ONCE = timedelta(hours=4)

KNOWN = timedelta(days=3)
"""Of less, nobody knows how much is usual in a day."""

NEAR = timedelta(hours=2)
"""A value that is further from the moment that is asked about says nothing of it."""

MUCH, LITTLE = 0.1, 0.02
"""Shares of the disk: a day that brought more is sudden where it brought three times as much as others did, and one
that brought less than the smaller one is like any other (both devised)."""
TIMES, AS_MUCH = 3.0, 2.0
"""How many times as much as on other days is sudden, and up to how many times is as ever (devised)."""


class Bounds(Facts):
    """From when on a disk is short: `nearly` full (a share of it), or full `soon` at the pace it has."""

    nearly: float
    soon: timedelta


class Disk(Facts):
    """How much of a disk is used, both in bytes, and where that is going: by the pace of an `hour`, and of a `week`.

    `day` is how much more is used than a day ago, `days` what each of the days before brought on average. Nothing
    where too little was seen: every question about that raises `LookupError`, which is unknown.
    """

    of: str
    bounds: Bounds
    used: float | None = None
    size: float | None = None
    hour: Trend | None = None
    week: Trend | None = None
    day: float | None = None
    days: float | None = None

    @property
    def share(self) -> float:
        """Which share of it is used (0..1)."""
        return self._seen(self.used) / self._whole

    def nearly_full(self) -> bool:
        return self.share >= self.bounds.nearly

    def fills(self) -> bool:
        """Whether it will be full soon, at either pace, from what is used now: what went since is room again."""
        used = self._seen(self.used)
        if self.hour is None and self.week is None:
            raise LookupError(f"too little is known of where the disk of {self.of} is going")
        paces = ((self.hour, min(AT_ONCE, self.bounds.soon)), (self.week, self.bounds.soon))
        from_now = [(pace.model_copy(update={"now": used}), soon) for pace, soon in paces if pace is not None]
        return any(pace.reaches(self._whole, soon) for pace, soon in from_now)

    def is_short(self) -> bool:
        """Whether it is nearly full, or will be full soon."""
        return self.nearly_full() or self.fills()

    def is_steady(self) -> bool:
        """Whether the last day brought no more than the days before did, and took away next to nothing."""
        day, days = self._seen(self.day), max(self._seen(self.days), 0.0)
        return -LITTLE <= day / self._whole < MUCH and day <= max(AS_MUCH * days, LITTLE * self._whole)

    def is_sudden(self) -> bool:
        """Whether the last day brought much, and far more than the days before did."""
        day, days = self._seen(self.day), max(self._seen(self.days), 0.0)
        return day >= MUCH * self._whole and day > TIMES * days

    def enlarged(self, times: float) -> Disk:
        """As it would be if it were so many times as large."""
        return self.model_copy(update={"size": self._whole * times})

    @property
    def _whole(self) -> float:
        size = self._seen(self.size)
        if size <= 0:
            raise LookupError(f"Cloud Monitoring says that the disk of {self.of} has no size")
        return size

    def _seen(self, value: T | None) -> T:
        if value is None:
            raise LookupError(f"too little is known of the disk of {self.of}")
        return value

    def figures(self) -> Mapping[str, tuple[float, str]]:
        found: dict[str, tuple[float, str]] = {}
        with suppress(LookupError):
            found = {"disk used": (round(100 * self.share, 1), "%")}
        return found

    def __str__(self) -> str:
        if self.used is None or not self.size:
            return f"{self.of}: how full the disk is, is unknown"
        said = f"{self.of}: {self.share:.0%} of {measured(self.size, 'bytes')} used"
        if self.day is not None:
            said += f", {100 * self.day / self.size:+.3g} points in a day"
        for pace in (self.hour, self.week):
            with suppress(LookupError):
                if pace is not None and self.share < 1:
                    return f"{said}, full in about {roughly(pace.until(self.size))}"
        return said


class Shortage(Facts):
    """A disk, and the writes that were refused for want of space, as its server logs them."""

    disk: Disk
    refused: Entries

    def is_there(self) -> bool:
        """Whether the disk is short, or a write was refused. What the log says counts where nobody measures."""
        return bool(self.refused.of(NO_SPACE)) or self.disk.is_short() or not self.refused.none(NO_SPACE)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return self.disk.figures()

    def __str__(self) -> str:
        return f"{self.disk}; {self.refused.of(NO_SPACE)} writes were refused for want of space"


@look(*read_series.permissions, bound=f"three series, {read_series.bound}")
def read_disk(google: Google, instance: str, *, window: timedelta, bounds: Bounds) -> Disk:
    """How full the disk is now, and its course over `window`. Raises `Permanent` when it may not be seen."""
    used = _read(google, instance, "disk used", USED, "ALIGN_MAX", LATELY, MINUTE)
    size = _read(google, instance, "size of the disk", SIZE, "ALIGN_MAX", LATELY, MINUTE)
    hours = _read(google, instance, "disk used", USED, "ALIGN_MEAN", window, HOUR)
    return course(instance, used, size, hours, bounds)


def course(of: str, used: Series, size: Series, hours: Series, bounds: Bounds) -> Disk:
    """What three series tell: the bytes used and the size by minutes, and the bytes used by hours."""
    now = _or_none(used.latest)
    then = None if now is None else _or_none(lambda: _a_day_ago(hours))
    return Disk(
        of=of,
        bounds=bounds,
        used=now,
        size=_or_none(size.latest),
        hour=_or_none(lambda: trend(used, unit="bytes")),
        week=_or_none(lambda: trend(hours, unit="bytes")),
        day=None if now is None or then is None else now - then[0],
        days=None if then is None else then[1],
    )


def _a_day_ago(hours: Series) -> tuple[float, float]:
    """What was used a day ago, and what each day before that brought. Raises `LookupError` of too few days."""
    begin = hours.asked_at - DAY
    seen = [(abs(at + HOUR / 2 - begin), at, value) for at, value in zip(hours.at, hours.values, strict=True)]
    off, at, value = min(seen, default=(DAY, begin, 0.0))
    if off > NEAR or at - hours.at[0] < KNOWN - DAY:
        raise LookupError("what was used a day ago, and in the days before, is not known")
    return value, (value - hours.values[0]) / ((at - hours.at[0]) / DAY)


def _or_none(found: Callable[[], T]) -> T | None:
    with suppress(LookupError):
        return found()
    return None


def _read(  # noqa: PLR0917 # what a series is
    google: Google, instance: str, name: str, metric: str, within: Aligner, window: timedelta, period: timedelta
) -> Series:
    wanted = Metric(
        name=name,
        metric=metric,
        resource=RESOURCE,
        labels=((("resource", "labels", "database_id"), f"{google.project}:{instance}"),),
        within=within,
        across="REDUCE_MAX",
        unit="bytes",
    )
    return read_series(google, wanted, window=window, period=period)
