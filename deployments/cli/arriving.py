"""The parts of a stack that begins, each said once as it comes up; what is missing is looked for until it is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from deployments import places
from deployments.cli.finding import Finding
from deployments.stack_home import Home
from journal.facts.words import Answer

LOOK_EVERY: Final = 0.1
SELDOM: Final = 2.0
"""Seconds between two looks once people have been told what is missing."""


class Arrivals:
    """Watch, worker and receiver, until the watch goes round, the worker takes runs and the receiver alerts."""

    def __init__(self, home: Home, prefect: places.Prefect, *, receiver: bool, say: Callable[[str], None]) -> None:
        from deployments.cli import doctor_home, doctor_prefect, doctor_receiver

        self._say = say
        self._looks: dict[str, Callable[[], Finding]] = {
            "worker": lambda: doctor_prefect.worker(prefect),
            "watch": lambda: doctor_home.watch(home),
        }
        if receiver:
            self._looks["receiver"] = lambda: doctor_receiver.receiver(home)
        self.missing: list[Finding] = []

    def until_there(self, ended: threading.Event, *, within: float = float("inf"), every: float = LOOK_EVERY) -> bool:
        """Whether all have come, before the end and within so many seconds."""
        deadline = time.monotonic() + within
        while not ended.is_set():
            self._look()
            if not self._looks or time.monotonic() >= deadline:
                break
            ended.wait(every)
        return not self._looks

    def _look(self) -> None:
        self.missing = []
        for name, look in list(self._looks.items()):
            found = look()
            if found.answer is Answer.YES:
                del self._looks[name]
                self._say(f"{name}: there")
            else:
                self.missing.append(found)
