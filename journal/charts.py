"""Charts as SVG, to be put into a page: by matplotlib, in the page's own colours, and the same bytes every time.

Imported late by those that draw, and early by the worker's zygote, because importing matplotlib takes most of a second;
a chart takes 45 ms, or 90 with two panels. This is the only module that touches matplotlib, so its settings are made
once for the process.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final

from matplotlib import rcParams
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from journal.timeline_charts import Chart, Mark
from journal.timeline_events import Tone
from journal.wording import amount

rcParams.update(
    {
        "svg.hashsalt": "codeblue",  # ids are made from it and not from chance
        "svg.fonttype": "none",  # text stays text, in the page's font
        "font.family": "DejaVu Sans",  # measured with the font that matplotlib brings along
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)

_COLOURS: Final = {
    "#010101": "var(--ink)",
    "#020202": "var(--soft)",
    "#030303": "var(--line)",
    "#040404": "var(--good)",
    "#050505": "var(--bad)",
    "#060606": "var(--unknown)",
    "#070707": "var(--person)",
    "#080808": "var(--act)",
}
"""Stand-ins that matplotlib draws with, and the page's colours that take their place: light, dark and print alike."""
_INK, _SOFT, _RULE, _GOOD, _BAD, _UNKNOWN, _PERSON, _ACT = _COLOURS
_TONES: Final = {
    Tone.GOOD: _GOOD,
    Tone.BAD: _BAD,
    Tone.UNKNOWN: _UNKNOWN,
    Tone.PERSON: _PERSON,
    Tone.ACT: _ACT,
    Tone.PLAIN: _SOFT,
}
_LINES: Final = ((_INK, "-"), (_PERSON, "--"), (_UNKNOWN, ":"), (_ACT, "-."))
"""Told apart by dashes too: not everybody sees colours, and paper has none."""
_WIDTH, _HEIGHT = 8.4, 2.3  # inches of 72 points
_ROOM: Final = 0.13
"""Of the whole width: the room that the label of a mark needs, per ten letters."""
_STEPS: Final = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds between ticks of the time axis."""
_TICKS: Final = 6
"""At most: in each panel, or, of those that show seconds and take more room, along the whole width."""


def as_svg(chart: Chart) -> str:
    """One chart as an `<svg>` element: a line for each figure, and a mark for alert, changes and validations.

    Where the wait for a person would squeeze the change into a corner, a second panel shows what followed it alone.
    """
    whole, near = chart.reach, chart.near
    widths = (2, 3) if near else (1,)
    figure, panels = _figure(_HEIGHT, widths)
    for axes, part, width in zip(panels, (whole, near) if near else (whole,), widths, strict=True):
        _panel(axes, chart, part, width / sum(widths))
    values = [point.value for line in chart.lines for point in line.points]
    top, low = max(values), min(0.0, *values)
    title = chart.lines[0].name if len(chart.lines) == 1 else ""
    for axes in panels:
        axes.set_ylim(low, top + 0.08 * (top - low or 1.0))
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2.5, 5, 10]))
        axes.yaxis.set_major_formatter(_format(lambda value: amount(value, "%" if chart.unit == "%" else "")))
    panels[0].set_ylabel(", ".join(filter(None, (title, "" if chart.unit == "%" else chart.unit))), color=_SOFT)
    if near:
        panels[1].tick_params(labelleft=False)
    if len(chart.lines) > 1:
        panels[-1].legend(
            frameon=False, labelcolor=_INK, loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=2.4
        )
    return _svg(figure, f"{chart.asks} {chart.words}.")


def _panel(axes: Any, chart: Chart, part: tuple[datetime, datetime], share: float) -> None:
    """The part of a chart between two times, which has this share (0..1) of the width."""
    begin, end = part
    reach = (end - begin).total_seconds() or 1.0
    for line, (colour, dashes) in zip(chart.lines, _LINES * len(chart.lines), strict=False):
        seconds = [(point.at - begin).total_seconds() for point in line.points]
        values = [point.value for point in line.points]
        axes.plot(seconds, values, dashes, color=colour, marker="o", markersize=4, label=line.name, lw=1.6)
    axes.set_xlim(-0.02 * reach, 1.04 * reach)
    step = next((step for step in _STEPS if reach / step <= _TICKS * (share if step < 60 else 1)), _STEPS[-1])  # noqa: PLR2004 # seconds are long to write
    axes.xaxis.set_major_locator(FixedLocator(_ticks(begin, reach, step)))
    axes.xaxis.set_major_formatter(_format(lambda value: _clock(begin, value, step)))
    _marks(axes, [mark for mark in chart.marks if begin <= mark.at <= end], begin, reach, share)


def bars(title: str, rows: Sequence[tuple[str, float]], unit: str) -> str:
    """Named amounts as bars, the first on top, each with its value."""
    figure, (axes,) = _figure(0.12 + 0.27 * len(rows), (1,))
    names, values = [name for name, _ in rows], [value for _, value in rows]
    places = list(range(len(rows)))
    axes.barh(places, values, height=0.62, color=_ACT)
    axes.set_yticks(places, names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, (max(values) or 1.0) * 1.16)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    for place, value in zip(places, values, strict=True):
        axes.text(value + max(values) * 0.012, place, amount(value, unit), va="center", color=_INK)
    said = "; ".join(f"{name}: {amount(value, unit)}" for name, value in rows)
    return _svg(figure, f"{title}. {said}.")


def _figure(height: float, widths: tuple[int, ...]) -> tuple[Figure, list[Any]]:
    """An empty figure with panels of these widths, which share what they measure."""
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    FigureCanvasSVG(figure)
    panels: Any = figure.subplots(1, len(widths), squeeze=False, width_ratios=widths)
    figure.patch.set_alpha(0)
    for axes in panels[0]:
        axes.patch.set_alpha(0)
        axes.tick_params(colors=_SOFT, labelcolor=_SOFT, length=3)
        for spine in axes.spines.values():
            spine.set_color(_RULE)
    return figure, list(panels[0])


def _marks(axes: Any, marks: Iterable[Mark], zero: datetime, reach: float, share: float) -> None:
    """A line through the panel for each mark, its name above, on a higher row where it would cover another."""
    ends: list[float] = []
    for mark in sorted(marks, key=lambda one: (one.at, one.entry)):
        at = (mark.at - zero).total_seconds()
        colour = _TONES[mark.tone]
        axes.axvline(at, color=colour, lw=1.2, alpha=0.75)
        left = at / reach
        right = left + _ROOM / share * (len(mark.name) + 1) / 10
        to_left = right > 1
        begin, end = (left - (right - left), left) if to_left else (left, right)
        row = next((row for row, taken in enumerate(ends) if begin >= taken), len(ends))
        ends[row : row + 1] = [end]
        axes.annotate(
            mark.name,
            (at, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-2 if to_left else 2, 3 + 11 * row),
            textcoords="offset points",
            ha="right" if to_left else "left",
            color=colour,
        )


def _format(say: Callable[[float], str]) -> FuncFormatter:
    def shown(value: float, _place: int | None = None) -> str:
        return say(value)

    return FuncFormatter(shown)


def _ticks(zero: datetime, reach: float, step: float) -> list[float]:
    """Round times of day, as seconds after `zero`."""
    midnight = zero.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = (zero - midnight).total_seconds()
    first = -(-since // step) * step - since
    return [first + number * step for number in range(int((reach - first) // step) + 1)]


def _clock(zero: datetime, seconds: float, step: float) -> str:
    at = zero.astimezone(UTC) + timedelta(seconds=seconds, milliseconds=1)  # a tick may fall short by a hair
    if step >= 86400:  # noqa: PLR2004 # a day
        return f"{at:%d %b}"
    if step >= 60:  # noqa: PLR2004 # a minute
        return f"{at:%H:%M}"
    return f"{at:%H:%M:%S}" if step >= 1 else f"{at:%H:%M:%S}.{at.microsecond // 100_000}"


_PROLOGUE: Final = re.compile(r"^.*?(?=<svg)|<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL)
_HEAD: Final = re.compile(r"<svg[^>]*viewBox=\"([^\"]+)\"[^>]*>")
_FONT: Final = re.compile(r"font: ([\d.]+)px [^;\"]*")
_NUMBERED: Final = re.compile(r' id="[A-Za-z0-9.]+_\d+"')
"""Ids that nothing refers to, and that two charts on one page would share."""
_SPACE: Final = re.compile(r"\s*\n\s*")


def _svg(figure: Figure, words: str) -> str:
    """The element alone, without addresses: a browser needs no namespace for SVG within HTML."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = _PROLOGUE.sub("", out.getvalue())
    head = f'<svg class="chart" viewBox="\\1" role="img" aria-label="{escape(words)}">'.replace("\\1", r"\g<1>")
    text = _HEAD.sub(lambda found: head.replace(r"\g<1>", found[1]), text, count=1)
    text = _NUMBERED.sub("", text.replace("xlink:href", "href"))
    for stand_in, colour in _COLOURS.items():
        text = text.replace(stand_in, colour)
    return _SPACE.sub("\n", _FONT.sub(r"font-size: \1px", text)).strip()
