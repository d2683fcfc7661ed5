"""A table has grown, and a page that users open looks it up by a column without an index."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults.fault import Scene
from sandbox.systems.rung.users import REFRESHED, QueryFault, drop_added_indexes
from sandbox.tables import WITHOUT_TRIGGERS, run

GROWN = """
INSERT INTO sessions (client_id, status, held_at)
SELECT 1 + n % 1000, 'completed', now() - n * interval '1 second' FROM generate_series(1, 40000) AS n
"""


@dataclass(kw_only=True)
class MissingIndex(QueryFault):
    """`sessions` gets ten times its rows; a user lists the last sessions of many therapists' clients, one look-up each.

    Whoever looks shall find it running: a symptom that is there at every second look is none. But it ends often enough
    to be counted: a session tells its scans only between two statements, and once a second at most.
    """

    clients: int = 1
    think: float = 0.02

    @property
    def statement(self) -> str:
        """One scan of the table for each of 100 clients, or one look-up where there is an index."""
        return (
            "SELECT count(*) FROM clients c CROSS JOIN LATERAL (SELECT s.held_at FROM sessions s"
            " WHERE s.client_id = c.id ORDER BY s.held_at DESC LIMIT 5) last WHERE c.therapist_id <= 4"
        )

    def spoil(self, scene: Scene) -> None:
        """Let the table grow; its statistics are fresh."""
        run(scene.address, WITHOUT_TRIGGERS + GROWN, REFRESHED)

    def repair(self, scene: Scene) -> None:
        """Shrink it again, and drop whatever index was made."""
        drop_added_indexes(scene.address)
        run(scene.address, WITHOUT_TRIGGERS + "DELETE FROM sessions WHERE id > 4000", REFRESHED)
