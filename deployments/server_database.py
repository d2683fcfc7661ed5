"""Where Prefect's server keeps its data, and a database to begin with.

Prefect migrates a new database for 12-20 s. The result is the same for everybody with the same Prefect version, so
the first database is kept as a template in the user's cache folder, and every later home starts from a copy.
"""

import fcntl
import os
import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from prefect import __version__ as prefect_version

from deployments.stack_home import Home

DATABASE = "CODEBLUE_PREFECT_DATABASE"
"""The environment variable that keeps Prefect's data in PostgreSQL: `postgresql+asyncpg://…`."""


def elsewhere() -> str | None:
    """The address of the PostgreSQL that keeps Prefect's data, when it is not SQLite in the home."""
    return os.environ.get(DATABASE) or None


@contextmanager
def prepared(home: Home) -> Generator[bool]:
    """Give a new home a migrated database; whether the server that starts in this block has nothing left to migrate.

    The first database of this machine is kept when the block has gone well, right after the server's start, while it is
    still empty. Who comes meanwhile waits for it: everybody's own migration would take the processors from the first.
    """
    if elsewhere() is not None or home.database.exists():
        yield elsewhere() is None
        return
    template = _template()
    template.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as turn:
        if not template.exists():
            fcntl.flock(turn.enter_context(template.with_suffix(".lock").open("a")), fcntl.LOCK_EX)
        if not template.exists():
            yield False
            _keep(home, template)
            return
    _copy(template, home.database)
    yield True


def _keep(home: Home, template: Path) -> None:
    unfinished = template.with_suffix(f".{os.getpid()}")
    _copy(home.database, unfinished)
    with closing(sqlite3.connect(unfinished)) as template_db:  # one file without companions, to be read by many
        template_db.execute("PRAGMA journal_mode = DELETE")
    unfinished.replace(template)


def _template() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return cache / "codeblue" / f"prefect-{prefect_version}.db"


def _copy(source: Path, target: Path) -> None:
    # SQLite's own backup: a plain file copy would miss what is still in the write-ahead log.
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
