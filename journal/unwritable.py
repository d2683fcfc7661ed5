"""Reading a journal in SQLite where nothing can be written: on a full disk, or one that is only read.

SQLite writes even for reading: beside the database it keeps an index of its write-ahead log for all processes.
`connect` comes here when it cannot. Alone, a process may keep that index in memory; where even locks are refused, a
database without a write-ahead log is read as it lies there. What cannot be read whole is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

_WORDS: Final = ("disk i/o error", "disk is full", "readonly database", "unable to open database file")


def cannot_write(error: BaseException) -> bool:
    """Whether SQLite says that it could not write."""
    return isinstance(error, DBAPIError) and any(said in str(error.orig).lower() for said in _WORDS)


def engines(file: Path) -> Iterator[Engine]:
    """Ways to read it without writing, each tried when the one before fails. A database that is not there has none."""
    if not file.exists():
        return
    yield _engine(f"file:{quote(str(file))}?mode=rw", "PRAGMA locking_mode = EXCLUSIVE")
    log = file.with_name(f"{file.name}-wal")
    if not log.exists() or not log.stat().st_size:
        yield _engine(f"file:{quote(str(file))}?mode=ro&immutable=1", "PRAGMA query_only = ON")


def _engine(address: str, first: str) -> Engine:
    def connect() -> sqlite3.Connection:
        made = sqlite3.connect(address, uri=True, timeout=1.0, check_same_thread=False, isolation_level=None)
        made.execute(first)
        return made

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")
