"""What happened in a period, over all incidents: how many, how fast, what helped, and whether the verdicts were right.

`report` adds up the rows of `journal.report_rows`; the command line shows the result as a table, JSON or a page.
Everything is counted, nothing is judged: a small number is shown as a small number.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from math import ceil, floor

from pydantic import BaseModel, ConfigDict

from journal.facts.words import Ending
from journal.report_rows import Row

UNKNOWN = "unknown"
"""The cause of an incident for which no cause had evidence and which nobody confirmed."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Spread(_View):
    """Some spans in seconds: how many there were, their median and their ninetieth percentile."""

    count: int
    median: float
    p90: float


class Group(_View):
    """Incidents that have something in common. A span is `None` where no incident got there."""

    name: str
    incidents: int
    open: int
    endings: dict[Ending, int]
    acknowledge: Spread | None
    mitigate: Spread | None
    resolve: Spread | None


class Fix(_View):
    """A change or task of a runbook: how often the evidence held afterwards, and how often not."""

    runbook: str
    name: str
    validated: int
    not_validated: int


class Pages(_View):
    """How often a level was paged: `told` times somebody was reached, `nobody` times nobody was."""

    level: str
    told: int
    nobody: int


class Confirmations(_View):
    """Verdicts against what people confirmed. `mistaken` counts (runbook, said, confirmed), most often first."""

    confirmed: int
    agreed: int
    mistaken: tuple[tuple[str, str, str, int], ...]


class Report(_View):
    since: datetime
    until: datetime
    system: str | None
    whole: Group
    systems: tuple[Group, ...]
    runbooks: tuple[Group, ...]
    causes: tuple[Group, ...]
    fixes: tuple[Fix, ...]
    confirmations: Confirmations
    pages: tuple[Pages, ...]


def report(rows: Sequence[Row], *, since: datetime, until: datetime, system: str | None = None) -> Report:
    """Groups are sorted by how many incidents they hold; a cause is named `runbook: cause`."""
    return Report(
        since=since,
        until=until,
        system=system,
        whole=_group("all", rows),
        systems=_groups(rows, lambda row: row.system),
        runbooks=_groups(rows, lambda row: row.runbook),
        causes=_groups(rows, lambda row: f"{row.runbook}: {row.cause or UNKNOWN}"),
        fixes=_fixes(rows),
        confirmations=_confirmations(rows),
        pages=_pages(rows),
    )


def _groups(rows: Sequence[Row], name: Callable[[Row], str]) -> tuple[Group, ...]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[name(row)].append(row)
    return tuple(_group(one, found[one]) for one, _ in _most({one: len(them) for one, them in found.items()}))


def _group(name: str, rows: Sequence[Row]) -> Group:
    endings = Counter(row.ending for row in rows if row.ending is not None)
    return Group(
        name=name,
        incidents=len(rows),
        open=sum(row.closed_at is None for row in rows),
        endings={ending: endings[ending] for ending in Ending if endings[ending]},
        acknowledge=_spread(row.acknowledged for row in rows),
        mitigate=_spread(row.mitigated for row in rows),
        resolve=_spread(row.resolved for row in rows),
    )


def _spread(spans: Iterable[float | None]) -> Spread | None:
    ordered = sorted(span for span in spans if span is not None)
    if not ordered:
        return None
    return Spread(count=len(ordered), median=_at(ordered, 0.5), p90=_at(ordered, 0.9))


def _at(ordered: Sequence[float], share: float) -> float:
    """A percentile, between the two nearest."""
    place = (len(ordered) - 1) * share
    below, above = ordered[floor(place)], ordered[ceil(place)]
    return round(below + (above - below) * (place - floor(place)), 3)


def _fixes(rows: Sequence[Row]) -> tuple[Fix, ...]:
    tried: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for row in rows:
        for name, held in row.fixes:
            tried[row.runbook, name].append(held)
    return tuple(
        Fix(runbook=runbook, name=name, validated=sum(held), not_validated=len(held) - sum(held))
        for (runbook, name), held in sorted(tried.items())
    )


def _pages(rows: Sequence[Row]) -> tuple[Pages, ...]:
    every = Counter(page for row in rows for page in row.pages)
    levels = Counter(level for row in rows for level, _ in row.pages)
    return tuple(Pages(level=level, told=every[level, True], nobody=every[level, False]) for level, _ in _most(levels))


def _confirmations(rows: Sequence[Row]) -> Confirmations:
    judged = [row for row in rows if row.confirmed is not None]
    mistaken = Counter(
        (row.runbook, row.likely or UNKNOWN, row.confirmed or "") for row in judged if row.likely != row.confirmed
    )
    return Confirmations(
        confirmed=len(judged),
        agreed=sum(row.likely == row.confirmed for row in judged),
        mistaken=tuple((*names, times) for names, times in sorted(mistaken.items(), key=lambda one: (-one[1], one[0]))),
    )


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
