"""Looks at Cloud Monitoring: one series, worked out by Google from all that it has measured of one thing.

Silence is not health: a series without values, one whose newest value is old, and one of which Google says that parts
are missing are all unknown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from blocks.google import Google
from blocks.google_answers import saying
from journal import clock
from journal.wording import span
from runbook import Facts, Permanent, Temporary, look
from runbook.series import measured
from tasks.gcplogs.wanted import path, quoted

SETTLES = timedelta(minutes=3)
"""For so long a period that is over may gain values: instances are sampled by the minute, and shown minutes later."""

PAGES, AT_MOST = 5, 1440
"""Pages and values in one look."""

BY_THE_CLOCK = datetime.fromtimestamp(0, UTC)
"""At which a period begins where nobody says another moment: of five minutes one begins at each full hour."""

Aligner = Literal[
    "ALIGN_DELTA",
    "ALIGN_RATE",
    "ALIGN_MIN",
    "ALIGN_MAX",
    "ALIGN_MEAN",
    "ALIGN_SUM",
    "ALIGN_PERCENTILE_95",
    "ALIGN_PERCENTILE_99",
]
Reducer = Literal[
    "REDUCE_MEAN", "REDUCE_MIN", "REDUCE_MAX", "REDUCE_SUM", "REDUCE_PERCENTILE_95", "REDUCE_PERCENTILE_99"
]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What is measured. `within` makes one value of a period, `across` one series of several: both of Google's words.

    A label is the way to it: `("resource", "labels", "service_name")`. `unit` is for people; `chart` is what its newest
    value is called in charts, where it decides something.
    """

    name: str
    metric: str
    resource: str
    labels: tuple[tuple[tuple[str, ...], str], ...] = ()
    within: Aligner
    across: Reducer
    unit: str = ""
    chart: str = ""

    @property
    def filter(self) -> str:
        """In the language of Cloud Monitoring, with every value quoted."""
        named = ((("metric", "type"), self.metric), (("resource", "type"), self.resource), *self.labels)
        return " AND ".join(f"{path(*way)} = {quoted(value)}" for way, value in named)


class Series(Facts):
    """The values of one series, oldest first, each stamped (UTC) with the beginning of its period.

    Every question raises `LookupError`, which is unknown, where there are no values; `latest` also where they are old.
    """

    name: str
    values: tuple[float, ...]
    at: tuple[datetime, ...]
    asked_at: datetime
    period: timedelta
    unit: str = ""
    chart: str = ""

    def latest(self) -> float:
        values = self._known()
        age = self.asked_at - self.at[-1] - self.period
        if age > SETTLES + 2 * self.period:
            raise LookupError(f"the newest value of {self.name} is {span(age)} old")
        return values[-1]

    def highest(self) -> float:
        return max(self._known())

    def total(self) -> float:
        return sum(self._known())

    def mean(self) -> float:
        values = self._known()
        return sum(values) / len(values)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        found: dict[str, tuple[float, str]] = {}
        with suppress(LookupError):
            found = {self.chart: (self.latest(), self.unit)} if self.chart else {}
        return found

    def _known(self) -> tuple[float, ...]:
        if not self.values:
            raise LookupError(f"Cloud Monitoring has no values of {self.name}")
        return self.values

    def __str__(self) -> str:
        said = self.name.replace("_", " ")
        return f"{said} {measured(self.values[-1], self.unit)}" if self.values else f"no values of {said}"


@look("google:monitoring.timeSeries.list", bound=f"one series, {AT_MOST} values in {PAGES} pages")
def read_series(
    google: Google, metric: Metric, *, window: timedelta, period: timedelta, counted_from: datetime = BY_THE_CLOCK
) -> Series:
    """One series by whole periods that have all of their values; of one without any, every question is unknown.

    One of the periods begins at `counted_from`, and the others before and after it.

    Raises `Temporary` when Google tells only a part of it, `Permanent` when it may not be seen or is no number.
    """
    now = clock.now()
    end = counted_from + (now - SETTLES - counted_from) // period * period
    begin = end - min(max(window, period), AT_MOST * period)
    points: dict[datetime, float] = {}
    for one in _asked(google, metric, begin, end, period):
        at, value = _point(one, metric, period)
        if at is not None and math.isfinite(value):
            points[at] = value
    known = sorted(points.items())
    return Series(
        name=metric.name,
        values=tuple(value for _, value in known),
        at=tuple(at for at, _ in known),
        asked_at=now,
        period=period,
        unit=metric.unit,
        chart=metric.chart,
    )


def _asked(google: Google, metric: Metric, begin: datetime, end: datetime, period: timedelta) -> list[dict[str, Any]]:
    """The points of the series, whole. Raises `Temporary` where a part is missing, `Permanent` for more than one."""
    asked: dict[str, Any] = {
        "name": f"projects/{google.project}",
        "filter": metric.filter,
        "interval_startTime": begin.isoformat(),
        "interval_endTime": end.isoformat(),
        "aggregation_alignmentPeriod": f"{period.total_seconds():g}s",
        "aggregation_perSeriesAligner": metric.within,
        "aggregation_crossSeriesReducer": metric.across,
        "pageSize": AT_MOST,
    }
    points: list[dict[str, Any]] = []
    with google.reading("monitoring") as monitoring:
        for _ in range(PAGES):
            page = monitoring.ask(lambda api: api.projects().timeSeries().list(**asked), f"read {metric.metric}")
            if page.get("executionErrors") or page.get("unreachable"):
                errors = page.get("executionErrors")
                why = saying(cast("list[Any]", errors)[0]) if isinstance(errors, list) and errors else ""
                raise Temporary(
                    f"Cloud Monitoring told only a part of {metric.name} ({why or 'no reason'}); it is unknown."
                )
            series = _list_of(page.get("timeSeries"), metric)
            if len(series) > 1:
                raise Permanent(f"{metric.name} is more than one series; say across what it is one.")
            points += [point for one in series for point in _list_of(one.get("points"), metric)]
            asked["pageToken"] = str(page.get("nextPageToken") or "")
            if not asked["pageToken"]:
                return points
    raise Temporary(f"Cloud Monitoring told {metric.name} in more than {PAGES} pages, so only a part; it is unknown.")


def _list_of(found: Any, metric: Metric) -> list[dict[str, Any]]:
    """A list of objects as Google tells it, where none is an empty one. Raises `Permanent` for anything else."""
    several = cast("list[Any]", found or [])
    if not isinstance(found or [], list) or not all(isinstance(one, dict) for one in several):
        raise Permanent(f"{metric.metric} is told in another form than the one that is known; look by hand.")
    return several


def _point(one: Mapping[str, Any], metric: Metric, period: timedelta) -> tuple[datetime | None, float]:
    """When the period of a point began, and its value; nothing of one that has none. Raises `Permanent` otherwise."""
    try:
        value: Mapping[str, Any] = one.get("value") or {}
        if not value:
            return None, 0.0
        number = value.get("doubleValue", value.get("int64Value", value.get("boolValue")))
        end = datetime.fromisoformat(one["interval"]["endTime"]).astimezone(UTC)
        return end - period, float(number)  # pyright: ignore[reportArgumentType] # whatever is no number is told below
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise Permanent(
            f"{metric.metric} is told as something other than numbers; choose what makes one of it."
        ) from error
