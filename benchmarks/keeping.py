"""The journal by itself: appending to it, and drawing a timeline of 200 entries from it. Reference: bare SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figures import Figure, Goal, Series, Unit
from journal.facts.opened import Opened
from journal.facts.seen import Read
from journal.store import Journal
from journal.timeline import as_markdown, timeline

ENTRIES = 200
"""Of the incident whose timeline is drawn."""


def keeping(folder: Path, appends: int, tell: Callable[[str], None]) -> tuple[Figure, Figure]:
    """Append `appends` entries and draw a tenth as many timelines; then the same amount of bytes by bare SQLite."""
    tell(f"journal, {appends} entries")
    with Journal.connect(f"sqlite:///{folder / 'journal.db'}") as journal:
        appending = append(journal, appends)
        chosen = incident(journal, appends)
        for number in range(ENTRIES - 1):
            journal.append(chosen, f"read:{number}", reading(number))
        drawing = [timed(lambda: as_markdown(timeline(journal.entries(chosen)))) for _ in range(appends // 10)]
    said = reading(0).model_dump_json()
    with closing(_bare(folder / "bare.db")) as bare:
        writing = [timed(lambda: _write(bare, said)) for _ in range(appends)]
        rows = f"select said from entry limit {ENTRIES}"
        fetching = [timed(lambda: bare.execute(rows).fetchall()) for _ in range(appends // 10)]
    ours, draw = _series("Code Blue", appending), _series("Code Blue", drawing)
    return (
        Figure(
            title="Journal: append one entry, durably",
            ours=((ours, Goal(at_most=0.010, percent=99)),),
            references=(_series("bare SQLite: insert, commit", writing),),
        ),
        Figure(
            title=f"Journal: timeline of {ENTRIES} entries",
            ours=((draw, Goal(at_most=0.100)),),
            references=(_series(f"bare SQLite: read {ENTRIES} rows", fetching),),
        ),
    )


def append(journal: Journal, appends: int) -> list[float]:
    """Incidents of twenty entries, as they come."""
    times: list[float] = []
    current = ""
    for number in range(appends):
        if number % 20 == 0:
            current = incident(journal, number)
        fact = reading(number)
        times.append(timed(lambda: journal.append(current, f"read:{number}", fact)))  # noqa: B023 # called at once
    return times


def incident(journal: Journal, number: int) -> str:
    """A new incident, by its id."""
    opened = Opened(
        title="Connection exhaustion",
        runbook="rung.connection_exhaustion",
        runbook_version="1",
        system="rung",
        environment="rung-practice",
        severity="critical",
        fingerprint=f"{number:016x}",
        params={},
        requested_by="benchmark",
    )
    return journal.open_incident(opened)[0].id


def reading(number: int) -> Read:
    """What a probe says, in the usual size."""
    return Read(
        phase="gather",
        probe=f"look_{number}",
        asks="How many connection slots are taken?",
        source="benchmark",
        at=datetime.now(UTC),
        took=timedelta(milliseconds=38),
        text=f"{number} of 94 usable slots taken; max_connections 100",
        value={"limit": 100, "reserved": 6, "taken": number, "refused": False},
    )


def _bare(path: Path) -> sqlite3.Connection:
    bare = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode = wal", "synchronous = full"):
        bare.execute(f"pragma {setting}")
    bare.execute("create table entry (id integer primary key, said text)")
    return bare


def _write(bare: sqlite3.Connection, said: str) -> None:
    with _transaction(bare):
        bare.execute("insert into entry (said) values (?)", (said,))


@contextmanager
def _transaction(bare: sqlite3.Connection) -> Generator[None]:
    bare.execute("begin immediate")
    yield
    bare.execute("commit")


def timed(do: Callable[[], object]) -> float:
    """How long it takes, in seconds."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _series(name: str, samples: list[float]) -> Series:
    return Series(name=name, samples=samples, unit=Unit.MILLISECONDS)
