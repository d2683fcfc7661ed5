"""Stock Prefect beside each figure. A reference that fails costs its own line, and no figure of ours."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import stock
from benchmarks.figures import Figure, Series

Tell = Callable[[str], None]


def beside(figures: dict[str, Figure], folder: Path, dsn: str, rounds: int, tell: Tell) -> None:
    """Measure the references of those figures; needs the machine for itself."""
    with failing_alone(figures, *figures), stock.stock_prefect(folder) as env:
        with failing_alone(figures, "gather"):
            if "gather" in figures:
                add(figures, "gather", *stock.plain_tasks(env, dsn, rounds, tell))
        wanted = [name for name in ("alert", "approval", "many") if name in figures]
        if wanted:
            with failing_alone(figures, *wanted), stock.serving(folder, env) as served:
                measures = {"alert": served.started, "approval": served.resumed, "many": served.rate}
                for name in wanted:
                    with failing_alone(figures, name):
                        add(figures, name, measures[name](rounds, tell))


def add(figures: dict[str, Figure], name: str, *references: Series) -> None:
    """Put references beside a figure."""
    figures[name] = replace(figures[name], references=references)


@contextmanager
def failing_alone(figures: dict[str, Figure], *names: str) -> Generator[None]:
    """Whatever fails inside is said beside those of the figures that have no reference yet; the rest goes on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  (a reference is somebody else's program: whatever it is, it is told)
        said = str(error).strip().splitlines()
        why = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
        for name in names:
            if name in figures and not figures[name].references:
                figures[name] = replace(figures[name], missing=f"could not be measured ({why[:200]})")
