"""The options that every command has, and the two streams it writes to.

    --json    results as JSON, one document or one line for each event; keys are in `documents`
    --home    the folder of this installation
    --debug   show the traceback of an error

Results go to standard output and nothing else does; hints, questions and errors go to standard error.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Group, Parameter

from deployments.stack_home import Home

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console, RenderableType

EVERYWHERE = Group("Everywhere", sort_key=99)


@Parameter(name="*", group=EVERYWHERE)
@dataclass(frozen=True, kw_only=True)
class Options:
    """What every command takes."""

    json: Annotated[bool, Parameter(negative="")] = False
    """Print JSON for scripts."""
    home: Path | None = None
    """Folder of this installation; $CODEBLUE_HOME or ~/.codeblue if left out."""
    debug: Annotated[bool, Parameter(negative="")] = False
    """Show the traceback of an error."""

    @property
    def place(self) -> Home:
        """The home, as it is. A command that looks must not make what it looks for."""
        return Home.named(self.home)

    @property
    def made_place(self) -> Home:
        """The home, made if it is not there; for commands that begin something."""
        return Home.at(self.home)

    @property
    def out(self) -> Console:
        """Standard output, for results."""
        return console(stderr=False)

    @property
    def err(self) -> Console:
        """Standard error, for everything else."""
        return console(stderr=True)

    def say(self, *shown: RenderableType) -> None:
        """Print a result for people; nothing with `--json`."""
        if not self.json:
            for one in shown:
                self.out.print(one)

    def line(self, text: str) -> None:
        """Print one line that is never wrapped: paths and commands are for copying. Nothing with `--json`."""
        if not self.json:
            self.out.print(text, markup=False, soft_wrap=True)

    def hint(self, *shown: RenderableType) -> None:
        """Print something that is no result: what is going on, or what to do next."""
        if not self.json:
            for one in shown:
                self.err.print(one)

    def document(self, result: BaseModel | dict[str, Any]) -> None:
        """Print a result for scripts, on one line; nothing without `--json`."""
        if self.json:
            print_json(result)

    @property
    def interactive(self) -> bool:
        """Whether there is a person who can be asked."""
        return not self.json and sys.stdin.isatty() and sys.stderr.isatty()


DEFAULTS: Final = Options()
"""None of them given."""


@cache
def console(*, stderr: bool) -> Console:
    """A console without guesses: no automatic colouring of numbers and names, no emoji codes.

    One for each stream, because what is printed must know of the live line below it.
    """
    from rich.console import Console  # `--json` and `--help` do without

    class Quiet(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would exit with 1; a reader who has seen enough is no findings

    return Quiet(stderr=stderr, highlight=False, emoji=False, soft_wrap=False)


def print_json(result: BaseModel | dict[str, Any]) -> None:
    """One JSON document on one line of standard output, at once."""
    text = json.dumps(result, ensure_ascii=False) if isinstance(result, dict) else result.model_dump_json()
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
