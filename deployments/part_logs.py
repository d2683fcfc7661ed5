"""Errors that repeat in the log of a part of the stack, and parts that end again and again; for `codeblue doctor`.

A part may live on while it fails at its work each minute: Prefect's scheduler did for weeks. Its log is the only place
that says so. Only what was written since the stack started counts, and only what was still written lately.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from deployments.stack_child import STARTED

REPEATS: Final = 3
"""How often an error is logged before it counts: one may be a server's restart."""
LATELY: Final = timedelta(hours=1)
"""An error that was not logged for so long is over."""
READ: Final = 2_000_000
"""Bytes of a log's end that are read."""
LONGEST: Final = 200
"""Characters of an error that are kept."""

_AT: Final = re.compile(rf"^(?:{STARTED})?(\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:[.,]\d+)?\s*")
_LEVEL: Final = re.compile(r"^(?:[|\s]*)(?:ERROR|CRITICAL)\b[\s|:-]*")
_RAISED: Final = re.compile(r"^(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception|Exit|Interrupt)(?::|$)")
_VARIES: Final = re.compile(r"'[^']*'|\"[^\"]*\"|0x[0-9a-f]+|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\d+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """An error that a part logs again and again."""

    text: str
    """One of its lines, without the time."""
    count: int
    last: datetime | None
    """When it was last logged; `None` when the log does not say."""


@dataclass(frozen=True, kw_only=True)
class PartLog:
    """What the log of one part says since the stack started."""

    name: str
    """`server`, `worker`, `watch`, `receiver`."""
    path: Path
    starts: int
    """How often its process was started since; more than one means that it ended by itself."""
    errors: tuple[Repeated, ...]
    """Those that repeat, the most frequent first."""


def part_logs(logs: Path, now: datetime | None = None) -> list[PartLog]:
    """Every part's log in that folder, by name."""
    at = now or datetime.now(UTC)
    return [read(path, at) for path in sorted(logs.glob("*.log"))]


def read(path: Path, now: datetime) -> PartLog:
    """One part's log."""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - READ))
        said = log.read().decode(errors="replace").splitlines()
    starts, since = _since_start(said)
    return PartLog(name=path.stem, path=path, starts=starts, errors=tuple(repeated(since, now)))


def repeated(said: Iterable[str], now: datetime) -> list[Repeated]:
    """The errors that these lines have at least three times, the last of them lately."""
    found: dict[str, Repeated] = {}
    for at, error in _errors(said):
        kind = _VARIES.sub("#", error)
        before = found.get(kind)
        count = 1 if before is None else before.count + 1
        found[kind] = Repeated(text=error[:LONGEST], count=count, last=at)
    often = [one for one in found.values() if one.count >= REPEATS and (one.last is None or now - one.last <= LATELY)]
    return sorted(often, key=lambda one: -one.count)


def _errors(said: Iterable[str]) -> Iterator[tuple[datetime | None, str]]:
    """The errors among the lines, each with what was raised, and with the time that was said last before."""
    at: datetime | None = None
    logged, raised = "", ""
    for line in said:
        found = _AT.match(line)
        rest = line[found.end() :] if found else line
        level = _LEVEL.match(rest)
        if found or level:  # another entry of the log begins: the one before is complete
            if logged or raised:
                yield at, ": ".join(filter(None, (logged, raised)))
            logged, raised = (rest[level.end() :].strip() if level else ""), ""
            at = datetime.fromisoformat(found[1]).astimezone() if found else at
        elif _RAISED.match(line):
            raised = line.strip()
    if logged or raised:
        yield at, ": ".join(filter(None, (logged, raised)))


def _since_start(said: list[str]) -> tuple[int, list[str]]:
    """How often the present stack has started the part, and the lines since the first time."""
    marks = [(number, line) for number, line in enumerate(said) if line.startswith(STARTED)]
    if not marks:
        return 0, said
    stack = marks[-1][1].rpartition(" ")[2]
    ours = [number for number, line in marks if line.rpartition(" ")[2] == stack]
    return len(ours), said[ours[0] :]
