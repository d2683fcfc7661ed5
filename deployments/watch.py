"""The watch: sees to it that nothing waits for ever. A process of its own, beside worker and receiver.

    python -m deployments.watch [--every SECONDS]

Each round it lets go on what is settled but still suspended (an approval that expired, or that was given while Prefect
was away), starts runs again that failed and left their incident open, and starts a run for each temporary change whose
time is up. Killed runs are the worker's to take up (`worker_watch`). Every step is safe to repeat: the journal decides
what is done.
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
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound

from blocks.journal_store import journal_url
from deployments import bell
from deployments.cli.places import Unreachable
from deployments.going_on import go_on
from deployments.receiver.runs import NoRunError, PrefectRuns
from deployments.stack_home import Home
from deployments.worker_watch import NotResumedError, reschedule
from journal import approvals
from journal.chain import Entry
from journal.errors import JournalError
from journal.facts import Act, Carried, Decided, Lapsed, Opened, Requested, TaskDone, TaskGiven
from journal.store import Journal

log = logging.getLogger("codeblue.watch")

SETTLING = timedelta(seconds=2)
"""How long a settled request is left to whoever settled it."""

LEFT = timedelta(seconds=5)
PASSES = 10
"""How long an incident must be left alone before its run is looked at, and how often one run is begun at most."""

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
            except (JournalError, NoRunError, NotResumedError, Unreachable, httpx.HTTPError) as away:
                log.warning("This round was cut short and will be made up for: %s", away)
    return 0


def look_round(home: Home, journal: Journal, client: SyncPrefectClient, runs: PrefectRuns) -> None:
    """One round. Raises what the journal or Prefect raise when they are away."""
    for incident in journal.incidents(open_only=True, limit=1000):
        entries = journal.entries(incident.id)
        for standing in overdue(journal, entries):
            became = go_on(home, str(standing.asked.flow_run), f"It is {standing.state}.", within=0)
            log.info("%s: %s is %s; %s.", incident.id, standing.digest, standing.state, became)
        if (run := abandoned(journal, client, entries)) is not None:
            reschedule(home, client, run, "The run failed and left its incident open.")
            log.warning("%s: run %s had failed; it starts again.", incident.id, run)
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


def abandoned(journal: Journal, client: SyncPrefectClient, entries: Sequence[Entry]) -> UUID | None:
    """The run of an open incident that is over although the incident is not; not more than a few times."""
    last = entries[-1]
    passes = sum(entry.kind == "taken_up" for entry in entries)
    if last.flow_run is None or journal.clock() - last.at < LEFT or passes > PASSES:
        return None
    try:
        run = client.read_flow_run(UUID(last.flow_run))
    except ObjectNotFound:
        return None
    # A crashed run is the worker's to count and to take up; one that somebody cancelled stays cancelled.
    return run.id if run.state is not None and run.state.type is StateType.FAILED else None


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
