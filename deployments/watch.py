"""The watch: sees to it that nothing waits for ever. A process of its own, beside worker and receiver.

    python -m deployments.watch [--every SECONDS] [--ping URL]

Each round it lets go on what is settled but still suspended (an approval that expired, or that was given while Prefect
was away) or whose alert ended meanwhile, has those look again that wait for what ends by itself or are in shadow,
starts again what failed or vanished and left its incident open, starts a run for each temporary change whose time is
up, frees the leases of the dead, sees to pages that are due (`escalating`), and keeps the environments in the start
forms up to date (`picker`).
What a person did to a run in Prefect (completed, cancelled or deleted it) is journaled, and the incident goes on or
ends (`interrupted`). Killed runs are the worker's to take up (`worker_watch`). Every step is safe to repeat: the
journal decides. One incident that fails keeps no other from its turn; it is noted (`failing`).

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
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from blocks.journal_store import journal_url
from deployments import interrupted, wakeup
from deployments.apart import Cut, each, is_away
from deployments.escalating import escalate
from deployments.failing import Failures, reason
from deployments.picker import FORMS, Picker
from deployments.receiver.runs import NoRunError, PrefectRuns
from deployments.resume import resume
from deployments.stack_home import POOL, Home
from deployments.watch_memory import Memory
from deployments.watch_note import Pulse
from deployments.worker_watch import reschedule
from journal import approvals, leases, shadow, under_way, waits
from journal.chain import Entry
from journal.clean_output import keep_clean
from journal.facts.closed import Closed
from journal.facts.decided import Decided, Lapsed, Requested, TaskDone, TaskGiven, Withdrawn
from journal.facts.done import Carried
from journal.facts.opened import Opened
from journal.facts.words import Act
from journal.store import Journal
from runbook import Permanent
from tasks.case import try_in

log = logging.getLogger("codeblue.watch")

SETTLING = timedelta(seconds=2)
"""How long a settled request is left to whoever settled it."""

PING = "CODEBLUE_PING"
"""The environment variable with the address that is asked for after whole rounds."""

LEFT = timedelta(seconds=5)
PASSES = 10
"""How long an incident must be left alone before its run is looked at, and how often one run is begun at most."""

UNDONE_BY = timedelta(minutes=10)
"""How long a run that undoes what was temporary has to begin until another is started, and then twice as long."""

BESIDE = frozenset({"joined", "noted", "notified", "escalated", "acknowledged", "confirmed"})
"""Kinds of entries that are made beside a run and say nothing about how far it is."""


def main(argv: Sequence[str] | None = None) -> int:
    """Watch until told to end."""
    parser = argparse.ArgumentParser(prog="python -m deployments.watch")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between rounds")
    parser.add_argument("--ping", default=os.environ.get(PING), help="address to ask for after whole rounds")
    options = parser.parse_args(argv)
    keep_clean()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    over = threading.Event()

    def end(_number: int, _frame: object) -> None:
        over.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    home, pulse = Home.at(), Pulse(home=Home.at(), address=options.ping)
    with (
        # What is away now is asked again in the next round; Prefect's own retries would hold up everything for minutes.
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
        Journal.connect(journal_url()) as journal,
        get_client(sync_client=True) as client,
        PrefectRuns(os.environ["PREFECT_API_URL"]) as runs,
    ):
        failures = Failures(home, "watch")
        memory = Memory(journal, failures, Picker(failures=failures))
        while not over.wait(float(options.every)):
            pulse.beat(look_round(home, journal, client, runs, memory))
    return 0


def look_round(
    home: Home, journal: Journal, client: SyncPrefectClient, runs: PrefectRuns, memory: Memory
) -> str | None:
    """One round; why it was not whole, if it was not. What fails in one part keeps no other from being done."""
    parts: dict[str, Callable[[], object]] = {
        "going on": lambda: _carry_on(home, journal, client, runs, memory),
        "undoing": lambda: _undo_what_is_over(home, journal, runs, memory),
        "freeing leases": lambda: _free(journal),
        "paging": lambda: escalate(home, journal, client, runs, memory),
        "start forms": lambda: _offer(client, memory.picker),
    }
    trouble: str | None = None
    for name, part in parts.items():
        try:
            part()
        except Exception as error:  # noqa: BLE001  (the watch must outlive whatever it meets: nobody else pages)
            if is_away(error):
                log.warning("This round was cut short and will be made up for: %s", error)
            else:
                memory.failures.note(name, "all", error)
            trouble = trouble or f"{name}: {reason(error)}"
        else:
            memory.failures.over(name, "all")
    # A start form is nobody's emergency; all else that fails may leave somebody waiting, so the round was not whole.
    left = [one for one in memory.failures.now() if one.part not in {FORMS, "start forms"}]
    return trouble or next(map(str, left), None)


def _carry_on(home: Home, journal: Journal, client: SyncPrefectClient, runs: PrefectRuns, memory: Memory) -> None:
    """Take up what lost its run, and let go on what is settled; the incident that is open longest comes first."""
    open_ = [incident.id for incident in journal.every_open()]
    undoing = _under_way(memory).difference(open_)
    stories = memory.stories.read([*open_, *undoing])
    stories = [one for one in stories if one[0].incident not in undoing or under_way.open_act(one) is not None]
    behind: dict[UUID, Sequence[Entry]] = {}
    over: set[str] = set()

    def look(entries: Sequence[Entry]) -> None:
        if (run := left_alone(entries, journal.clock())) is not None:
            behind[run] = entries

    each(memory.failures, "finding its run", [(entries[0].incident, partial(look, entries)) for entries in stories])

    def abandoned() -> None:
        seen = memory.runs.look(client, list(behind))
        lost = {behind[run][0].incident: (run, found) for run, found in seen.items() if is_over(found)}
        over.update(lost)
        take_up = partial(_take_up, home, journal, client, runs)
        work = [(incident, partial(take_up, behind[run], run, found)) for incident, (run, found) in lost.items()]
        each(memory.failures, "taking it up again", work)

    def settled() -> None:
        left = [(entries[0].incident, entries) for entries in stories if entries[0].incident not in over]
        let_go = partial(_let_go_on, home, journal, memory)
        each(memory.failures, "letting it go on", [(incident, partial(let_go, entries)) for incident, entries in left])

    cut: Exception | None = None
    for part in (abandoned, settled):
        try:
            part()
        except (Cut, httpx.HTTPError) as away:
            cut = cut or away
    if cut is not None:
        raise cut


def _under_way(memory: Memory) -> set[str]:
    """The incidents with an act that is under way; also closed ones, whose temporary change may take long to undo."""
    over = {(entry.incident, entry.key) for entry in memory.carried.read()}
    acts = ((entry.incident, entry.key.replace("under_way:", "carried:", 1)) for entry in memory.acts.read())
    return {incident for incident, outcome in acts if (incident, outcome) not in over}


def _take_up(  # noqa: PLR0917  (four that every part of a round has, and three that say which)
    home: Home,
    journal: Journal,
    client: SyncPrefectClient,
    runs: PrefectRuns,
    entries: Sequence[Entry],
    run: UUID,
    found: FlowRun | None,
) -> None:
    """Start again what failed; end what somebody cancelled; let another run go on where somebody took one away."""
    incident, how = entries[0].incident, interrupted.what(found)
    if how is interrupted.What.CANCELLED:
        interrupted.end(journal, entries, run)
        return
    if how is not interrupted.What.FAILED:
        interrupted.note(journal, incident, run, how)
    _not_for_ever(entries, found)
    if how is interrupted.What.FAILED:
        reschedule(home, client, run, "The run failed and left its incident open.")
        log.warning("%s: run %s had failed; it starts again.", incident, run)
    else:
        _start(journal, runs, entries, f"{incident}:instead-of:{run}")
        wakeup.ring(home)


def _let_go_on(home: Home, journal: Journal, memory: Memory, entries: Sequence[Entry]) -> None:
    """See to it that what is settled, or whose alert ended, is not waited for any longer, and that waits are looked at.

    A pass too many does nothing, so it is enough to remember here when the last look was.
    """
    incident = entries[0].incident
    for standing in overdue(journal, entries):
        if standing.state is approvals.State.EXPIRED:  # even when the run behind it is no more
            approvals.lapse(journal, incident, standing.digest)
        became = resume(home, str(_begun(entries).flow_run), f"It is {standing.state}.", within=0)
        log.info("%s: %s is %s; %s.", incident, standing.digest, standing.state, became)
    if approvals.waiting(entries, journal.clock()) and approvals.unheard_end(entries):
        became = resume(home, str(_begun(entries).flow_run), "The alert ended.", within=0)
        log.info("%s: its alert ended while somebody was asked; %s.", incident, became)
    now, pause = journal.clock(), waits.paused(entries)
    lifted = pause is not None and pause.shadow and _opened(entries).system not in shadow.quiet(journal)
    if waits.due(entries, memory.looked.get(incident), now, lifted=lifted):
        memory.looked[incident] = now
        became = resume(home, str(_begun(entries).flow_run), "It is time to look whether it is over.", within=0)
        log.info("%s: it is time to look whether it is over; %s.", incident, became)


def _undo_what_is_over(home: Home, journal: Journal, runs: PrefectRuns, memory: Memory) -> None:
    def undo(incident: str, key: str, intent: str) -> None:
        if journal.recorded(incident, intent) is not None:
            memory.undoing.add((incident, intent))
            return
        _start(journal, runs, journal.entries(incident), key)
        wakeup.ring(home)
        log.info("%s: a run undoes what was temporary.", incident)

    over = lasting_too_long(journal, memory)
    work = [(f"{entry.incident}:{intent}", partial(undo, entry.incident, key, intent)) for entry, key, intent in over]
    each(memory.failures, "undoing what was temporary", work)


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
    """The run of an open incident in which nothing has happened for a while. Raises Permanent where its id is none."""
    last, begun = _latest(entries), _begun(entries)
    if begun.flow_run is None or now - last.at < LEFT:
        return None
    try:
        return UUID(begun.flow_run)
    except ValueError:
        why = f"Entry {begun.number} names a run that cannot be one, so nobody knows whether it goes on."
        raise Permanent(f"{why} Look at `codeblue show {begun.incident}` and start the runbook again.") from None


def _not_for_ever(entries: Sequence[Entry], found: FlowRun | None) -> None:
    """Raises Permanent for an incident that was begun too often to be begun once more.

    Passes that only look whether a wait is over are not recorded; Prefect counts those that followed no suspension.
    """
    passes = sum(entry.kind == "taken_up" for entry in entries)
    if found is not None and waits.paused(entries) is not None:
        passes = max(passes, found.run_count)
    if passes > PASSES:
        raise Permanent(
            f"Its run was begun {passes} times and is over; look at `codeblue show {entries[0].incident}`, fix what"
            " ends it, and start it again in Prefect."
        )


def is_over(run: FlowRun | None) -> bool:
    """Whether a run will not go on by itself. One that Prefect does not know any more was deleted by somebody.

    A crashed run is the worker's to count and to take up, where the worker is ours: those for containers only report
    it.
    """
    if run is None:
        return True
    over = {StateType.FAILED, StateType.COMPLETED, StateType.CANCELLED}
    if run.work_pool_name != POOL:
        over.add(StateType.CRASHED)
    return run.state is not None and run.state.type in over


def _latest(entries: Sequence[Entry]) -> Entry:
    """The last entry of the incident's own run, or of an answer to it."""
    return next((entry for entry in reversed(entries) if entry.kind not in BESIDE), entries[0])


def _begun(entries: Sequence[Entry]) -> Entry:
    """The entry with which the last run began to work on the incident; the opening when none has."""
    return next((entry for entry in reversed(entries) if entry.kind == "taken_up"), entries[0])


def _opened(entries: Sequence[Entry]) -> Opened:
    opened = entries[0].fact
    assert isinstance(opened, Opened)
    return opened


def lasting_too_long(journal: Journal, memory: Memory) -> Iterator[tuple[Entry, str, str]]:
    """Temporary changes whose time is up: with the key of the run that undoes each, and of the intent it begins with.

    Those that somebody is known to have begun to undo are left out. A run that died before it began is never started
    again by its own key, and its incident may be closed: so ever more rarely the key is another one.
    """
    now = journal.clock()
    for entry in memory.carried.read():
        fact = entry.fact
        if not isinstance(fact, Carried) or fact.expires_at is None or fact.expires_at > now:
            continue
        tried = try_in(entry.key)
        intent, late = f"intended:{tried}:{Act.UNDO}:1", ((now - fact.expires_at) // UNDONE_BY).bit_length()
        if (entry.incident, intent) not in memory.undoing:
            yield entry, f"{entry.incident}:{tried}:undo{f':{late + 1}' if late else ''}", intent


def _start(journal: Journal, runs: PrefectRuns, entries: Sequence[Entry], key: str) -> None:
    """Start a run of the incident's own runbook: it finds in the journal what is left to do.

    Raises NoRunError. When Prefect will never store such a run, an incident that is open ends, saying so.
    """
    opened, incident = _opened(entries), entries[0].incident
    name = opened.runbook
    try:
        run = runs.create(
            f"{name}/{name.rpartition('.')[2]}",
            key=key,
            parameters={"params": opened.params, "alert": opened.alert},
            tags=[f"incident:{incident}", f"system:{opened.system}", f"runbook:{name}"],
        )
    except NoRunError as none:
        if none.refused and not any(isinstance(entry.fact, Closed) for entry in entries):
            interrupted.never_runs(journal, incident, str(none))
            return
        raise
    journal.assign(str(run), incident)


if __name__ == "__main__":
    sys.exit(main())
