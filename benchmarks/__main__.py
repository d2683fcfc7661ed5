"""`make bench`, or `python -m benchmarks [WHAT …]`: measures and prints one table.

Everything runs on loopback in a temporary folder that goes afterwards. The whole takes about ten minutes, most of
which the references need: stock Prefect polls every ten seconds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.text import Text

from benchmarks.figures import Figure
from benchmarks.table import parts, table

ALL: tuple[str, ...] = ("alert", "approval", "gather", "many", "looks", "storm", "journal", "unlink", "google")

Tell = Callable[[str], None]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is asked for; everything, if nothing is."""
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure, each figure beside its reference.")
    parser.add_argument("what", nargs="*", metavar=f"{{{','.join(ALL)}}}", help="everything if left out")
    parser.add_argument(
        "--rounds", type=int, help="how often ours is measured: 15, 10, 10, 3, 5 and 5 times if left out"
    )
    parser.add_argument("--reference-rounds", type=int, default=5, help="how often stock Prefect is; 0 for not at all")
    parser.add_argument("--incidents", type=int, default=100_000, help="in the large journal; 0 for none")
    given = parser.parse_args(argv)
    if unknown := set(given.what) - set(ALL):
        parser.error(f"nobody measures {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    what: set[str] = set(given.what or ALL)
    os.environ.pop("CODEBLUE_JOURNAL", None)  # measured in a journal of our own, never in somebody's real one
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    status = Status("", console=err) if err.is_terminal else None

    def tell(words: str) -> None:
        if status is not None:
            status.update(Text(words, style="dim"))

    try:
        with tempfile.TemporaryDirectory(prefix="codeblue-bench-") as folder, status or nullcontext():
            figures = [*_on_the_stack(Path(folder), what, given.rounds, given.reference_rounds, tell)]
            figures += _by_themselves(Path(folder), what, given.rounds, tell)
            if "journal" in what:
                from benchmarks.keeping import keeping
                from benchmarks.large import large

                figures += keeping(Path(folder), 1000, tell)
                if given.incidents:
                    figures += large(Path(folder), given.incidents, 1000, tell)
    except KeyboardInterrupt:
        err.print("Interrupted; nothing was measured to its end.")
        return 130
    out.print(_machine(), style="dim")
    out.print(table(figures))
    if any(figure.parts for figure in figures):
        out.print(parts(figures))
    return 0


def _on_the_stack(folder: Path, what: set[str], rounds: int | None, reference_rounds: int, tell: Tell) -> list[Figure]:
    """Everything that needs a stack and a world: ours first, then stock Prefect alone on the machine."""
    if not what & {"alert", "approval", "gather", "many", "looks"}:
        return []
    from benchmarks import (
        alerts,
        gathering,
        looking,
        many,
        references,
        twenty,
    )  # Prefect, after wrong arguments were refused
    from sandbox.demo_stage import open_stage

    tell("starting the stack and the world")
    figures: dict[str, Figure] = {}
    with open_stage(folder, further=[twenty.SPEC]) as rehearsal:
        if "alert" in what:
            figures["alert"] = alerts.first_reading(rehearsal, rounds or 15, tell)
        if "approval" in what:
            figures["approval"] = alerts.approval(rehearsal, rounds or 10, tell)
        if "gather" in what:
            figures["gather"] = gathering.twenty(rehearsal, rounds or 10, tell)
        if "many" in what:
            figures["many"] = many.many(rehearsal, rounds or 3, tell)
        if "looks" in what:
            figures["looks"] = looking.looks(rehearsal, rounds or 5, tell)
        if reference_rounds and what & {"alert", "approval", "gather", "many"}:
            tell("ending the stack, starting stock Prefect")
            rehearsal.stack.stop()
            dsn = rehearsal.world.facts.dsn("rung_reader")
            references.beside(figures, folder / "stock", dsn, reference_rounds, tell)
    return list(figures.values())


def _by_themselves(folder: Path, what: set[str], rounds: int | None, tell: Tell) -> Iterator[Figure]:
    """What brings its own surroundings."""
    if "storm" in what:
        from benchmarks.acknowledging import acknowledging

        yield acknowledging(folder / "storm", tell)
    if "unlink" in what:
        from benchmarks.unlinking import KEYS, unlinking

        yield unlinking(folder / "unlink", KEYS, tell)
    if "google" in what:
        from benchmarks.googling import googling

        yield googling(folder / "google", rounds or 5, tell)


def _machine() -> str:
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{os.cpu_count()} cores; load over the last 1, 5 and 15 minutes: {load}"


if __name__ == "__main__":
    sys.exit(main())
