"""What the crash harness does besides killing flows: take the journal's database or Prefect away, and resume twice."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from journal import approvals
from journal.facts.words import Channel, Ending
from sandbox.postgres import Postgres, free_port
from sandbox.rehearsal import Rehearsal, open_rehearsal, wait
from sandbox.selftest.cases import SCHEMA

AWAY = 30.0
"""Seconds that something is gone."""

RESUMED_AT_ONCE = 10
"""How often a run is resumed by two at the same moment."""


@dataclass(frozen=True, kw_only=True)
class Outage:
    """What came of one disturbance: expected is exactly one effect, a resolved incident and its document."""

    what: str
    effects: tuple[str, ...]
    ending: Ending | None
    took: float

    @property
    def as_expected(self) -> bool:
        return self.effects == ("apply",) and self.ending is Ending.RESOLVED


def outages_of_prefect() -> Iterator[Outage]:
    """Prefect's API hangs for 30 s: while a run gathers, and while a person answers. Then two workers, one run."""
    with tempfile.TemporaryDirectory(prefix="codeblue-outage-") as folder, open_rehearsal(Path(folder), workers=2) as r:
        yield _disturbed(r, "Prefect's API gone for 30 s while gathering", early=lambda: _frozen(r))
        yield _disturbed(r, "Prefect's API gone for 30 s while a person answers", late=lambda: _frozen(r))
        for number in range(RESUMED_AT_ONCE):
            yield _resumed_twice(r, f"two workers, one run resumed twice at once ({number + 1} of {RESUMED_AT_ONCE})")


def outages_of_the_journal() -> Iterator[Outage]:
    """The journal's PostgreSQL is stopped for 30 s: while a run gathers, and while a person answers."""
    with tempfile.TemporaryDirectory(prefix="codeblue-outage-") as folder:
        port = free_port()
        database = Postgres.start(Path(folder) / "journal", schema=SCHEMA, max_connections=50, port=port)
        try:
            at = database.address
            url = f"postgresql://{at.superuser}:{at.superuser_password}@{at.host}:{at.port}/{at.database}"
            with open_rehearsal(Path(folder), journal=url) as r:
                gone = lambda: _stopped(database)  # noqa: E731 # one of two, each a line
                yield _disturbed(r, "the journal's database gone for 30 s while gathering", early=gone)
                yield _disturbed(r, "the journal's database gone for 30 s after the answer", late=gone)
        finally:
            database.stop()


def _disturbed(
    r: Rehearsal, what: str, *, early: Callable[[], None] | None = None, late: Callable[[], None] | None = None
) -> Outage:
    began = time.monotonic()
    case, incident = r.practise("plain")
    if early is not None:
        early()
    standing = r.asked(incident, within=180)
    assert standing is not None
    decided = approvals.decide(
        r.journal,
        incident,
        standing.digest,
        approve=True,
        by="drill",
        channel=Channel.DRILL,
        identity_proven=False,
        why="x",
    )
    if late is not None:
        late()  # the watch lets the run go on when it can
    else:
        r.resume(decided)
    return _came_of(r, what, case, incident, began)


def _resumed_twice(r: Rehearsal, what: str) -> Outage:
    began = time.monotonic()
    case, incident = r.practise("plain")
    standing = r.asked(incident)
    assert standing is not None
    decided = approvals.decide(
        r.journal,
        incident,
        standing.digest,
        approve=True,
        by="drill",
        channel=Channel.DRILL,
        identity_proven=False,
        why="x",
    )
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(r.resume, [decided, decided]))
    return _came_of(r, what, case, incident, began)


def _came_of(r: Rehearsal, what: str, case: str, incident: str, began: float) -> Outage:
    closed = r.closed(incident, within=180)
    document = r.stack.home.path / "timelines" / f"{incident}.md"
    wait(lambda: document.exists() or None, within=120, what="the document")
    took = time.monotonic() - began
    return Outage(what=what, effects=tuple(r.self_test.effects(case)), ending=closed.ending, took=took)


def _frozen(r: Rehearsal) -> None:
    """Stop Prefect's server in its tracks for a while: it answers nobody."""
    server = r.stack.pid("server")
    assert server is not None
    with _paused(server):
        time.sleep(AWAY)  # the length of the outage is what is rehearsed


@contextmanager
def _paused(pid: int) -> Generator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _stopped(database: Postgres) -> None:
    """Stop the journal's server, and start it again after a while."""
    database.shut_down()
    time.sleep(AWAY)  # the length of the outage is what is rehearsed
    database.restart()


def outage_table(outages: list[Outage]) -> Table:
    """What was disturbed, and what came of it."""
    drawn = Table(title="Disturbed: effects in the world (expected: apply)")
    for heading in ("disturbance", "effects", "ended", "took", "as expected"):
        drawn.add_column(heading)
    for one in outages:
        effects = "+".join(one.effects) or "none"
        drawn.add_row(one.what, effects, str(one.ending), f"{one.took:.1f} s", "yes" if one.as_expected else "NO")
    return drawn
