"""Nobody forgotten: pages the next level while an incident or an approval waits.

    the schedule and the watch: escalate   reads journal and run history, creates what is due and was not created
    one run for each page:      page       tells the contacts of one level, and keeps in the journal whom it reached

The history of escalation is the history of `codeblue.page` runs: each is tagged with its incident and level, and its
idempotency key is incident and level, so that however many look, however often, there is one. Should a run of that key
vanish from Prefect, the journal's own unique key refuses the second page.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, cast

from prefect import flow, tags
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterIdempotencyKey
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from blocks.environment import Environment
from blocks.journal_store import journal_url
from blocks.notifier import Address
from blocks.saved import NotSaved, Unfit, saved
from deployments import wakeup
from deployments.apart import each
from deployments.checks import outcome
from deployments.deployed import listed
from deployments.environments import environment_of, kind_of
from deployments.failing import Failing, Failures, failing
from deployments.installation_notifier import installation_addresses, installation_notifier
from deployments.receiver.inbox_queries import left_over
from deployments.receiver.runs import PrefectRuns, Runs
from deployments.stack_home import Home
from deployments.watch_memory import Memory
from deployments.worker_watch import reschedule
from journal import leases, policy
from journal.chain import Entry
from journal.facts.closed import Closed, Notified
from journal.facts.opened import Opened
from journal.facts.policy import Escalated
from journal.facts.words import Ending
from journal.shadow import quiet
from journal.store import Journal
from tasks.document import write_timeline
from tasks.message import page as worded
from tasks.notify import tell_all
from tasks.policy import draw, installation, on_duty

log = logging.getLogger("codeblue.escalation")

PAGES = "codeblue.page/page"
TAG = "page"
"""The deployment of pages, and the tag of every page run."""

UNTAKEN = timedelta(seconds=20)
"""How long an incident may be without a run that draws its escalation policy, and a page without a worker."""

AGAIN = timedelta(seconds=30)
"""After how long a page whose run is over, and which nobody was told, is tried again; doubled each time."""

PAGING = "paging"
"""What fails for an incident that nobody can be paged for."""

LONG = timedelta(minutes=2)
"""How long something may fail until the installation is told: most of it is over by the next round."""

TELLING = timedelta(minutes=5)
"""How long telling the contacts of one level may take, all tries included."""


# -- one page ---------------------------------------------------------------------------------------------------------


_paging: Any = cast("Any", flow)(
    name="codeblue.page",
    flow_run_name="{incident} {name}",
    task_runner=ThreadPoolTaskRunner(max_workers=16),
    persist_result=False,
)


@_paging
def page(
    incident: Annotated[str, Field(description="The incident that waits.")],
    name: Annotated[
        str, Field(description="The page, as the escalation policy names it: a level such as L1, or L1:2.")
    ],
) -> State[Any]:
    """Tell the contacts of one level that an incident waits for them."""
    with Journal.connect(journal_url()) as journal:
        lease, holder = f"page:{incident}:{name}", leases.me()
        if not leases.acquire(journal, lease, holder, TELLING):
            return Completed(name="NotNeeded", message="Another process is telling this page.")
        try:
            return _tell(journal, incident, name)
        finally:
            leases.release(journal, lease, holder)


def _tell(journal: Journal, incident: str, name: str) -> State[Any]:
    """Tell everyone who was not told by an earlier try; then, and only then, the page is done."""
    entries, now = journal.entries(incident), journal.clock()
    found = next((one for one in policy.due(entries, now, quiet=quiet(journal)) if one.name == name), None)
    own = policy.policy_of(entries)
    if found is None or own is None:
        return Completed(name="NotNeeded", message="It was told already, nobody waits any more, or it is in shadow.")
    run = _run_id()
    addresses, blind = _behind(own.block, found.contacts, now)
    keys = {f"notified:{found.name}:{one.to}": one for one in addresses}
    before = _told_before(entries)
    title, text = worded(entries, found, now)

    def say(key: str, fact: Notified) -> None:
        # A failed try is kept under a key of its own, so that a later one can succeed.
        journal.append(incident, key if fact.delivered else f"{key}:{run}", fact, flow_run=run)

    tell_all({key: one for key, one in keys.items() if key not in before}, title, text, say)
    after = _told_before(journal.entries(incident))
    told = tuple(one.to for key, one in keys.items() if key in after)
    why = " ".join(
        part for part in (found.why, blind, "" if told else "Nobody of this level could be reached.") if part
    )
    journal.append(incident, found.key, Escalated(level=found.level, told=told, why=why), flow_run=run)
    if any(isinstance(entry.fact, Closed) for entry in entries):
        write_timeline(journal, incident)
    words = f"Told {', '.join(told)}." if told else "Nobody could be reached; the next level is due."
    return Completed(name="Told" if told else "InVain", message=words)


def _told_before(entries: Sequence[Entry]) -> set[str]:
    return {entry.key for entry in entries if isinstance(entry.fact, Notified) and entry.fact.delivered}


def _run_id() -> str | None:
    context = FlowRunContext.get()
    return str(context.flow_run.id) if context and context.flow_run else None


def _behind(block: str, contacts: tuple[str, ...], now: datetime) -> tuple[tuple[Address, ...], str]:
    """Whom to tell: the contacts as they are saved now; without them, the installation. And why not the contacts."""
    slug, _, name = block.partition("/")
    try:
        kind = kind_of(slug)
        if kind is None:
            raise NotSaved(f"There is no kind of block {slug!r}.")  # noqa: TRY301  (told like one that is not saved)
        found = saved(kind, name)
        return (on_duty(found, contacts, now) if isinstance(found, Environment) else installation_addresses()), ""
    except (NotSaved, Unfit) as missing:
        return installation_addresses(), str(missing)


# -- which pages ------------------------------------------------------------------------------------------------------


@flow(name="codeblue.escalation", persist_result=False)
def escalation() -> State[Any]:
    """See to it that every page that is due has its run. Started by the clock; the watch does the same in between."""
    home = Home.at()
    with (
        Journal.connect(journal_url()) as journal,
        get_client(sync_client=True) as client,
        PrefectRuns(str(client.api_url)) as runs,
    ):
        made = escalate(home, journal, client, runs, Memory(journal, Failures(home, "escalation")))
        tell_the_installation(journal, failing(home))
    return Completed(
        message=f"{made} pages were due." if made else "Nobody waits for longer than their escalation policy says."
    )


def escalate(home: Home, journal: Journal, client: SyncPrefectClient, runs: Runs, memory: Memory | None = None) -> int:
    """Create the run of every page that is due and has none; how many were due. The longest waiting come first.

    An incident that fails is noted in the memory's failures and keeps no other from being paged.
    """
    memory = memory or Memory(journal)
    waiting = list(dict.fromkeys(_waiting(journal, memory)))
    memory.stories.keep(set(waiting))
    counts: list[int] = []
    silent = quiet(journal)

    def look(known: Sequence[Entry]) -> None:
        entries = known if policy.policy_of(known) else _with_policy(journal, known)
        pages = policy.due(entries, journal.clock(), quiet=silent)
        counts.append(len(pages))
        history = _history(client, [one for one in pages if one.contacts])
        for one in pages:
            if not one.contacts:
                why = f"{one.why} No contact is saved for this level."
                journal.append(one.incident, one.key, Escalated(level=one.level, told=(), why=why))
            elif one.name not in history:
                _create(home, runs, entries, one)
            else:
                _see_to(home, client, history[one.name], one, journal.clock())
        if not pages and policy.walked(entries):
            memory.settled.add(entries[0].incident)

    stories = memory.stories.read(waiting)
    each(memory.failures, PAGING, [(known[0].incident, partial(look, known)) for known in stories])
    return sum(counts)


def tell_the_installation(journal: Journal, found: Sequence[Failing]) -> None:
    """Tell the notifier saved as `installation`, once each, what nobody else may notice.

    That is what has failed for a while, and alerts that started nothing: of one name and system, once a day.
    """
    now = journal.clock()
    marks = {
        f"{one.part}:{one.whose}:{one.since:%Y-%m-%dT%H:%M:%S}"[:300]: str(one)
        for one in found
        if now - one.since > LONG
    }
    for one in left_over(journal, since=now - timedelta(days=1)):
        which = f"{one.name[:100]}:{one.place}"  # systems may have alerts of the same name
        marks.setdefault(f"{one.why}:{one.format}:{which}:{one.received_at:%Y-%m-%d}", str(one))
    if marks:
        told = [outcome.Found(mark=mark, text=text) for mark, text in marks.items()]
        outcome.tell(journal, "upkeep", told, installation_notifier())


def _waiting(journal: Journal, memory: Memory) -> Iterator[str]:
    """Open incidents, the longest open first, and those that ended unresolved a short while ago."""
    yield from (incident.id for incident in journal.every_open())
    for entry in memory.closed.read():
        unresolved = isinstance(entry.fact, Closed) and entry.fact.ending is Ending.UNRESOLVED
        if unresolved and entry.incident not in memory.settled:
            yield entry.incident


def _with_policy(journal: Journal, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Draw the escalation policy of an incident that no run has taken up, for it waits, too.

    Where its environment is not saved, or does not fit, nobody is known by name: the installation is told instead.
    """
    opened, incident = entries[0].fact, entries[0].incident
    assert isinstance(opened, Opened)
    closed = any(isinstance(entry.fact, Closed) for entry in entries)
    if not closed and journal.clock() - entries[0].at < UNTAKEN:
        return entries
    one = next((one for one in listed() if one.runbook == opened.runbook), None)
    runbook = one.declaration if one is not None else None
    try:
        env = saved(environment_of(opened.runbook), opened.environment) if runbook is not None else None
    except (LookupError, NotSaved, Unfit):
        env = None
    drawn = draw(runbook, env, opened.environment) if runbook is not None and env is not None else installation(runbook)
    journal.append(incident, policy.KEY, drawn)
    return journal.entries(incident)


def _history(client: SyncPrefectClient, pages: Sequence[policy.Page]) -> dict[str, FlowRun]:
    """The runs of these pages, by page. Known by their flow and key: tags, names and parameters anybody may give."""
    if not pages:
        return {}
    keys = {_key(one): one.name for one in pages}
    found = client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[page.name])),
        flow_run_filter=FlowRunFilter(idempotency_key=FlowRunFilterIdempotencyKey(any_=list(keys))),
    )
    return {keys[run.idempotency_key]: run for run in found if run.idempotency_key in keys}


def _key(one: policy.Page) -> str:
    return f"{one.incident}:{one.name}"


def _create(home: Home, runs: Runs, entries: Sequence[Entry], one: policy.Page) -> None:
    opened = entries[0].fact
    assert isinstance(opened, Opened)
    run = runs.create(
        PAGES,
        key=_key(one),
        parameters={"incident": one.incident, "name": one.name},
        tags=[TAG, f"incident:{one.incident}", f"level:{one.level}", f"system:{opened.system}"],
    )
    wakeup.ring(home, run)
    log.warning("%s: page %s is due (%s)", one.incident, one.name, one.why)


def _see_to(home: Home, client: SyncPrefectClient, run: FlowRun, one: policy.Page, now: datetime) -> None:
    """A page has its run and nobody was told: start it again if it is over, carry it out here if nobody takes it.

    Also when it has run for longer than telling may take, or was paused: whoever tells holds a lease for as long.
    """
    state = run.state
    if state is None:
        return
    waited = now - state.timestamp
    if state.is_final():
        if waited > AGAIN * 2 ** min(max(run.run_count - 1, 0), 6):
            reschedule(home, client, run.id, "The page is due and nobody was told.")
    elif waited > (TELLING if state.is_running() else UNTAKEN):
        log.warning("%s: no worker takes page %s; it is told from here.", one.incident, one.name)
        with tags(TAG, f"incident:{one.incident}", f"level:{one.level}", "without-worker"):
            page(one.incident, one.name)
