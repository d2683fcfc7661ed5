"""Looks at the metrics that a service tells of itself: what was counted between two pages of one process.

A page holds counts since its process began, so a single one has no rate. Behind an address there may be many processes,
and the next page may be another one's: then nothing is known. Which process a page is of says the moment at which that
began; as this may be a whole second, no count may have fallen either. It is one process that is told of, never the
whole fleet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from pydantic import Field

from journal import clock
from journal.wording import brief, moment
from runbook import Facts, Permanent, Temporary, look
from runbook.shares import LEAST, share
from tasks.prometheus.page import SIZE, Labels, Samples, Scrape, as_counted, scrape

STARTED = "process_start_time_seconds"
TRIES = 4
"""Times that a second page is asked for: of few processes, the same one answers soon."""

APART = timedelta(seconds=5)
PARTS, LONG = 10, 80
"""Parts of a count that are named, and letters of a name."""

PLENTY = 20
"""Of fewer there is no percentile: the slowest of ten is all that the 95th of them is."""


@dataclass(frozen=True, kw_only=True)
class Counter:
    """What is counted: samples of a counter whose labels match. A label's pattern matches all of its value.

    `by` is a label by whose values it is told apart as well; `among` is the name of a counter that it is a share of, as
    charts show it. `name` is ours.
    """

    name: str
    metric: str
    where: tuple[tuple[str, str], ...] = ()
    by: str = ""
    among: str = ""


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """What is measured, in buckets: samples of a histogram whose labels match, together."""

    name: str
    metric: str
    where: tuple[tuple[str, str], ...] = ()


class Spread(Facts):
    """How values were spread between two pages: for each bound of a bucket (the last is none), how many were below."""

    bounds: tuple[float, ...]
    below: tuple[float, ...]

    @property
    def count(self) -> float:
        return self.below[-1]

    def quantile(self, of: float) -> float:
        """The value that so many (0..1) are below, within a bucket as if evenly spread.

        Raises `LookupError` where there were too few, or it lies beyond the last bound.
        """
        if self.count < PLENTY:
            raise LookupError(f"there were only {self.count:g}, too few to tell")
        rank = of * self.count
        low, under = 0.0, 0.0
        for bound, below in zip(self.bounds, self.below, strict=False):
            if below >= rank:
                return low + (bound - low) * (rank - under) / (below - under) if below > under else bound
            low, under = bound, below
        raise LookupError(f"it is more than {low:g}, and nobody knows how much more")

    def exceeds(self, of: float, limit: float) -> bool:
        """Whether that value is more than a limit; beyond the last bound it is, of a limit that is none."""
        try:
            return self.quantile(of) > limit
        except LookupError:
            if self.count >= PLENTY and self.bounds and limit <= self.bounds[-1]:
                return True
            raise


class Part(Facts):
    """How much a count rose of what a label tells apart. Its name is no key: one such as `phone` would be redacted."""

    of: str
    rise: float


class Rates(Facts):
    """What one process counted in `over`. `parts` are the largest parts of what is told apart by a label."""

    host: str
    started: datetime
    over: timedelta
    rose: dict[str, float]
    parts: dict[str, tuple[Part, ...]] = Field(default_factory=dict[str, tuple[Part, ...]])
    spread: dict[str, Spread] = Field(default_factory=dict[str, Spread])
    among: dict[str, str] = Field(default_factory=dict[str, str])

    def of(self, name: str) -> float:
        """How much a count rose. Raises `LookupError` where the process does not tell it."""
        if name not in self.rose:
            raise LookupError(f"{self.host} tells no count of {name.replace('_', ' ')}")
        return self.rose[name]

    def a_second(self, name: str) -> float:
        return self.of(name) / self.over.total_seconds()

    def share(self, name: str, *, among: str, least: float = LEAST) -> float:
        """A count as a share (0..1) of another; of fewer than `least` there is none: `LookupError`."""
        return share(self.of(name), self.of(among), among.replace("_", " "), least=least)

    def largest(self, name: str) -> tuple[str, float]:
        """The part that a count rose most in, and by how much. Raises `LookupError` where it rose in none."""
        parts = [one for one in self.parts.get(name, ()) if one.rise]
        if not parts:
            raise LookupError(f"{self.host} tells no part of {name.replace('_', ' ')}")
        most = max(parts, key=lambda one: one.rise)
        return most.of, most.rise

    def quantile(self, name: str, of: float) -> float:
        return self._spread(name).quantile(of)

    def exceeds(self, name: str, of: float, limit: float) -> bool:
        return self._spread(name).exceeds(of, limit)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        enough = {name: all_ for name, all_ in self.among.items() if self.rose[all_] >= LEAST}
        return {name: (round(100 * self.share(name, among=all_), 1), "%") for name, all_ in enough.items()}

    def _spread(self, name: str) -> Spread:
        if name not in self.spread:
            raise LookupError(f"{self.host} tells no spread of {name.replace('_', ' ')}")
        return self.spread[name]

    def __str__(self) -> str:
        told = ", ".join(f"{name.replace('_', ' ')} {rise:g}" for name, rise in self.rose.items()) or "nothing"
        return (
            f"one process of {self.host}, of {moment(self.started)}, counted in {self.over.total_seconds():g} s: {told}"
        )


@look("http:GET", bound=f"{1 + TRIES} pages, {SIZE // 1024} KiB each; all but what is named is dropped")
def read_rates(
    url: str,
    counters: tuple[Counter, ...],
    histograms: tuple[Histogram, ...] = (),
    *,
    apart: timedelta = APART,
    started: str = STARTED,
    headers: Mapping[str, str] | None = None,
) -> Rates:
    """Ask for two pages of one process, so far `apart`. `headers` may hold the key for looking.

    Raises `Temporary` when the service does not answer, or another process answers the second time, and `Permanent`
    when a page has another form than metrics have, or a metric is not what is asked for.
    """
    before = scrape(url, started=started, headers=headers)
    clock.sleep(apart.total_seconds())
    for _ in range(TRIES):
        after = scrape(url, started=started, headers=headers)
        if _is_same(before, after):
            break
    else:
        raise Temporary(
            f"Another process of {before.host} answered the second time than the first, so there are no rates;"
            " they are unknown."
        )
    rose = {one.name: sum(risen.values()) for one in counters if (risen := _risen(one, before, after)) is not None}
    return Rates(
        host=before.host,
        started=datetime.fromtimestamp(after.started, UTC),
        over=timedelta(seconds=after.at - before.at),
        rose=rose,
        among={one.name: one.among for one in counters if one.name in rose and one.among in rose},
        parts={one.name: parts for one in counters if one.by and (parts := _parts(one, before, after))},
        spread={one.name: found for one in histograms if (found := _spread(one, before, after)) is not None},
    )


def _is_same(before: Scrape, after: Scrape) -> bool:
    return before.started == after.started and not any(
        after.counts.get(name, {}).get(labels, -1.0) < value
        for name, samples in before.counts.items()
        for labels, value in samples.items()
    )


def _risen(wanted: Counter, before: Scrape, after: Scrape) -> dict[Labels, float] | None:
    """By how much each sample rose; nothing where there is no such metric. What is new rose from nothing."""
    metric = as_counted(wanted.metric)
    if not _is(after, metric, "counter"):
        return None
    _have(after, metric, [label for label, _ in wanted.where] + [wanted.by] * bool(wanted.by))
    return _rises(before.counts.get(metric, {}), after.counts.get(metric, {}), wanted.where)


def _parts(wanted: Counter, before: Scrape, after: Scrape) -> tuple[Part, ...]:
    parts: dict[str, float] = {}
    for labels, rise in (_risen(wanted, before, after) or {}).items():
        part = brief(_of_all(dict(labels).get(wanted.by, "")), LONG) or "unnamed"
        parts[part] = parts.get(part, 0.0) + rise
    largest = sorted(parts.items(), key=lambda one: -one[1])[:PARTS]
    return tuple(Part(of=part, rise=rise) for part, rise in largest)


def _spread(wanted: Histogram, before: Scrape, after: Scrape) -> Spread | None:
    if not _is(after, wanted.metric, "histogram"):
        return None
    name, below = f"{wanted.metric}_bucket", dict[float, float]()
    _have(after, name, [label for label, _ in wanted.where])
    for labels, rise in _rises(before.counts.get(name, {}), after.counts.get(name, {}), wanted.where).items():
        bound = _bound(dict(labels).get("le", ""), after.host, wanted.metric)
        below[bound] = below.get(bound, 0.0) + rise
    told = sorted(below.items())
    if not told or told[-1][0] != float("inf") or any(one > other for (_, one), (_, other) in pairwise(told)):
        raise Permanent(f"The buckets of {wanted.metric} of {after.host} do not fit one another; they cannot be read.")
    return Spread(bounds=tuple(bound for bound, _ in told[:-1]), below=tuple(count for _, count in told))


def _is(found: Scrape, metric: str, kind: str) -> bool:
    """Whether there is such a metric. Raises `Permanent` where it is of another kind than is asked for."""
    said = found.kinds.get(metric)
    if said not in {None, kind}:
        raise Permanent(f"{metric} of {found.host} is said to be a {brief(said or '', LONG)}, not a {kind}.")
    return said is not None


def _have(found: Scrape, metric: str, labels: Iterable[str]) -> None:
    """Raises `Permanent` where no sample has such a label: that none matches is no zero then, but a wrong name."""
    samples = found.counts.get(metric, {})
    known = {label for one in samples for label, _ in one}
    if samples and (missing := next((label for label in labels if label not in known), None)) is not None:
        raise Permanent(f"{metric} of {found.host} has no label {missing}; correct what is asked for.")


def _rises(before: Samples, after: Samples, where: tuple[tuple[str, str], ...]) -> dict[Labels, float]:
    return {
        labels: value - before.get(labels, 0.0)
        for labels, value in after.items()
        if all(re.fullmatch(pattern, dict(labels).get(label, "")) for label, pattern in where)
    }


def _bound(said: str, host: str, metric: str) -> float:
    try:
        return float(said)
    except ValueError:
        raise Permanent(f"A bucket of {metric} of {host} has no bound; it cannot be read.") from None


def _of_all(name: str) -> str:
    """The name of a part without what may be of one person: a piece of a path that is no word stands for all such."""
    return "/".join(":id" if _ONE.search(piece) else piece for piece in name.split("?", maxsplit=1)[0].split("/"))


_ONE = re.compile(r"\d|[^\w:{}*.-]|.{33}")
