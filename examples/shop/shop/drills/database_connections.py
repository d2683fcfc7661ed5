"""Drills of `shop.database_connections`: a leak, and a false alarm."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from shop.world import PRACTICE

drill = partial(Drill, runbook="shop.database_connections", alert="ShopDatabaseConnections", environment=PRACTICE)

PARAMS = {"idle_for": "PT2S", "open_for": "PT2S", "watched_for": "PT0.4S"}
"""What `long` means in practice, where nobody waits for half an hour."""

DRILLS = (
    drill(
        name="idle_leak",
        fault="idle_leak",
        ending=Ending.RESOLVED,
        top="idle_leak",
        applied=("end_idle_sessions",),
        healthy=True,
    ),
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
)
