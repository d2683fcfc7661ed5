"""A table has grown, and a page that users open looks it up by a column without an index."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import LiteralString

from sandbox.faults.fault import Scene
from sandbox.systems.rung.users import LONG_ENOUGH, REFRESHED, QueryFault, drop_added_indexes, quickest
from sandbox.tables import WITHOUT_TRIGGERS, run

GROWN = """
INSERT INTO sessions (client_id, status, held_at)
SELECT 1 + n % 1000, 'completed', now() - n * interval '1 second' FROM generate_series(1, 40000) AS n
"""

LAST_OF_EACH: LiteralString = (
    "SELECT count(*) FROM clients c CROSS JOIN LATERAL (SELECT s.held_at FROM sessions s"
    " WHERE s.client_id = c.id ORDER BY s.held_at DESC LIMIT 5) last"
)
FEWEST, MOST = 4, 40
"""Therapists whose clients are listed; 40 have clients."""


@dataclass(kw_only=True)
class MissingIndex(QueryFault):
    """`sessions` gets ten times its rows; a user lists the last sessions of many therapists' clients, one look-up each.

    Of how many therapists depends on the machine: whoever looks shall find it running.
    """

    clients: int = 1
    think: float = 0.02
    therapists: int = field(default=FEWEST, init=False)

    @property
    def statement(self) -> str:
        """One scan of the table for each of a therapist's 25 clients, or one look-up where there is an index."""
        return f"{LAST_OF_EACH} WHERE c.therapist_id <= {self.therapists}"

    def spoil(self, scene: Scene) -> None:
        """Let the table grow; its statistics are fresh."""
        run(scene.address, WITHOUT_TRIGGERS + GROWN, REFRESHED)
        took = quickest(scene.address, self.statement)
        self.therapists = min(math.ceil(FEWEST * max(LONG_ENOUGH / took, 1)), MOST)

    def repair(self, scene: Scene) -> None:
        """Shrink it again, and drop whatever index was made."""
        drop_added_indexes(scene.address)
        run(scene.address, WITHOUT_TRIGGERS + "DELETE FROM sessions WHERE id > 4000", REFRESHED)
