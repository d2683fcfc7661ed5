"""What the demo writes on the terminal besides the command line's own progress: its parts, its question, its truth."""

from __future__ import annotations

import os
import pwd
import select
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from deployments.cli.options import Options, console

_DOING = {
    "world": "starting a production to practise on",
    "stack": "starting Prefect's server, a worker and the receiver",
    "fault": "breaking it",
    "age": "waiting until the fault is old enough for a page",
}
_LOOK_EVERY = 0.2


@dataclass(frozen=True, kw_only=True)
class Page(Options):
    """The command line's options, which keep the line that names the timeline for the very end."""

    kept: list[str] = field(default_factory=list[str])

    def line(self, text: str) -> None:
        """Print a line, or keep it."""
        if text.startswith("timeline: "):
            self.kept.append(text)
        else:
            super().line(text)


class Parts:
    """Shows the parts of the stage as they come up, from any thread. Use as a context manager."""

    def __init__(self, out: Console) -> None:
        self._out, self._lock = out, threading.Lock()
        self._began: dict[str, float] = {}
        self._status = Status("", console=out) if out.is_terminal else None

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the moving line away."""
        if self._status is not None:
            self._status.stop()

    def tell(self, part: str, said: str | None) -> None:
        """A part begins, or is there."""
        with self._lock:
            if said is None:
                self._began[part] = time.monotonic()
            else:
                took = time.monotonic() - self._began.pop(part)
                self._out.print(ticked(said, f"{took:.1f} s"))
            if self._status is not None:
                self._status.update(Text("; ".join(_DOING[one] for one in self._began), style="dim"))


def ticked(words: str, end: str = "", *, mark: str = "✓", style: str = "green") -> Table:
    """One line with a mark before it, the words wrapping under themselves."""
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=1)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_column(justify="right", style="dim", no_wrap=True)
    grid.add_row(Text(mark, style=style), Text(words), end)
    return grid


def sign_in(page: Page, url: str) -> None:
    """Where Prefect's UI is, on one line of its own: it is copied, and a secret that is broken opens nothing."""
    page.line(f"  Prefect's UI: {url}  (it holds the secret: not for others)")


def whoami() -> str:
    """The account that runs the demo, asked of the operating system."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


def ask(question: str, elsewhere: Callable[[], bool]) -> bool | None:
    """A yes or a no typed here; nothing when the answer came through another channel meanwhile. No input is a no."""
    err = console(stderr=True)
    while True:
        err.print(Text(f"{question} [y/n] ", style="bold magenta"), end="")
        if not _typed(elsewhere):
            err.print()
            return None
        said = sys.stdin.readline()
        if not said:
            err.print()
        answer = said.strip().lower()
        if not said or answer in {"n", "no"}:
            return False
        if answer in {"y", "yes"}:
            return True
        err.print(Text(f"{said.strip()!r} is neither y nor n." if answer else "Nothing was typed."))


def _typed(elsewhere: Callable[[], bool]) -> bool:
    while not select.select([sys.stdin], [], [], _LOOK_EVERY)[0]:
        if elsewhere():
            return False
    return True
