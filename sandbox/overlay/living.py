"""The clock of the plants: a thread that lets each of them live a little, again and again."""

from __future__ import annotations

import logging
import threading
import time

from sandbox.overlay import registry
from sandbox.overlay.stage import Stage

EVERY_SECONDS = 0.5

LOG = logging.getLogger("sandbox.plants")


def start(stage: Stage) -> None:
    """Begin; the thread ends with the process."""
    threading.Thread(target=_live, args=(stage,), name="plants", daemon=True).start()


def _live(stage: Stage) -> None:
    while True:
        began = time.monotonic()
        for plant in registry.PLANTS:
            try:
                plant(stage)
            except Exception:  # one plant that has died must not take the others with it; the log of AWS says so
                LOG.exception("The plant %s could not live.", getattr(plant, "__name__", plant))
        time.sleep(max(0.05, EVERY_SECONDS - (time.monotonic() - began)))
