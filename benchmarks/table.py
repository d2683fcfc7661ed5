"""Prints figures as one table, and where their time goes as another. Fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from benchmarks.figures import Figure, Goal, Series

SHOWN = (50, 95)
"""Percentiles that have a column."""


def table(figures: Iterable[Figure]) -> Group:
    """Each figure: ours with its goals, then its references. Columns stand under each other."""
    shown: list[RenderableType] = [_columns("", *(f"p{percent}" for percent in SHOWN), "n", "goal", "")]
    for figure in figures:
        rows = _columns()
        for series, goal in figure.ours:
            rows.add_row(*_measured(series), *_held(series, goal))
        for series in figure.references:
            rows.add_row(*_measured(series), "reference", style="dim")
        failed = [Text(f"  reference: {figure.missing}", style="yellow")] if figure.missing else []
        shown += [Text(figure.title, style="bold"), rows, *failed, Text()]
    return Group(*shown)


def _columns(*headings: str) -> Table:
    drawn = Table(
        box=None, padding=(0, 1, 0, 0), pad_edge=False, expand=True, header_style="dim", show_header=bool(headings)
    )
    names = headings or [""] * 6
    drawn.add_column(names[0], ratio=1, overflow="fold")
    for name, width in zip(names[1:4], (8, 8, 4), strict=True):
        drawn.add_column(name, justify="right", width=width)
    for name, width in zip(names[4:], (14, 7), strict=True):
        drawn.add_column(name, width=width)
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
    if goal.percent not in SHOWN:
        verdict.append(f"\n{series.shown(goal.percent)}", style="default")
    return goal.shown(series.unit), verdict
