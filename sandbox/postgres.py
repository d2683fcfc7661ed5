"""A real PostgreSQL on a loopback port, started in under a second from a template made once per version.

A world has it as the machine behind its RDS instance. Nothing it does survives: data lives in a folder of its own that
goes with it, durability is off, and a watchman stops it when this process dies in any way.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from sandbox import binaries as programs
from sandbox.binaries import Binaries
from sandbox.database import RESERVED, SUPERUSER_RESERVED, Address, admit, run_as_admin
from sandbox.errors import PostgresUnavailable
from sandbox.process import Guarded, wait_until
from sandbox.schema import RESERVES_SINCE, Schema

START_SECONDS = 30.0
CHOOSES_IO_SINCE = 18
TEMPLATE_PASSWORD = "template"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "superuser_reserved_connections": str(SUPERUSER_RESERVED),
    "password_encryption": "scram-sha-256",
    # A sandbox is thrown away, so it need not survive a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "replica",
    "shared_buffers": "32MB",
    "jit": "off",
    "timezone": "UTC",
    "log_line_prefix": "%m [%p] %e %a %u ",
}


class Postgres:
    """A running PostgreSQL of our own. Make it with `start`; it is a `sandbox.database.Database`."""

    def __init__(
        self, *, home: Path, binaries: Binaries, address: Address, data: Path, max_connections: int, senders: int = 0
    ) -> None:
        self._home = home
        self._binaries = binaries
        self._address = address
        self._data = data
        self._max_connections = max_connections
        self._senders = senders
        self._guard = self._launch()

    @classmethod
    def start(
        cls,
        home: Path,
        *,
        schema: Schema,
        kind: str = "wheel",
        max_connections: int = 100,
        port: int | None = None,
        senders: int = 0,
    ) -> Postgres:
        """Start one under `home` (its log and its record go there) from the programs `kind` (see `binaries.find`).

        `schema` says what is in it. `port` defaults to a free one. `senders` is how many may stream from it
        (`sandbox.replica`). Raises `PostgresUnavailable`.
        """
        home.mkdir(parents=True, exist_ok=True)
        reap(home)
        binaries = programs.find(kind)
        template = _template(binaries, schema)
        data = Path(tempfile.mkdtemp(prefix="codeblue-postgres-"))
        try:
            _copy(template, data / "data")
            address = _address(schema, port or free_port())
            _record(home, data)
            server = cls(
                home=home,
                binaries=binaries,
                address=address,
                data=data,
                max_connections=max_connections,
                senders=senders,
            )
        except BaseException:
            shutil.rmtree(data, ignore_errors=True)
            raise
        try:
            server.wait_until_ready()
            server._admit()
        except BaseException:
            server.stop()
            raise
        return server

    @staticmethod
    def release_of(kind: str) -> str:
        """The full version `start` would run."""
        return programs.find(kind).release

    @property
    def address(self) -> Address:
        """Where it listens, and who may come in."""
        return self._address

    @property
    def max_connections(self) -> int:
        """As it runs now."""
        return self._max_connections

    @property
    def version(self) -> int:
        """The major version."""
        return self._binaries.version

    @property
    def binaries(self) -> Binaries:
        """The programs that it runs by."""
        return self._binaries

    @property
    def release(self) -> str:
        """The full version, as RDS shows it."""
        return self._binaries.release

    @property
    def has_statistics(self) -> bool:
        """Whether pg_stat_statements is loaded (the wheel does not carry it; Debian's package does)."""
        return self._binaries.has_statistics

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self._home / "postgres.log"

    def restart(self, *, max_connections: int | None = None) -> None:
        """Stop it as RDS does on a reboot (sessions are ended), and start it with a new `max_connections` if given.

        Raises `PostgresUnavailable` if it does not come back; it then stays down until a restart that can succeed.
        """
        self.shut_down()
        self._max_connections = max_connections or self._max_connections
        self._guard = self._launch()
        self.wait_until_ready()
        self._admit()

    def stop(self) -> None:
        """End it at once and remove its data."""
        self._guard.stop()
        shutil.rmtree(self._data, ignore_errors=True)
        (self._home / "postgres.json").unlink(missing_ok=True)

    def _launch(self) -> Guarded:
        settings = {"max_connections": str(self._max_connections), "max_wal_senders": str(self._senders)}
        return launch(self._binaries, self._data, port=self._address.port, log=self.log, settings=settings)

    def shut_down(self) -> None:
        """Stop it in good order and keep its data; sessions are ended."""
        if self._guard.ended() is None:
            self._guard.signal(signal.SIGINT)
            self._guard.wait()

    def wait_until_ready(self) -> None:
        """Return when it takes sessions; `PostgresUnavailable` when it has ended instead, or does not in time."""
        await_ready(self._guard, self._address, self.log)

    def _admit(self) -> None:
        admit(self._address, version=self._binaries.version, max_connections=self._max_connections)


def launch(binaries: Binaries, folder: Path, *, port: int, log: Path, settings: Mapping[str, str]) -> Guarded:
    """A server on the data in `folder`/data, which goes with it. It need not take sessions yet."""
    settings = {**SETTINGS, "port": str(port), **settings}
    if binaries.version >= RESERVES_SINCE:
        settings |= {"reserved_connections": str(RESERVED), "scram_iterations": "1"}
    if binaries.version >= CHOOSES_IO_SINCE:
        settings["io_method"] = "sync"
    if binaries.has_statistics:
        settings["shared_preload_libraries"] = "pg_stat_statements"
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Guarded(
        [binaries.postgres, "-D", str(folder / "data"), *arguments],
        log=log,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGTZ": "UTC"},
        account=programs.account(),
        remove=[folder],
    )


def await_ready(guard: Guarded, address: Address, log: Path) -> None:
    """Return when a server takes sessions; `PostgresUnavailable` when it has ended instead, or does not in time."""

    def failing() -> PostgresUnavailable:
        return PostgresUnavailable(f"PostgreSQL did not come up; its log is {log}.")

    def ready() -> bool:
        if guard.ended() is not None:
            raise failing()
        try:
            psycopg.connect(address.admin(database="postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    wait_until(ready, seconds=START_SECONDS, failing=failing)


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reap(home: Path) -> None:
    """Clear away what a sandbox at this home left behind if even its watchman was killed."""
    record = home / "postgres.json"
    if not record.is_file():
        return
    data = Path(json.loads(record.read_text())["data"])
    with suppress(OSError, ValueError, IndexError):
        pid = int((data / "data" / "postmaster.pid").read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if str(data).encode() in command:  # The number may belong to somebody else by now.
            os.kill(pid, signal.SIGQUIT)
    shutil.rmtree(data, ignore_errors=True)
    record.unlink(missing_ok=True)


def _record(home: Path, data: Path) -> None:
    (home / "postgres.json").write_text(json.dumps({"data": str(data)}))


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "codeblue"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _address(schema: Schema, port: int) -> Address:
    return Address(
        host="127.0.0.1",
        port=port,
        database=schema.database,
        roles=schema.roles,
        superuser_password=TEMPLATE_PASSWORD,
    )


def _template(binaries: Binaries, schema: Schema) -> Path:
    """A data folder with everything in it, stopped in good order; made on first use, by one process at a time."""
    content = schema.statements(version=binaries.version, with_statistics=binaries.has_statistics)
    key = hashlib.sha256(f"1|{binaries.folder}|{binaries.release}|{content.as_string()}".encode()).hexdigest()[:16]
    template = _cache() / f"postgres-{binaries.version}-{key}"
    with (_cache() / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.is_dir():
            _make_template(binaries, schema, content, template)
    return template


def _make_template(binaries: Binaries, schema: Schema, content: sql.Composable, template: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="codeblue-template-") as name:
        folder = Path(name)
        _give(folder)
        password = folder / "password"
        password.write_text(TEMPLATE_PASSWORD)
        _give(password)
        uid, gid = programs.account() or (None, None)
        command = [binaries.initdb, "-D", str(folder / "data"), "-U", "rdsadmin", "--pwfile", str(password)]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--wal-segsize=1", "--no-sync"]
        made = subprocess.run(
            command, capture_output=True, text=True, check=False, user=uid, group=gid, extra_groups=[] if uid else None
        )
        if made.returncode:
            raise PostgresUnavailable(
                f"{binaries.initdb} failed ({made.stderr.strip() or made.returncode}); as root, the programs must be"
                " readable by the account 'postgres' or 'nobody': move them out of private folders."
            )
        address = _address(schema, free_port())
        with tempfile.TemporaryDirectory(prefix="codeblue-home-") as home:
            server = Postgres(home=Path(home), binaries=binaries, address=address, data=folder, max_connections=20)
            try:
                server.wait_until_ready()
                with psycopg.connect(address.admin(database="postgres"), autocommit=True) as connection:
                    connection.execute(schema.create())
                run_as_admin(address, sql.Composed([content]))
                run_as_admin(address, sql.Composed([sql.SQL("VACUUM ANALYZE")]))
                server.shut_down()
                building = template.with_name(f"{template.name}.building")
                shutil.rmtree(building, ignore_errors=True)
                shutil.copytree(folder / "data", building)
                building.rename(template)
            finally:
                server.stop()


def _give(path: Path) -> None:
    owner = programs.account()
    if owner is not None:
        os.chown(path, *owner)


def _copy(template: Path, data: Path) -> None:
    shutil.copytree(template, data, copy_function=shutil.copyfile)
    data.chmod(0o700)
    if programs.account() is not None:
        for folder, _, files in os.walk(data.parent):
            for path in (Path(folder), *(Path(folder) / name for name in files)):
                _give(path)
