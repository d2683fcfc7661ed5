"""The anchor of an installation: count and head of the ledger at the last good look, kept in the home.

It is apart from the journal's database, so a journal that was rewritten or put back as a whole does not fit it. The
scheduled check and `codeblue verify` compare with it, and move it on when all is well.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

FILE = "anchor.json"


def kept(home: Path) -> tuple[int, str] | None:
    """What was kept in this home; nothing where nothing readable is there."""
    try:
        said = json.loads((home / FILE).read_text())
        return int(said["count"]), str(said["head"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


def keep(home: Path, count: int, head: str) -> None:
    """Keep it in place of the earlier one, for its owner alone.

    Where nothing can be written (a full disk, a copy that is only read), the earlier one stays: it fits as well.
    """
    part = home / f"{FILE}.new"
    with suppress(OSError):
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
            json.dump({"count": count, "head": head}, file)
        part.replace(home / FILE)
    with suppress(OSError):
        part.unlink(missing_ok=True)  # what a full disk left of it
