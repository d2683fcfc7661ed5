"""Many drills at once: a few processes, each with a world of its own, that take one drill after another."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from multiprocessing.util import Finalize
from pathlib import Path

from sandbox.drills.drill import Drill, Outcome, carry_out
from sandbox.within.processor import seconds_used
from sandbox.within.rehearsal import ProcessRehearsal, open_within

LANES = 3
"""Processes: one more than most machines have processors to spare, since a drill also waits."""

_here: list[ProcessRehearsal] = []
"""This lane's world."""


def carry_out_all(drills: Iterable[Drill], *, lanes: int = LANES) -> Iterator[tuple[Outcome, float]]:
    """Each drill's outcome as soon as it is there, with the processor seconds it took, those of its world included.

    The lanes are forked from this process, which must have no threads, so that nothing is imported twice.
    """
    todo = list(drills)
    with (
        tempfile.TemporaryDirectory(prefix="codeblue-drill-") as folder,
        ProcessPoolExecutor(
            min(lanes, len(todo)), multiprocessing.get_context("fork"), initializer=_open, initargs=(folder,)
        ) as pool,
    ):
        for done in as_completed([pool.submit(_carry_out, drill) for drill in todo]):
            yield done.result()


def _open(folder: str) -> None:
    held = ExitStack()
    here = Path(tempfile.mkdtemp(dir=folder))
    _here[:] = [held.enter_context(open_within(here))]
    Finalize(None, held.close, exitpriority=10)


def _carry_out(drill: Drill) -> tuple[Outcome, float]:
    before = seconds_used()
    outcome = carry_out(drill, _here[0])
    return outcome, seconds_used() - before
