"""Kills the flow's process right before or right after one boundary, once: how the crash harness strikes.

A boundary is a journal key (`before read:gather:state`, `after intended:plain:apply:1`), or the act itself
(`inside apply 1`, before it reaches the world for the first time; `beyond apply 1`, after it did and before anybody
knows).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from blocks.journal_store import home
from journal.store import Journal
from sandbox.selftest.change import Fix


@contextmanager
def sabotage(boundary: str | None, case: str) -> Generator[None]:
    """While the block runs, this process dies at the boundary; the one that takes its work up does not."""
    if boundary is None:
        yield
        return
    when, _, what = boundary.partition(" ")
    append, write = Journal.append, Fix._write  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # sabotage

    def die() -> None:
        if _strikes(case):
            os.kill(os.getpid(), signal.SIGKILL)

    def appending(self: Journal, incident: str, key: str, *args: Any, **more: Any) -> Any:
        hit = key.startswith(what) and when in {"before", "after"}
        if hit and when == "before":
            die()
        entry = append(self, incident, key, *args, **more)
        if hit and when == "after":
            die()
        return entry

    def writing(self: Fix, warrant: Any, **more: Any) -> None:
        meant = when in {"inside", "beyond"} and what == f"{self.row(warrant.act)} {self.done(warrant.act) + 1}"
        if meant and when == "inside":
            die()
        write(self, warrant, **more)
        if meant and when == "beyond":
            die()

    Journal.append, Fix._write = appending, writing  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] # sabotage
    try:
        yield
    finally:
        Journal.append, Fix._write = append, write  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # sabotage


def _strikes(case: str) -> bool:
    """True once for each case, whichever process asks first."""
    folder = home() / "sabotage"
    folder.mkdir(exist_ok=True)
    try:
        os.close(os.open(folder / case, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def struck(case: str) -> bool:
    """Whether a case's process was killed: a harness that never struck proves nothing."""
    return (home() / "sabotage" / case).exists()
