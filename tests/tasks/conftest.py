"""The shared world as an environment, and what sees to it that tests show the cases that they are marked with."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from blocks.rung import Rung
from journal.store import Journal
from runbook import Plan
from runbook.change import CHANGES
from sandbox.aws import Aws
from sandbox.systems.rung.wiring import rung
from sandbox.systems.rung.world import World
from tests.contract.runbooks import made_by_runbooks
from tests.tasks.account import standing
from tests.tasks.cases import GUARDRAIL, Guarded, Met, alone, claims, watch
from tests.tasks.guardrails import try_guardrail
from tests.tasks.tables import APPLICATION, Reading
from tests.tasks.valkey import valkey as valkey  # noqa: PLC0414 # a fixture
from tests.tasks.valkey import valkey_server as valkey_server  # noqa: PLC0414 # a fixture


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Say it in a sentence when tests cannot be imported for a mark that names no case."""
    report = yield
    if report.failed and (told := alone()) is not None:
        report.longrepr = told
    return report


@pytest.fixture
def world(running_world: World) -> Iterator[World]:
    """The shared world; afterwards every fault is healed."""
    yield running_world
    if running_world.broken:
        running_world.heal()


@pytest.fixture
def env(running_world: World) -> Rung:
    return rung(running_world.facts)


@pytest.fixture
def blind(running_world: World) -> Rung:
    """The same for identities that may see nothing."""
    return rung(running_world.facts, reader="rung_blind", blind_aws=True)


@pytest.fixture
def app(running_world: World) -> Iterator[psycopg.Connection]:
    """A session of the application, under a name of its own."""
    with client_of(running_world) as connection:
        yield connection


@pytest.fixture
def victim(running_world: World) -> Iterator[psycopg.Connection]:
    """Another one, that has to wait for the first."""
    with client_of(running_world) as connection:
        yield connection


@contextmanager
def client_of(world: World) -> Iterator[psycopg.Connection]:
    connection = psycopg.connect(world.facts.dsn("rung_app", application_name=APPLICATION), autocommit=True)
    try:
        yield connection
    finally:
        connection.cancel_safe()  # closing does not end what the server is doing, and others would wait for it
        connection.close()  # not by `with`, which commits: some of these sessions were ended


@pytest.fixture
def admin(running_world: World) -> Iterator[psycopg.Connection]:
    """An administrator of the database; afterwards no test's index is there."""
    with psycopg.connect(running_world.facts.database.admin(), autocommit=True) as connection:
        yield connection
        for name in ("idx_audit_logs_created_at", "idx_sessions_client_id"):
            connection.execute(f"DROP INDEX IF EXISTS {name}")


@pytest.fixture
def scanned(running_world: World) -> Iterator[None]:
    """Somebody reads a table from end to end while the test looks."""
    with Reading(running_world):
        yield


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """An account with nothing behind it, for what touches no world."""
    with standing(tmp_path_factory.mktemp("account")) as aws:
        yield aws


@pytest.fixture(autouse=True)
def met(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Met]:
    """Which changes were met in which cases; a test that is marked with others fails."""
    claimed: Met = claims(request.node.iter_markers())
    seen: Met = set()
    for change in {change for change, _ in claimed}:
        watch(change, seen, monkeypatch)
    yield seen
    missed = sorted(f"{change.name} {case}" for change, case in claimed - seen)
    assert not missed, f"the test is marked with cases that it does not show: {', '.join(missed)}"


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    with Journal.connect(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/journal.db") as journal:
        yield journal


@pytest.fixture
def guarded(env: Rung, ledger: Journal, met: Met) -> Guarded:
    """Shows that every guardrail which a runbook gives a change refuses a plan that goes too far or comes too soon."""

    def show(plan: Plan[Any]) -> None:
        change = CHANGES[plan.change]
        for runbook, mitigation in made_by_runbooks()[change]:
            try_guardrail(runbook, mitigation, plan, env, ledger)
        met.add((change, GUARDRAIL))

    return show
