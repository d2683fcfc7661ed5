"""The watch: sees to it that nothing waits for ever. A process of its own, beside worker and receiver.

    python -m deployments.watch [--every SECONDS] [--ping URL]

Each round it lets go on what is settled but still suspended (an approval that expired, or that was given while Prefect
was away) or whose alert ended meanwhile, starts again what failed or vanished and left its incident open, starts a run
for each temporary change whose time is up, frees the leases of the dead, sees to pages that are due (`escalating`), and
keeps the environments in the start forms up to date (`picker`).
Killed runs are the worker's to take up (`worker_watch`). Every step is safe to repeat: the journal decides.

Who watches the watch: it leaves a note of its last round in the home, which `codeblue doctor` reads, and after a whole
round it asks for the page behind `--ping` (or CODEBLUE_PING), so that a monitor elsewhere hears when it stops.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, StateType

from blocks.journal_store import journal_url
from deployments import bell
from deployments.cli.places import Unreachable
from deployments.escalating import escalate
from deployments.going_on import go_on
from deployments.picker import Picker
from deployments.receiver.runs import NoRunError, PrefectRuns
from deployments.stack_home import POOL, Home
from deployments.watch_memory import Memory
from deployments.watch_note import Pulse
from deployments.worker_watch import NotResumedError, reschedule
from journal import approvals, leases
from journal.chain import Entry
from journal.errors import JournalError
from journal.facts.decided import Decided, Lapsed, Requested, TaskDone, TaskGiven, Withdrawn
from journal.facts.done import Carried
from journal.facts.opened import Opened
from journal.facts.words import Act
from journal.store import Journal

log = logging.getLogger("codeblue.watch")

SETTLING = timedelta(seconds=2)
"""How long a settled request is left to whoever settled it."""

PING = "CODEBLUE_PING"
"""The environment variable with the address that is asked for after whole rounds."""

LEFT = timedelta(seconds=5)
PASSES = 10
"""How long an incident must be left alone before its run is looked at, and how often one run is begun at most."""

AWAY = (JournalError, NoRunError, NotResumedError, Unreachable, httpx.HTTPError)
"""What is made up for in a later round."""

BESIDE = frozenset({"joined", "noted", "notified", "escalated", "acknowledged", "confirmed"})
"""Kinds of entries that are made beside a run and say nothing about how far it is."""


def main(argv: Sequence[str] | None = None) -> int:
    """Watch until told to end."""
    parser = argparse.ArgumentParser(prog="python -m deployments.watch")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between rounds")
    parser.add_argument("--ping", default=os.environ.get(PING), help="address to ask for after whole rounds")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    over = threading.Event()

    def end(_number: int, _frame: object) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    home, pulse = Home.at(), Pulse(home=Home.at(), address=options.ping)
    with (
        Journal.connect(journal_url()) as journal,
        get_client(sync_client=True) as client,
        PrefectRuns(os.environ["PREFECT_API_URL"]) as runs,
    ):
        memory = Memory(journal, Picker())
        while not over.wait(float(options.every)):
            try:
                look_round(home, journal, client, runs, memory)
            except AWAY as away:
                log.warning("This round was cut short and will be made up for: %s", away)
                pulse.beat(str(away))
            else:
                pulse.beat(None)
    return 0


def look_round(home: Home, journal: Journal, client: SyncPrefectClient, runs: PrefectRuns, memory: Memory) -> None:
    """One round. What is away in one part does not keep the others from being done; it is raised at the end."""
    parts: tuple[Callable[[], object], ...] = (
        lambda: _carry_on(home, journal, client, runs, memory),
        lambda: _undo_what_is_over(home, journal, runs, memory),
        lambda: _free(journal),
        lambda: escalate(home, journal, client, runs, memory),
        lambda: _offer(client, memory.picker),
    )
    _each(parts)


def _each(parts: Iterable[Callable[[], object]]) -> None:
    """Do them all; what was away is raised when the others are done."""
    cut: Exception | None = None
    for part in parts:
        try:
            part()
        except AWAY as away:
            cut = cut or away
    if cut is not None:
        raise cut


def _carry_on(home: Home, journal: Journal, client: SyncPrefectClient, runs: PrefectRuns, memory: Memory) -> None:
    """Let go on what is settled, and start again what failed or vanished. One incident does not hold up the others."""
    stories = memory.stories.read([incident.id for incident in journal.incidents(open_only=True, limit=1000)])
    behind = {run: entries for entries in stories if (run := left_alone(entries, journal.clock())) is not None}
    over: set[str] = set()

    def take_up(run: UUID, found: FlowRun | None) -> None:
        entries = behind[run]
        incident = entries[0].incident
        over.add(incident)
        if found is not None:
            reschedule(home, client, run, "The run failed and left its incident open.")
            log.warning("%s: run %s had failed; it starts again.", incident, run)
        else:
            _start(journal, runs, entries, f"{incident}:instead-of:{run}")
            bell.ring(home)
            log.warning("%s: run %s has vanished from Prefect; another goes on.", incident, run)

    def abandoned() -> None:
        seen = memory.runs.look(client, list(behind))
        _each(partial(take_up, run, found) for run, found in seen.items() if is_over(found))

    def settled() -> None:
        _each(partial(_let_go_on, home, journal, entries) for entries in stories if entries[0].incident not in over)

    _each((abandoned, settled))


def _let_go_on(home: Home, journal: Journal, entries: Sequence[Entry]) -> None:
    """See to it that a request which is settled, or whose alert ended, is not waited for any longer."""
    incident = entries[0].incident
    for standing in overdue(journal, entries):
        if standing.state is approvals.State.EXPIRED:  # even when the run behind it is no more
            approvals.lapse(journal, incident, standing.digest)
        became = go_on(home, str(_begun(entries).flow_run), f"It is {standing.state}.", within=0)
        log.info("%s: %s is %s; %s.", incident, standing.digest, standing.state, became)
    if approvals.waiting(entries, journal.clock()) and approvals.unheard_end(entries):
        became = go_on(home, str(_begun(entries).flow_run), "The alert ended.", within=0)
        log.info("%s: its alert ended while somebody was asked; %s.", incident, became)


def _undo_what_is_over(home: Home, journal: Journal, runs: PrefectRuns, memory: Memory) -> None:
    for carried, key in lasting_too_long(journal, memory):
        _start(journal, runs, journal.entries(carried.incident), key)
        bell.ring(home)
        log.info("%s: a run undoes what was temporary.", carried.incident)


def _free(journal: Journal) -> None:
    for freed in leases.sweep(journal):
        log.info("The lease %s is free: whoever had it is gone or done.", freed)


def _offer(client: SyncPrefectClient, picker: Picker | None) -> None:
    if picker is not None and (changed := picker.look(client)):
        log.info("The start forms of %d deployments offer other environments now.", len(changed))


def overdue(journal: Journal, entries: Sequence[Entry]) -> Iterator[approvals.Standing]:
    """Requests that are settled, or over, while nothing has happened since."""
    now, last = journal.clock(), _latest(entries)
    if not isinstance(last.fact, Requested | TaskGiven | Decided | TaskDone | Lapsed | Withdrawn):
        return
    for standing in approvals.standings(entries, now):
        if standing.state is not approvals.State.WAITING and now - last.at >= SETTLING:
            over = (e for e in entries if isinstance(e.fact, Lapsed | Withdrawn))
            ends = (e.number for e in over if getattr(e.fact, "digest", None) == standing.digest)
            settled = max([*ends, *(answer.number for answer in standing.answers)], default=None)
            if settled is None or settled > _begun(entries).number:
                yield standing


def left_alone(entries: Sequence[Entry], now: datetime) -> UUID | None:
    """The run of an open incident in which nothing has happened for a while; nothing after too many begins of one."""
    last, begun = _latest(entries), _begun(entries)
    passes = sum(entry.kind == "taken_up" for entry in entries)
    if begun.flow_run is None or now - last.at < LEFT or passes > PASSES:
        return None
    return UUID(begun.flow_run)


def is_over(run: FlowRun | None) -> bool:
    """Whether a run will not go on by itself. One that Prefect does not know any more was deleted by somebody.

    A crashed run is the worker's to count and to take up, where the worker is ours: those for containers only report
    it. One that somebody cancelled stays cancelled.
    """
    if run is None:
        return True
    over = {StateType.FAILED} if run.work_pool_name == POOL else {StateType.FAILED, StateType.CRASHED}
    return run.state is not None and run.state.type in over


def _latest(entries: Sequence[Entry]) -> Entry:
    """The last entry of the incident's own run, or of an answer to it."""
    return next((entry for entry in reversed(entries) if entry.kind not in BESIDE), entries[0])


def _begun(entries: Sequence[Entry]) -> Entry:
    """The entry with which the last run began to work on the incident; the opening when none has."""
    return next((entry for entry in reversed(entries) if entry.kind == "taken_up"), entries[0])


def lasting_too_long(journal: Journal, memory: Memory) -> Iterator[tuple[Entry, str]]:
    """Temporary changes whose time is up and that nobody has begun to undo, with the key of the run to do so."""
    now = journal.clock()
    for entry in memory.carried.read():
        fact = entry.fact
        if not isinstance(fact, Carried) or fact.expires_at is None or fact.expires_at > now:
            continue
        key = f"{entry.incident}:{fact.mitigation}:undo"
        if key in memory.undoing:
            continue
        if journal.recorded(entry.incident, f"intended:{fact.mitigation}:{Act.UNDO}:1") is None:
            yield entry, key
        else:
            memory.undoing.add(key)


def _start(journal: Journal, runs: PrefectRuns, entries: Sequence[Entry], key: str) -> None:
    """Start a run of the incident's own runbook: it finds in the journal what is left to do."""
    opened, incident = entries[0].fact, entries[0].incident
    assert isinstance(opened, Opened)
    name = opened.runbook
    run = runs.create(
        f"{name}/{name.rpartition('.')[2]}",
        key=key,
        parameters={"params": opened.params, "alert": opened.alert},
        tags=[f"incident:{incident}", f"system:{opened.system}", f"runbook:{name}"],
    )
    journal.assign(str(run), incident)


if __name__ == "__main__":
    sys.exit(main())
