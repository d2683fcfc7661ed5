"""What `codeblue up` notes in its home from its first second to its end; for the commands in other terminals.

They must know which ports it chose before anything listens there, and that what is missing is still to come. It counts
as long as its process is there: one that was killed leaves its note behind. Imports no Prefect.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from deployments.stack_home import Home

NOTE: Final = "up.json"


@dataclass(frozen=True, kw_only=True)
class UpNote:
    """One life of `codeblue up`. Moments and paths are written as text."""

    receiver: str | None = None
    """Where the receiver listens, or will; `None` when it runs without one."""
    deployments: str | None = None
    """The list of deployments that it was given."""
    ready: bool = False
    """Whether every part has come up."""
    pid: int = field(default_factory=os.getpid)
    began: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    @property
    def since(self) -> datetime:
        """When it began: what a part said before, it said in another life."""
        return datetime.fromisoformat(self.began)

    def keep(self, home: Home) -> Self:
        """Write it down, whole or not at all."""
        note = home.path / NOTE
        part = note.with_suffix(".new")
        part.write_text(json.dumps(asdict(self)))
        part.replace(note)
        return self

    def complete(self, home: Home) -> Self:
        """Every part has come up."""
        return replace(self, ready=True).keep(home)

    def end(self, home: Home) -> None:
        """It is over; the note of another process stays."""
        if (found := running(home)) is not None and found.pid == self.pid:
            (home.path / NOTE).unlink(missing_ok=True)


def running(home: Home) -> UpNote | None:
    """What the `codeblue up` has noted that runs in this home; `None` when none does."""
    try:
        said = json.loads((home.path / NOTE).read_text())
        found = UpNote(**said | {"pid": int(said["pid"]), "began": str(said["began"])})  # and not those of who asks
        return found if found.since and alive(found.pid) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def given(deployments: Path | None) -> str | None:
    """A list of deployments as it is noted."""
    return str(deployments.absolute()) if deployments else None


def alive(pid: int) -> bool:
    """Whether there is a process of that id."""
    if pid < 1:  # to `kill`, whole groups of processes
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it runs, as somebody else
        return True
    return True
