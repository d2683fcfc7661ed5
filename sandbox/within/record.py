"""What keeps a rehearsal cheap: an SQLite that waits for no disk, and a garbage collector that comes rarely."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from journal.store import Journal

RARELY = (50_000, 20, 20)
"""How rarely the collector looks: a drill makes much that stays until the drill is over, and little that hangs on."""


@contextmanager
def opened_for_practice(url: str) -> Generator[Journal]:
    """The journal at an address; it waits for no disk, since it goes with its folder."""
    with Journal.connect(url) as journal:
        event.listen(journal.database.engine, "connect", _wait_for_no_disk)
        journal.database.dispose()  # the connection that migrated was made before
        yield journal


def _wait_for_no_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@contextmanager
def collecting_rarely() -> Generator[None]:
    """What is here now stays, so the collector need not look through it again and again while the block runs."""
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
