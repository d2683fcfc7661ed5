"""Prints figures as one table, and where their time goes as another. Fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from benchmarks.figures import Figure, Goal, Series

SHOWN = (50, 95)
"""Percentiles that have a column."""


def table(figures: Iterable[Figure]) -> Table:
    """Each figure: ours with its goals, then its references."""
    drawn = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    drawn.add_column("", overflow="fold", ratio=1)
    for heading in (*(f"p{percent}" for percent in SHOWN), "n"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("goal", no_wrap=True)
    drawn.add_column("", no_wrap=True)
    for number, figure in enumerate(figures):
        if number:
            drawn.add_row()
        drawn.add_row(Text(figure.title, style="bold"))
        for series, goal in figure.ours:
            drawn.add_row(*_measured(series), *_held(series, goal))
        for series in figure.references:
            drawn.add_row(*_measured(series), "reference", style="dim")
    return drawn


def parts(figures: Iterable[Figure]) -> Table:
    """The medians of what each figure consists of."""
    drawn = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    drawn.add_column("Where the time goes", overflow="fold", ratio=1)
    for heading in ("p50", "best", "p95"):  # the best is what a busy machine hides
        drawn.add_column(heading, justify="right", no_wrap=True)
    for figure in figures:
        if figure.parts:
            drawn.add_row(Text(figure.title, style="bold"))
            for series in figure.parts:
                drawn.add_row(f"  {series.name}", *(series.shown(percent) for percent in (50, 0, 95)))
    return drawn


def _measured(series: Series) -> tuple[str, ...]:
    return f"  {series.name}", *(series.shown(percent) for percent in SHOWN), str(len(series.samples))


def _held(series: Series, goal: Goal | None) -> tuple[str, Text]:
    if goal is None:
        return "", Text()
    verdict = Text("met", style="green") if goal.met(series) else Text("not met", style="red")
    shown = goal.shown(series.unit)
    return shown if goal.percent in SHOWN else f"{shown}; {series.shown(goal.percent)}", verdict
