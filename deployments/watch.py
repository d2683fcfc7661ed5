"""The watch: sees to it that nothing waits for ever. A process of its own, beside worker and receiver.

    python -m deployments.watch [--every SECONDS]

Each round it lets go on what is settled but still suspended (an approval that expired, or that was given while Prefect
was away), and starts a run for each temporary change whose time is up. Killed runs are the worker's to take up
(`worker_watch`). Every step is safe to repeat: the journal decides what is done.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client

from blocks.journal_store import journal_url
from deployments import bell
from deployments.answering import go_on
from deployments.receiver.runs import NoRunError, PrefectRuns
from deployments.stack_home import Home
from journal import approvals
from journal.chain import Entry
from journal.errors import JournalError
from journal.facts import Act, Carried, Decided, Lapsed, Opened, Requested, TaskDone, TaskGiven
from journal.store import Journal

log = logging.getLogger("codeblue.watch")

SETTLING = timedelta(seconds=2)
"""How long a settled request is left to whoever settled it."""

BACK = timedelta(days=30)
"""How far back temporary changes are looked for: none may last longer."""


def main(argv: Sequence[str] | None = None) -> int:
    """Watch until told to end."""
    parser = argparse.ArgumentParser(prog="python -m deployments.watch")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between rounds")
    every = float(parser.parse_args(argv).every)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    over = threading.Event()

    def end(_number: int, _frame: object) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    home = Home.at()
    with (
        Journal.connect(journal_url()) as journal,
        get_client(sync_client=True) as client,
        PrefectRuns(os.environ["PREFECT_API_URL"]) as runs,
    ):
        while not over.wait(every):
            try:
                look_round(home, journal, client, runs)
            except (JournalError, NoRunError, httpx.HTTPError) as away:
                log.warning("This round was cut short and will be made up for: %s", away)
    return 0


def look_round(home: Home, journal: Journal, client: SyncPrefectClient, runs: PrefectRuns) -> None:
    """One round. Raises what the journal or Prefect raise when they are away."""
    for incident in journal.incidents(open_only=True, limit=1000):
        for standing in overdue(journal, journal.entries(incident.id)):
            if go_on(home, client, standing):
                log.info("%s: %s is %s; its run goes on.", incident.id, standing.digest, standing.state)
    for carried, key in lasting_too_long(journal):
        _undo(journal, runs, carried, key)
        bell.ring(home)


def overdue(journal: Journal, entries: Sequence[Entry]) -> Iterator[approvals.Standing]:
    """Requests that are settled, or over, while nothing has happened since."""
    now, last = journal.clock(), entries[-1]
    if not isinstance(last.fact, Requested | TaskGiven | Decided | TaskDone | Lapsed) and last.kind != "notified":
        return
    for standing in approvals.standings(entries, now):
        settled = standing.state is not approvals.State.WAITING
        if settled and now - last.at >= SETTLING and standing.asked.number > _taken_up(entries):
            yield standing


def _taken_up(entries: Sequence[Entry]) -> int:
    """The number of the entry with which the last run began."""
    return max((entry.number for entry in entries if entry.kind == "taken_up"), default=0)


def lasting_too_long(journal: Journal) -> Iterator[tuple[Entry, str]]:
    """Temporary changes whose time is up and that nobody has begun to undo."""
    now = journal.clock()
    for entry in journal.of_kind("carried", since=now - BACK):
        fact = entry.fact
        if isinstance(fact, Carried) and fact.expires_at is not None and fact.expires_at <= now:
            undone = f"intended:{fact.mitigation}:{Act.UNDO}:1"
            if journal.recorded(entry.incident, undone) is None:
                yield entry, f"{entry.incident}:{fact.mitigation}:undo"


def _undo(journal: Journal, runs: PrefectRuns, carried: Entry, key: str) -> None:
    """Start a run of the incident's own runbook: it finds in the journal what is left to undo."""
    opened = journal.entries(carried.incident)[0].fact
    assert isinstance(opened, Opened)
    name = opened.runbook
    run = runs.create(
        f"{name}/{name.rpartition('.')[2]}",
        key=key,
        parameters={"params": opened.params, "alert": opened.alert},
        tags=[f"incident:{carried.incident}", f"system:{opened.system}", f"runbook:{name}"],
    )
    journal.assign(str(run), carried.incident)
    log.info("%s: run %s undoes what was temporary.", carried.incident, run)


if __name__ == "__main__":
    sys.exit(main())
