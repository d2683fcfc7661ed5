"""A runbook with something planted in it, carried out by Prefect and within this process: for tests of twins."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient

from blocks.environment import Environment
from blocks.notifier import Notifier
from flows.follow import follow
from flows.incident import runbook_flow
from journal import clock
from journal.chain import Entry
from journal.store import Journal
from runbook import (
    Context,
    Escalation,
    Facts,
    Form,
    Hypothesis,
    Level,
    Runbook,
    Severity,
    Temporary,
    look,
    probe,
)
from sandbox.rehearsal import variables
from sandbox.within.clock import PracticeClock
from sandbox.within.engine import ProcessEngine
from tasks.engine import Run, carried_by


class Bench(Environment):
    """Nothing but a place to look from."""

    _block_type_name = "Code Blue twins"
    _block_type_slug = "codeblue-twins"


class Params(Form):
    environment: str = "twins"
    wall: bool = False
    stumbles: int = 0


class Waited(Facts):
    """Whether a wait of a second took one."""

    long: bool


STUMBLED: list[int] = []
"""How often the look has failed in this pass."""


@look("twins:look", bound="one moment")
def read_wait(params: Params) -> Waited:
    """Wait for a second, and say whether it took one, by our clock or (planted) by the machine's."""
    if len(STUMBLED) < params.stumbles:
        STUMBLED.append(1)
        raise Temporary("It stumbled.")
    ask = time.monotonic if params.wall else clock.monotonic
    began = ask()
    clock.sleep(1)
    return Waited(long=ask() - began > 0.5)


@probe(read_wait, asks="Does a second take a second?", source="devised")
def wait(c: Context[Bench, Params]) -> Waited:
    return read_wait(c.params)


LONG = wait.shows("a second takes a second", lambda r: r.long)
SHORT = wait.shows("a second takes less", lambda r: not r.long)
TIME = Hypothesis(name="time", claim="It is time.", supported_by=(LONG,), refuted_by=(SHORT,), source="devised")
RUNBOOK = Runbook[Bench, Params](
    name="twins.wait",
    title="Waiting",
    about="A second is waited for.",
    source="devised",
    version="1",
    severity=Severity.INFO,
    environment="twins",
    symptom=LONG,
    hypotheses=(TIME,),
    mitigations=(),
    escalation=Escalation(issue="x", source="devised", levels=(Level(name="L1", after=timedelta(minutes=3)),)),
    review_by=date(2030, 1, 1),
)


@runbook_flow(RUNBOOK)
def twins_wait(params: Params) -> Any:
    """Wait."""
    return follow(RUNBOOK, Bench, params, None)


def really(params: Params, client: SyncPrefectClient, folder: Path) -> tuple[Entry, ...]:
    """The journal of a run by Prefect."""
    assert client.api_url
    Bench(notifier=Notifier()).save("twins", overwrite=True, _sync=True)
    STUMBLED.clear()
    with _journal(folder) as journal:
        twins_wait(params, return_state=True)
        return _only(journal)


def within(params: Params, folder: Path, engine: type[ProcessEngine] = ProcessEngine) -> tuple[Entry, ...]:
    """The journal of a run within this process."""
    STUMBLED.clear()
    with _journal(folder) as journal, clock.use(PracticeClock(live=lambda: None)):
        here = engine({"twins": Bench(notifier=Notifier())}, journal)
        with carried_by(here):
            assert here.during(Run(id="one"), lambda: twins_wait.fn(params))
        return _only(journal)


@contextmanager
def _journal(folder: Path) -> Iterator[Journal]:
    folder.mkdir()
    url = f"sqlite:///{folder / 'journal.db'}"
    with variables({"CODEBLUE_HOME": str(folder), "CODEBLUE_JOURNAL": url}), Journal.connect(url) as journal:
        yield journal


def _only(journal: Journal) -> tuple[Entry, ...]:
    (incident,) = journal.incidents()
    return tuple(journal.entries(incident.id))
