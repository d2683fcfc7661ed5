"""The clock of the simulators: a thread that lets each of them live a little, again and again."""

from __future__ import annotations

import logging
import threading

from journal import clock
from sandbox.overlay import publish, registry
from sandbox.overlay.stage import Stage
from sandbox.turns import SHORT

EVERY_SECONDS = SHORT

LOG = logging.getLogger("sandbox.simulators")


def start(stage: Stage) -> None:
    """Begin; the thread ends with the process."""
    threading.Thread(target=_live, args=(stage,), name="simulators", daemon=True).start()


def begin_afresh(stage: Stage, *, seconds: float, turns: int) -> None:
    """Forget what was published in the last seconds, and return when every simulator has run that many times since."""
    with TURN:
        publish.forget(stage, seconds)
        until, deadline = _LIVED[0] + turns, clock.monotonic() + seconds
    while _LIVED[0] < until and clock.monotonic() < deadline:
        clock.sleep(EVERY_SECONDS / 10)


TURN = threading.RLock()
"""Held while the simulators run, so that none publishes from before what is begun afresh."""

_LIVED = [0]


def turn(stage: Stage) -> None:
    """Let every simulator run once, now: whoever has changed something sees it everywhere when this returns."""
    with TURN:
        for simulator in registry.of(stage, registry.SIMULATORS):
            try:
                simulator(stage)
            except Exception:  # one simulator that has died must not take the others with it; the log of AWS says so
                LOG.exception("The simulator %s could not live.", getattr(simulator, "__name__", simulator))
        _LIVED[0] += 1


def _live(stage: Stage) -> None:
    while True:
        began = clock.monotonic()
        turn(stage)
        clock.sleep(max(0.05, EVERY_SECONDS - (clock.monotonic() - began)))
