"""The deciding numbers of an incident over its time: what `journal.charts` draws and Markdown says in a table.

Only journaled readings are used, and only figures that were read more than once: what was asked again is what decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from journal.chain import Entry
from journal.durations import began
from journal.facts.done import Carried, UnderWay, Validated, Worsened
from journal.facts.opened import Opened
from journal.facts.seen import Read
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Act
from journal.timeline_events import Tone
from journal.wording import amount


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Point(_View):
    """One reading: when, how much, and the number of the entry it is from."""

    at: datetime
    value: float
    entry: int


class Line(_View):
    """One figure over time, in order, with its values in words: first, last before the first change, last of all."""

    name: str
    points: tuple[Point, ...]
    first: str
    before: str
    last: str


class Mark(_View):
    """Something that happened, to be marked in every chart."""

    at: datetime
    name: str
    tone: Tone
    entry: int


class Chart(_View):
    """The figures of one probe that share a unit."""

    asks: str
    unit: str
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]

    @property
    def words(self) -> str:
        """The chart in a sentence, for those who cannot see it."""
        return "; ".join(f"{line.name}: {line.first} at first, {line.last} at last" for line in self.lines)

    @property
    def reach(self) -> tuple[datetime, datetime]:
        """From the first to the last thing that is shown."""
        times = [*(point.at for line in self.lines for point in line.points), *(mark.at for mark in self.marks)]
        return min(times), max(times)

    @property
    def near(self) -> tuple[datetime, datetime] | None:
        """What followed the first change, from the reading before it, if that is but a small part of the whole."""
        begin, end = self.reach
        change = next((mark.at for mark in self.marks if mark.name == CHANGE), None)
        if change is None:
            return None
        earlier = [point.at for line in self.lines for point in line.points if point.at <= change]
        since = max(earlier, default=change)
        return (since, end) if end - since < SMALL * (end - begin) else None


CHANGE = "change"
"""The name of the mark of a change that was applied."""

SMALL = 0.4


class _Name(NamedTuple):
    probe: str
    unit: str
    figure: str


LONGEST_BEFORE = timedelta(hours=1)
"""An alert that says it began longer ago than this is not marked: the chart would show nothing but the wait."""


def charts(entries: Sequence[Entry]) -> tuple[Chart, ...]:
    """In the order in which the probes were first asked. A figure that never moved from zero is left out."""
    points: dict[_Name, list[Point]] = {}
    asks: dict[str, str] = {}
    for entry in entries:
        if isinstance(fact := entry.fact, Read):
            asks.setdefault(fact.probe, fact.asks)
            for figure in fact.figures:
                point = Point(at=fact.at, value=figure.value, entry=entry.number)
                points.setdefault(_Name(fact.probe, figure.unit, figure.name), []).append(point)
    told = {name: found for name, found in points.items() if len(found) > 1 and any(point.value for point in found)}
    change = next((e for e in entries if isinstance(e.fact, Carried) and e.fact.act is Act.APPLY), None)
    marks = tuple(_marks(entries))
    grouped: dict[tuple[str, str], list[Line]] = {}
    for name, found in told.items():
        grouped.setdefault((name.probe, name.unit), []).append(_line(name, found, change))
    return tuple(
        Chart(asks=asks[probe], unit=unit, lines=tuple(lines), marks=marks) for (probe, unit), lines in grouped.items()
    )


def _line(name: _Name, points: list[Point], change: Entry | None) -> Line:
    ordered = sorted(points, key=lambda point: (point.at, point.entry))
    before = [point for point in ordered if change is None or (point.at <= change.at and point.entry < change.number)]
    return Line(
        name=name.figure,
        points=tuple(ordered),
        first=amount(ordered[0].value, name.unit),
        before=amount(before[-1].value, name.unit) if before else "unknown",
        last=amount(ordered[-1].value, name.unit),
    )


def _marks(entries: Sequence[Entry]) -> list[Mark]:
    opened = entries[0]
    alerted = began(opened.fact) if isinstance(opened.fact, Opened) else None
    at = alerted if alerted and timedelta(0) <= opened.at - alerted <= LONGEST_BEFORE else opened.at
    marks = [Mark(at=at, name="alert" if _by_alert(opened) else "opened", tone=Tone.BAD, entry=opened.number)]
    for entry in entries:
        match entry.fact:
            case UnderWay():
                marks.append(Mark(at=entry.at, name="under way", tone=Tone.ACT, entry=entry.number))
            case Carried(act=Act.APPLY, ok=True):
                marks.append(Mark(at=entry.at, name=CHANGE, tone=Tone.ACT, entry=entry.number))
            case Carried(act=Act.UNDO, ok=True):
                marks.append(Mark(at=entry.at, name="undo", tone=Tone.UNKNOWN, entry=entry.number))
            case Worsened():
                marks.append(Mark(at=entry.at, name="worse", tone=Tone.BAD, entry=entry.number))
            case WaitBegun():
                marks.append(Mark(at=entry.at, name="waiting", tone=Tone.PLAIN, entry=entry.number))
            case WaitOver(by=by):
                tone = Tone.GOOD if entry.fact.held or by == "recovery" else Tone.UNKNOWN
                marks.append(Mark(at=entry.at, name="wait over", tone=tone, entry=entry.number))
            case Validated(held=held):
                name, tone = ("validated", Tone.GOOD) if held else ("not validated", Tone.BAD)
                marks.append(Mark(at=entry.at, name=name, tone=tone, entry=entry.number))
            case _:
                pass
    return marks


def _by_alert(opened: Entry) -> bool:
    return isinstance(opened.fact, Opened) and opened.fact.alert is not None
