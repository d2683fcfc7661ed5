"""Drills of `shop.database_connections`: a false alarm."""

from __future__ import annotations

from functools import partial

from journal.facts.words import Ending
from sandbox.drills.drill import Drill
from shop.world import PRACTICE

drill = partial(Drill, runbook="shop.database_connections", alert="ShopDatabaseConnections", environment=PRACTICE)

PARAMS = {"idle_for": "PT2S", "open_for": "PT2S", "watched_for": "PT0.4S"}
"""What `long` means in practice, where nobody waits for half an hour."""

DRILLS = (
    # The leak itself (`idle_leak` in the world) is not called by its name yet: nobody is sure, and nothing is changed.
    drill(name="false_alarm", ending=Ending.NOT_REPRODUCED, top=None, applied=(), healthy=True),
)
