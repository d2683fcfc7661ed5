"""The newest entry, noted in a small file beside an SQLite journal: what a cut end of the journal cannot know of.

A database file without its write-ahead log, or a copy of yesterday's, fits together in itself. `store` notes each entry
here after its commit; `verify` asks whether the journal still has it. PostgreSQL has no such file, but the anchor.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import URL

SUFFIX: Final = "-mark"
_WIDTH: Final = 256
"""Bytes of the file, always all of them in one write: it is never seen half written."""


class Newest(NamedTuple):
    """An entry that was committed."""

    incident: str
    number: int
    hash: str


class Mark:
    """The file. It never stops anybody from writing: where it cannot be kept, nothing is noted."""

    def __init__(self, path: Path) -> None:
        self.path: Path = path

    @classmethod
    def beside(cls, url: URL) -> Mark | None:
        """Of a journal at this address; `None` for a server."""
        return cls(Path(f"{url.database}{SUFFIX}")) if url.get_backend_name() == "sqlite" else None

    def note(self, newest: Newest) -> None:
        """Keep it in place of what was kept."""
        line = json.dumps(newest).ljust(_WIDTH - 1).encode() + b"\n"
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            os.pwrite(file, line, 0)
        except OSError:
            return  # a full disk: the entry itself is committed
        finally:
            os.close(file)

    def kept(self) -> Newest | None:
        """What was noted last; nothing where nothing readable is there."""
        try:
            incident, number, digest = json.loads(self.path.read_text())
            return Newest(str(incident), int(number), str(digest))
        except (OSError, ValueError, TypeError, OverflowError):
            return None
