"""Taking an incident up: which one this flow run works on, that nobody else does, and what its flow looks like."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar, cast

from prefect import Flow, flow
from prefect.settings import get_current_settings
from prefect.task_runners import ThreadPoolTaskRunner

from blocks.saved import NotSaved, Unfit
from flows.comparing import opened_by, turn_away, unlike_opened
from journal import clock, leases, waits
from journal.errors import JournalError
from journal.facts.closed import Closed
from journal.facts.opened import Opened, TakenUp
from journal.facts.words import Ending
from journal.policy import KEY as POLICY
from journal.policy import WRITTEN_KEY as WRITTEN_POLICY
from journal.redaction.faults import says_no_secrets
from journal.shadow import settle
from journal.store import Journal
from runbook import Alert, Context, Form, Permanent, Runbook
from runbook.alert import fingerprint_of
from tasks.case import CLOSED, Case, E, P
from tasks.document import write_timeline
from tasks.engine import engine
from tasks.policy import draw

A = ParamSpec("A")
R = TypeVar("R")

LEASE = timedelta(seconds=15)
BEAT = 5.0
"""How long an incident is ours without a sign of life, and how often (seconds) one is given."""

FROM = "handed-off-from:"
"""Begins the tag of a run that another incident's runbook started."""

PATIENCE = timedelta(minutes=5)
"""How long to wait for an incident that another process is working on."""


def runbook_flow(runbook: Runbook[Any, Any]) -> Callable[[Callable[A, R]], Flow[A, R]]:
    """Decorate a runbook's flow: named after it, all probes at once, results kept in the journal and not by Prefect."""
    decorate: Any = cast("Any", flow)(
        name=runbook.name,
        flow_run_name=f"{runbook.title}: {{params.environment}}",
        task_runner=ThreadPoolTaskRunner(max_workers=32),
        persist_result=False,
        validate_parameters=True,
        retries=0,
        log_prints=False,
    )
    return lambda function: decorate(says_no_secrets(function))  # its errors go into Prefect's states and logs


@contextmanager
def take_up(
    runbook: Runbook[E, P], environment: type[E], params: P, alert: Alert | None
) -> Generator[Case[E, P], None, None]:
    """The incident of this flow run, held by a lease with a heartbeat while the block runs.

    Raises `Permanent` when the environment is not saved, or not fit, and for a run of something else than was opened.
    """
    run = _flow_run_id()
    with engine().journal() as journal:
        incident = journal.incident_of(run) or _tagged() or _open(journal, runbook, params, alert, run)
        holder, name = leases.me(), f"incident:{incident}"
        if (wrong := unlike_opened(runbook, params, journal.entries(incident))) is not None:
            turn_away(journal, incident, run, environment, wrong)
        with _held(journal, name, holder):
            journal.assign(run, incident)
            case = Case(
                runbook=runbook,
                context=Context(env=_load(environment, params, journal, incident), params=params, alert=alert),
                journal=journal,
                incident=incident,
                requested_by=_opened(journal, incident).requested_by,
                flow_run=run,
                holder=holder,
            )
            if not waits.only_looks(journal.entries(incident), run):  # one of many passes that tell nothing new
                passes = _passes(journal, incident) + 1
                case.say(f"taken_up:{holder}", TakenUp(holder=holder, pass_number=passes, ui=_ui()))
            if journal.recorded(incident, WRITTEN_POLICY) is None:
                case.say(POLICY, draw(runbook, case.context.env, params.environment))
            yield case


def _flow_run_id() -> str:
    if (run := engine().run()) is None:
        raise Permanent(
            "A runbook runs as a Prefect flow run; start it by an alert, a schedule, the UI or `codeblue run`."
        )
    return run.id


def _tagged() -> str | None:
    """The incident that whoever created the run says it is for. Anybody can say so: `unlike_opened` compares."""
    run = engine().run()
    return next((tag.partition(":")[2] for tag in (run.tags if run else ()) if tag.startswith("incident:")), None)


def _open(journal: Journal, runbook: Runbook[E, P], params: P, alert: Alert | None, run: str) -> str:
    """Open the incident of a run that somebody started without an alert, and tag the run with it."""
    opened = opening(runbook, params, alert, requested_by=_starter(journal))
    incident, _new = journal.open_incident(opened, flow_run=run)
    engine().tag(run, tags(incident.id, runbook))
    return incident.id


def opening(runbook: Runbook[E, P], params: P, alert: Alert | None, *, requested_by: str) -> Opened:
    """What the journal says first about an incident. Also used by the receiver, before there is a flow run."""
    given = params.model_dump_json()
    return Opened(
        title=runbook.title,
        runbook=runbook.name,
        runbook_version=runbook.version,
        system=runbook.system,
        environment=params.environment,
        severity=alert.severity if alert else runbook.severity,
        fingerprint=alert.fingerprint if alert else fingerprint_of(runbook.name, given),
        params=params.model_dump(mode="json"),
        alert=alert.model_dump(mode="json") if alert else None,
        requested_by=requested_by,
    )


def tags(incident: str, runbook: Runbook[Any, Any]) -> list[str]:
    """What makes an incident's runs findable in Prefect's history."""
    return [
        f"incident:{incident}",
        f"system:{runbook.system}",
        f"runbook:{runbook.name}",
        f"severity:{runbook.severity}",
    ]


def _starter(journal: Journal) -> str:
    """Who started this run by hand, as far as Prefect knows; of one that was handed over, whoever started the first.

    Somebody who may not approve what they asked for may not do so by way of another runbook either.
    """
    run = engine().run()
    sender = next((tag.removeprefix(FROM) for tag in (run.tags if run else ()) if tag.startswith(FROM)), None)
    if sender is not None:
        with suppress(JournalError):
            opening = journal.recorded(sender, "opened")  # by itself: what else is there may be unreadable
            if opening is not None and isinstance(opening.fact, Opened):
                return opening.fact.requested_by
    return run.starter if run and run.starter else "prefect-ui"


def _ui() -> str | None:
    """Where people see Prefect's flow runs, for the links of the timeline."""
    return get_current_settings().ui_url


def _passes(journal: Journal, incident: str) -> int:
    return sum(isinstance(entry.fact, TakenUp) for entry in journal.entries(incident))


def _opened(journal: Journal, incident: str) -> Opened:
    return opened_by(journal.entries(incident))


def _load(environment: type[E], params: Form, journal: Journal, incident: str) -> E:
    """The saved environment. Without one nothing can be looked at, so the incident is closed, saying so."""
    try:
        return engine().environment(environment, params.environment)
    except (NotSaved, Unfit) as missing:
        settle(journal, incident)
        journal.append(incident, CLOSED, Closed(ending=Ending.UNRESOLVED, text=str(missing)))
        write_timeline(journal, incident)
        raise


@contextmanager
def _held(journal: Journal, name: str, holder: str) -> Generator[None, None, None]:
    """Hold the incident. Another living process that holds it is waited for: it does our work."""
    deadline = clock.monotonic() + PATIENCE.total_seconds()
    while not leases.acquire(journal, name, holder, LEASE):
        if clock.monotonic() > deadline:
            raise Permanent(
                f"{leases.holder_of(journal, name)} has been working on this incident for {PATIENCE}; look there."
            )
        clock.sleep(0.2)
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            leases.renew(journal, name, holder, LEASE)

    threading.Thread(target=beat, name="incident-heartbeat", daemon=True).start()
    try:
        yield
    finally:
        over.set()
        leases.release(journal, name, holder)
