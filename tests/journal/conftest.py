from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from journal.store import Journal
from tests.journal.samples import Ticking
from tests.journal.server import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    home = Path(tempfile.mkdtemp(prefix="journal-pg-"))
    server = Postgres(home)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(migrated, tmp_path / 'journal.db')}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.clean_database()


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def journal(url: str, clock: Ticking) -> Iterator[Journal]:
    with Journal.connect(url, clock=clock) as opened:
        yield opened


def triggers(tx: Connection) -> dict[str, str]:
    """The guards of an SQLite journal: what makes each."""
    found = tx.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {str(name): str(sql) for name, sql in found}


@pytest.fixture
def tamper(journal: Journal) -> Callable[..., None]:
    """Does what an intruder with the database's password can do: the guards off, any statement, and the guards on."""

    def run(*statements: str) -> None:
        with journal.database.engine.begin() as tx:
            guards = triggers(tx) if journal.database.sqlite else {}
            for name in guards:
                tx.exec_driver_sql(f"DROP TRIGGER {name}")
            if not journal.database.sqlite:
                tx.exec_driver_sql("ALTER TABLE entries DISABLE TRIGGER ALL")
            for statement in statements:
                tx.exec_driver_sql(statement if journal.database.sqlite else statement.replace("%", "%%"))
            for guard in guards.values():
                tx.exec_driver_sql(guard)
            if not journal.database.sqlite:
                tx.exec_driver_sql("ALTER TABLE entries ENABLE TRIGGER ALL")

    return run
