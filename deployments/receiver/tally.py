"""What became of the deliveries since the receiver started, by form: a sender that is refused must not go unseen."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from deployments.receiver.answers import Deliveries
from deployments.receiver.refusals import Refused

REPLAY = 409
"""What was accepted before and came again: nothing is lost."""

NOWHERE = "no such form"
"""Stands for a form that does not exist; what was typed in its place may be anything."""


@dataclass(kw_only=True)
class _Counts:
    """Of one form; the fields of `Deliveries`, which is only made when somebody asks."""

    taken: int = 0
    refused: int = 0
    last_taken: datetime | None = None
    last_refused: datetime | None = None
    status: int | None = None
    error: str | None = None


class Tally:
    """Counted by `deliveries`, told by `/health`. May be used from any thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._forms: defaultdict[str, _Counts] = defaultdict(_Counts)

    @contextmanager
    def counting(self, form: str) -> Generator[None]:
        """One delivery: refused when a `Refused` leaves the block, taken otherwise."""
        try:
            yield
        except Refused as why:
            self._refused(form, why)
            raise
        with self._lock:
            counts = self._forms[form]
            counts.taken, counts.last_taken = counts.taken + 1, self._clock()

    def _refused(self, form: str, why: Refused) -> None:
        if why.status == REPLAY:
            return
        with self._lock:
            counts = self._forms[form]
            counts.refused, counts.last_refused = counts.refused + 1, self._clock()
            counts.status, counts.error = why.status, why.error

    def said(self) -> list[Deliveries]:
        """All forms that anything came in, by name."""
        with self._lock:
            return [Deliveries(form=form, **asdict(self._forms[form])) for form in sorted(self._forms)]
