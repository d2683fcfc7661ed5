"""`codeblue logs`: the newest lines of each part's log, and what is added to them."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from deployments.cli.lines import clean
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Unreachable, Usage
from journal.near import perhaps

_EVERY = 0.3
"""Seconds between two looks at what was added."""


def logs(
    part: str | None = None,
    /,
    *,
    lines: int = 20,
    follow: Annotated[bool, Parameter(negative="")] = False,
    options: Options = DEFAULTS,
) -> int:
    """Print the newest lines of each part's log.

    Parameters
    ----------
    part
        Only this one: server, worker, watch, receiver; every part if left out.
    lines
        At most so many of each; 20 if left out.
    follow
        Go on with what is added, until Ctrl-C.
    """
    files = _files(options, part)
    places = {file: _newest(file, max(lines, 0), options, named=len(files) > 1) for file in files}
    while follow:
        time.sleep(_EVERY)
        for file, place in places.items():
            places[file] = _added(file, place, options, named=len(files) > 1)
    return Exit.OK


def _files(options: Options, part: str | None) -> list[Path]:
    folder = options.place.logs
    found = {file.stem: file for file in sorted(folder.glob("*.log"))}
    if not found:
        raise Unreachable(f"There are no logs in {folder}: nothing has run here. Start it with: codeblue up")
    if part is None:
        return list(found.values())
    if part not in found:
        raise Usage(f"No part {part!r} has a log here.{perhaps(part, found)} There are: {', '.join(found)}.")
    return [found[part]]


def _newest(file: Path, at_most: int, options: Options, *, named: bool) -> int:
    """Print the end of a log; how far it goes."""
    with file.open("rb") as opened:
        newest = deque(opened, maxlen=at_most)
        place = opened.tell()
    if named and newest:
        options.say(Text(f"-- {file}", style="dim"))
    _say(file, list(newest), options)
    return place


def _added(file: Path, place: int, options: Options, *, named: bool) -> int:
    """Print what was added since; a log that has become shorter was begun anew."""
    try:
        with file.open("rb") as opened:
            opened.seek(place if file.stat().st_size >= place else 0)
            fresh = opened.readlines()
            if fresh and not fresh[-1].endswith(b"\n"):  # half a line is printed when it is whole
                opened.seek(-len(fresh.pop()), 1)
            place = opened.tell()
    except FileNotFoundError:
        return 0
    if fresh and named:
        options.say(Text(f"-- {file}", style="dim"))
    _say(file, fresh, options)
    return place


def _say(file: Path, found: list[bytes], options: Options) -> None:
    for line in found:
        text = clean(line.decode("utf-8", "replace").rstrip("\n"))
        options.document({"part": file.stem, "line": text})
        options.line(text)
