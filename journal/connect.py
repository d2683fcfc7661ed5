"""Reaching the database: engines, transactions, retries, migrations.

`store`, `inbox` and `leases` hand functions to `Database.write` and `Database.read`; each runs in one transaction and
is run again from the start when the database was away, so it must do nothing outside the transaction.

Threads share one `Database`. A forked child may keep using the object it inherited: a fork waits until no thread is
inside an SQLite write (its lock would stay shut in the child for ever), and in the child the inherited connections are
set aside, neither used nor closed, because they are still the parent's; the child opens its own.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from journal import clock, unwritable
from journal.errors import JournalUnavailable, UnsuitableJournal
from journal.schema import HEAD

T = TypeVar("T")

MIGRATION_LOCK: Final = 0xC0DEB1E
BUSY_MS: Final = 10_000
"""How long SQLite itself waits for another process to commit (`busy_timeout`), before our own retry begins."""

# Told by the server or SQLite in words only; waiting cures none of them.
_PERMANENT: Final = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "no password supplied",
    "no such table",
    "no such column",
    "syntax error",
    "permission denied",
    "readonly database",
    "unable to open database file",
    "append-only",
    "not a database",
    "could not decode",
    "malformed json",
    "incompatible with sqlalchemy",
)
# PostgreSQL's own classes for "come again": connection, resources, operator, deadlock, failover, lock not available.
_TEMPORARY_STATES: Final = ("08", "53", "57", "40", "25006", "55P03")

_RIGHTS: Final = "correct the address or the rights behind it"

_live: weakref.WeakSet[Database] = weakref.WeakSet()


class Database:
    """One journal database. `patience` is how long, in seconds, an operation waits for it to come back."""

    def __init__(self, url: str, *, patience: float = 60.0, make: bool = True) -> None:
        self.url: URL = _suitable(url)
        self.patience: float = patience
        self.where: str = self.url.render_as_string(hide_password=True)
        self.sqlite: bool = self.url.get_backend_name() == "sqlite"
        if self.sqlite:
            if make:
                self._make_folder()
            self.engine = create_engine(
                self.url, pool_size=8, max_overflow=32, connect_args={"timeout": min(BUSY_MS / 1000, patience)}
            )
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = create_engine(
                self.url,
                pool_size=5,
                max_overflow=15,
                connect_args={"connect_timeout": 5, "application_name": "codeblue-journal"},
            )
            event.listen(self.engine, "connect", _set_up_postgresql)
        self._writing_engine = self.engine.execution_options(journal_writes=True)
        # SQLite has one writer at a time and wakes waiters by polling; a lock of our own queues these threads fairly.
        self._turn = threading.RLock()
        self._turn_taken = False
        self._inherited: list[object] = []
        _live.add(self)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one durable transaction. Raises `JournalUnavailable`, or whatever `work` raises."""
        try:
            return self._persist(lambda: self._write_once(work))
        except DBAPIError as error:
            if not (self.sqlite and unwritable.cannot_write(error)):
                raise
            remedy = "make its file and its folder writable, or correct its address; it can still be read"
            raise UnsuitableJournal(self.where, _cause(error), remedy) from error

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction that sees committed state and changes nothing."""
        return self._persist(lambda: self._read_once(work))

    def migrate(self) -> None:
        """Bring the schema to `HEAD`; one quick look when it is there already. Safe from many processes at once."""
        try:
            if self._persist(lambda: self._read_once(_version)) == HEAD:
                return
            from journal import migrating  # alembic is slow to import, and needed once in a schema's life

            self._persist(lambda: self._write_once(lambda tx: migrating.upgrade(tx, self.where)))
        except DBAPIError as error:
            raise UnsuitableJournal(self.where, _cause(error), _RIGHTS) from error

    def there(self) -> bool:
        """Whether a schema of ours is there. A file of SQLite that is not there is not opened, which would make it."""
        if self.sqlite and not Path(str(self.url.database)).exists():
            return False
        try:
            return self._persist(lambda: self._read_once(_version)) is not None
        except DBAPIError as error:
            raise UnsuitableJournal(self.where, _cause(error), _RIGHTS) from error

    def dispose(self) -> None:
        """Close all pooled connections. The object remains usable and reconnects on demand."""
        self.engine.dispose()

    def before_fork(self) -> None:
        """Wait for this process's writer. Should it hang, the fork goes on after a while all the same."""
        self._turn_taken = self.sqlite and self._turn.acquire(timeout=2 * BUSY_MS / 1000)

    def after_fork_in_parent(self) -> None:
        if self._turn_taken:
            self._turn.release()

    def after_fork_in_child(self) -> None:
        self._turn = threading.RLock()
        self._inherited.append(self.engine.pool)  # kept, or the garbage collector would close the parent's connections
        self.engine.dispose(close=False)

    def _make_folder(self) -> None:
        file = Path(str(self.url.database))
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if not (
                file.exists() or str(file).startswith("file:")
            ):  # for its owner alone; what SQLite keeps beside it is as open as the database
                os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise UnsuitableJournal(self.where, str(error.strerror), _RIGHTS) from error

    def _write_once(self, work: Callable[[Connection], T]) -> T:
        turn: AbstractContextManager[Any] = self._turn if self.sqlite else nullcontext()
        with turn, self._writing_engine.begin() as tx:
            return work(tx)

    def _read_once(self, work: Callable[[Connection], T]) -> T:
        try:
            with self.engine.begin() as tx:
                return work(tx)
        except DBAPIError as error:
            if not (self.sqlite and unwritable.cannot_write(error)):
                raise
            return self._read_without_writing(work, error)

    def _read_without_writing(self, work: Callable[[Connection], T], error: DBAPIError) -> T:
        for engine in unwritable.engines(Path(str(self.url.database))):
            try:
                with engine.begin() as tx:
                    return work(tx)
            except DBAPIError:
                continue
        raise error

    def _persist(self, attempt: Callable[[], T]) -> T:
        try:
            return attempt()
        except (SQLAlchemyError, OSError) as error:
            if not temporary(error):
                raise
        import stamina  # only when something is wrong: keeps it out of the start-up of every flow run

        started = clock.monotonic()
        try:
            for again in stamina.retry_context(
                on=temporary, attempts=None, timeout=self.patience, wait_initial=0.02, wait_max=1.0, wait_jitter=0.1
            ):
                with again:
                    return attempt()
        except (SQLAlchemyError, OSError) as error:
            if not temporary(error):
                raise
            raise JournalUnavailable(self.where, clock.monotonic() - started, _cause(error)) from error
        raise AssertionError("stamina ends by returning or raising")


def temporary(error: BaseException) -> bool:
    """Whether the same transaction may succeed later, by itself."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    words = str(error.orig).lower()
    if any(said in words for said in _PERMANENT):
        return False
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str):
        return state.startswith(_TEMPORARY_STATES)
    return isinstance(error, OperationalError)


def _cause(error: BaseException) -> str:
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__


def _suitable(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnsuitableJournal("The given address", "it is not a database URL", f"use {_EXAMPLES}") from None
    where = parsed.render_as_string(hide_password=True)
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite":
            if not parsed.database or parsed.database == ":memory:" or "mode=memory" in parsed.database:
                raise UnsuitableJournal(
                    where, "memory forgets at the first crash", "name a file: sqlite:///code-blue.db"
                )
            return parsed
        case "postgresql" | "postgres" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise UnsuitableJournal(where, f"{other} is not supported", f"use {_EXAMPLES}")


_EXAMPLES: Final = "sqlite:///code-blue.db or postgresql://user@host/database"


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # sqlite3's own transaction guessing off: `_begin_sqlite` says BEGIN
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a transaction that reads first and writes later would fail if another process wrote between.
    writes = connection.get_execution_options().get("journal_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up_postgresql(connection: Any, _record: object) -> None:
    # A server may be set to acknowledge before it wrote; the journal's promise is that an entry is durable on return.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()


def _version(tx: Connection) -> str | None:
    """The schema's version; `None` where there is no schema yet."""
    if tx.dialect.name == "sqlite":
        if not tx.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")).scalar():
            return None
    elif tx.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _each(step: Callable[[Database], None]) -> Callable[[], None]:
    def run() -> None:
        for database in list(_live):
            step(database)

    return run


os.register_at_fork(
    before=_each(Database.before_fork),
    after_in_parent=_each(Database.after_fork_in_parent),
    after_in_child=_each(Database.after_fork_in_child),
)
