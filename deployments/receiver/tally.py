"""What became of the deliveries since the receiver started, by form: a sender that is refused must not go unseen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime

from deployments.receiver.answers import Deliveries
from deployments.receiver.refusals import Refused

REPLAY = 409
"""What was accepted before and came again: nothing is lost."""

NOWHERE = "no such form"
"""Stands for a form that does not exist; what was typed in its place may be anything."""


class Tally:
    """Counted by `app`, told by `/health`. May be used from any thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._forms: dict[str, Deliveries] = {}

    @contextmanager
    def counting(self, form: str) -> Generator[None]:
        """One delivery: refused when a `Refused` leaves the block, taken otherwise."""
        try:
            yield
        except Refused as why:
            self._refused(form, why)
            raise
        self._taken(form)

    def _taken(self, form: str) -> None:
        with self._lock:
            before = self._of(form)
            self._forms[form] = before.model_copy(update={"taken": before.taken + 1, "last_taken": self._clock()})

    def _refused(self, form: str, why: Refused) -> None:
        if why.status == REPLAY:
            return
        with self._lock:
            before = self._of(form)
            said = {"refused": before.refused + 1, "last_refused": self._clock(), "status": why.status}
            self._forms[form] = before.model_copy(update={**said, "error": why.error})

    def said(self) -> list[Deliveries]:
        """All forms that anything came in, by name."""
        with self._lock:
            return [self._forms[form] for form in sorted(self._forms)]

    def _of(self, form: str) -> Deliveries:
        return self._forms.get(form) or Deliveries(form=form)
