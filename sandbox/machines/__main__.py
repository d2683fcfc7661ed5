"""`make machines`: rounds on two machines at one Prefect and one journal, both on the sandbox's PostgreSQL."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from deployments.deployed import specs, unscheduled
from deployments.server_database import DATABASE
from deployments.stack import Stack
from deployments.stack_home import Home, environment
from journal.store import Journal
from sandbox.database import Address
from sandbox.machines.machine import Machine
from sandbox.machines.play import Round, play
from sandbox.postgres import Postgres
from sandbox.rehearsal import PRACTICE, wait
from sandbox.saving import save
from sandbox.selftest.cases import SCHEMA, SelfTest
from sandbox.selftest.saving import practice

CONNECTIONS = 300
"""Of the PostgreSQL that has both databases: two workers with their runs, two receivers, two watches, one Prefect."""


def rounds(folder: Path, times: int) -> Iterator[Round]:
    """Play a number of rounds; Prefect and journal are the same for all, the machines are new in each."""
    with ExitStack() as held:
        postgres = Postgres.start(folder / "postgres", schema=SCHEMA, max_connections=CONNECTIONS)
        held.callback(postgres.stop)
        journal_url, prefect_url = (_database(postgres.address, name) for name in ("codeblue", "prefect"))
        prefect_url = prefect_url.replace("postgresql:", "postgresql+asyncpg:", 1)
        held.enter_context(_variable(DATABASE, prefect_url))
        _migrate(postgres.address, Home.at(folder / "prefect"), prefect_url)
        self_test = SelfTest(address=postgres.address)
        self_test.prepare()
        pages = [one for one in unscheduled() if not one.is_runbook]
        stack = held.enter_context(
            Stack(Home.at(folder / "prefect"), deployments=[*specs(pages), *PRACTICE], workers=0)
        )
        client = held.enter_context(stack.client())
        journal = held.enter_context(Journal.connect(journal_url))
        save(practice(postgres.address), "practice")
        for number in range(1, times + 1):
            with ExitStack() as running:
                machines = tuple(
                    _machine(running, folder / f"round-{number}", name, stack, journal_url) for name in ("one", "two")
                )
                for machine in machines:
                    wait(machine.ready, within=60, what=f"the receiver of {machine.name}")
                yield play((machines[0], machines[1]), journal, client, self_test)


def _machine(running: ExitStack, folder: Path, name: str, stack: Stack, journal: str) -> Machine:
    machine = Machine.start(folder, name, api_url=stack.api_url, auth=stack.auth, journal=journal)
    running.callback(machine.stop)
    return machine


def _database(address: Address, name: str) -> str:
    """Make an empty database; its address for SQLAlchemy."""
    with psycopg.connect(address.admin(), autocommit=True) as connection:
        connection.execute(f'create database "{name}"'.encode())
    user, password = address.superuser, address.superuser_password
    return f"postgresql://{user}:{password}@{address.host}:{address.port}/{name}"


def _migrate(address: Address, home: Home, url: str) -> None:
    """Prefect's own server migrates at its start, where the extension is there that it wants."""
    with psycopg.connect(address.admin(), autocommit=True) as connection:
        if connection.execute("select from pg_available_extensions where name = 'pg_trgm'").fetchone() is not None:
            return
    env = environment(home, "") | {"PREFECT_SERVER_DATABASE_CONNECTION_URL": url}
    subprocess.run([sys.executable, "-m", "sandbox.machines.migrate"], env=env, check=True, timeout=180)


@contextmanager
def _variable(name: str, value: str) -> Generator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before


def main(argv: list[str] | None = None) -> int:
    """Play and print; 0 when nothing was lost and nothing happened twice."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.machines")
    parser.add_argument("--times", type=int, default=10, help="rounds, one after the other")
    times: int = parser.parse_args(argv).times
    console, wrong = Console(width=110), 0
    table = Table(title="Two machines; one worker and one receiver killed in each round")
    for heading in ("round", "alerts", "acknowledged", "in hand when killed", "taken over", "seconds", "wrong"):
        table.add_column(heading)
    with tempfile.TemporaryDirectory(prefix="codeblue-machines-") as folder:
        for number, one in enumerate(rounds(Path(folder), times), 1):
            wrong += bool(one.faults)
            figures = (one.cases, one.acknowledged, one.struck, one.taken_over, f"{one.seconds:.0f}", len(one.faults))
            table.add_row(str(number), *(str(figure) for figure in figures))
            console.print(f"… round {number} of {times}: {len(one.faults)} faults")
            for fault in one.faults:
                console.print(f"[red]{fault}[/red]")
    console.print(table)
    console.print(f"{times - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
