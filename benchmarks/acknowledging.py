"""The senders' wait in a storm, as a figure of `make bench`: a short storm beside a bare receiver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks.bare import measure
from benchmarks.figures import Figure
from benchmarks.references import failing_alone
from benchmarks.storm import BARE, BESIDE, GOAL, against, answers_of, options, settled
from benchmarks.storm_audit import read
from benchmarks.storm_stage import blow, open_stage

NAME = "storm"


def acknowledging(folder: Path, tell: Callable[[str], None]) -> Figure:
    """How long acknowledgements take. Raises RuntimeError when an alert was lost or doubled."""
    given = options([])
    with open_stage(folder) as stage:
        tell(f"{given.rate:g} alerts a second")
        file = blow(stage, rate=given.rate, seconds=BARE, problems=given.problems)
        if found := settled(stage, int(given.rate * BARE), Console(quiet=True), file):
            raise RuntimeError(" ".join(found))
        ours = answers_of(read(file))
        figures = {NAME: Figure(title=_TITLE.format(given.rate), ours=((ours, GOAL),), references=())}
        with failing_alone(figures, NAME):
            tell(f"{given.rate:g} alerts a second to a bare receiver")
            bare = measure(folder / "bare", rate=given.rate, seconds=BARE, problems=given.problems).acknowledged
            both = ((ours, GOAL), (against(ours, bare), BESIDE))
            figures[NAME] = replace(figures[NAME], ours=both, references=(bare,))
    return figures[NAME]


_TITLE = "{:g} alerts a second, acknowledged"
