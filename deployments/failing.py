"""What fails for one incident, alert or form while everything else goes on: kept in the home, for `codeblue doctor`.

Each process that loops over many things keeps one `Failures`, in a file of its own: the watch, the receiver, the
escalation. What works again, or is over, is no longer in it. Imports no Prefect, because `doctor` reads it also when
Prefect is away.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from deployments.stack_home import Home
from journal.redaction import redact

log = logging.getLogger("codeblue.failing")

_SUFFIX: Final = ".failing.json"
_LENGTH: Final = 300
"""Characters of a reason; an error may quote all that it was given."""


@dataclass(frozen=True, kw_only=True)
class Failing:
    """One thing that fails: in which part of the work, for whom (an incident, an alert, a form), why and since when."""

    part: str
    whose: str
    why: str
    since: datetime

    def __str__(self) -> str:
        return f"{self.part} fails for {self.whose}: {self.why}"


class Failures:
    """What fails in one process. Without a home it is only in the log. May be used from several threads."""

    def __init__(
        self, home: Home | None = None, process: str = "", *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._file = home.path / f"{process}{_SUFFIX}" if home is not None else None
        self._clock, self._lock = clock, threading.Lock()
        self._known = {(one.part, one.whose): one for one in _read(self._file)}
        self.away: defaultdict[str, set[str]] = defaultdict(set)
        """By part, those for whom something was away the last time; only the loop itself looks at it (`apart`)."""

    def note(self, part: str, whose: str, error: Exception) -> None:
        """It fails. The log says so when it begins to, and when it fails otherwise than before."""
        why = reason(error)
        with self._lock:
            known = self._known.get((part, whose))
            if known is not None and known.why == why:
                return
            since = known.since if known is not None else self._clock()
            self._known[part, whose] = found = Failing(part=part, whose=whose, why=why, since=since)
            self._write()
        log.warning("%s", found)

    def over(self, part: str, whose: str) -> None:
        """It works, or needs to work no longer."""
        with self._lock:
            if self._known.pop((part, whose), None) is not None:
                self._write()

    def keep(self, part: str, those: Collection[str]) -> None:
        """Forget all others of this part: they are over."""
        with self._lock:
            gone = [key for key in self._known if key[0] == part and key[1] not in those]
            for key in gone:
                del self._known[key]
            if gone:
                self._write()

    def now(self) -> tuple[Failing, ...]:
        """What fails, the longest first."""
        with self._lock:
            return tuple(sorted(self._known.values(), key=lambda one: one.since))

    def _write(self) -> None:
        if self._file is None:
            return
        part = self._file.with_suffix(".new")
        kept = [asdict(one) | {"since": one.since.isoformat()} for one in self._known.values()]
        try:
            part.write_text(json.dumps(kept))
            part.replace(self._file)
        except OSError as full:  # a full disk is no reason to page nobody
            log.warning("What fails cannot be noted in the home (%s).", type(full).__name__)


def failing(home: Home) -> tuple[Failing, ...]:
    """What fails now in any process of this home, the longest first."""
    found = {one for file in home.path.glob(f"*{_SUFFIX}") for one in _read(file)}
    return tuple(sorted(found, key=lambda one: (one.since, one.part, one.whose)))


def reason(error: Exception) -> str:
    """Why, on one line and redacted: an error may quote an alert."""
    said = " ".join(str(redact(str(error))).split())[:_LENGTH]
    return said if said.endswith(".") and " " in said else f"{type(error).__name__}: {said}".rstrip(": ") + "."


def _read(file: Path | None) -> tuple[Failing, ...]:
    """What is kept; without what cannot be read, which must not keep its process from beginning."""
    try:
        kept: object = json.loads(file.read_text()) if file is not None else []
    except (OSError, ValueError, RecursionError):
        return ()
    found = map(_failing, cast("list[object]", kept) if isinstance(kept, list) else [])
    return tuple(one for one in found if one is not None)


def _failing(kept: object) -> Failing | None:
    try:
        said = {name: str(value) for name, value in cast("dict[str, object]", kept).items()}
        since = datetime.fromisoformat(said["since"])
        return Failing(part=said["part"], whose=said["whose"], why=said["why"], since=since.astimezone(UTC))
    except (AttributeError, KeyError, ValueError, OverflowError):
        return None
