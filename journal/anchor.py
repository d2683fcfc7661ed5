"""The anchor of an installation: count and head of the ledger at the last good look, kept in the home.

It is apart from the journal's database, so a journal that was rewritten or put back as a whole does not fit it. The
scheduled check and `codeblue verify` compare with it, and move it on when all is well.
"""

from __future__ import annotations

import json
from pathlib import Path

FILE = "anchor.json"


def kept(home: Path) -> tuple[int, str] | None:
    """What was kept in this home; nothing where nothing readable is there."""
    try:
        said = json.loads((home / FILE).read_text())
        return int(said["count"]), str(said["head"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(home: Path, count: int, head: str) -> None:
    """Keep it in place of the earlier one."""
    part = home / f"{FILE}.new"
    part.write_text(json.dumps({"count": count, "head": head}))
    part.replace(home / FILE)
