"""A replica is gone and its slot is not: the server keeps all WAL for it, and as much is written as ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.storing import DiskFault, put
from sandbox.tables import run

DROPPED: LiteralString = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active"


@dataclass(kw_only=True)
class WalKept(DiskFault):
    def prepare(self, parts: Parts) -> None:
        """The slot of a replica that nobody runs any more."""
        make_slot(parts)

    def store(self, parts: Parts, size: int) -> None:
        """Write so much WAL."""
        put(
            parts,
            size,
            "SELECT count(pg_logical_emit_message(false, 'practice', repeat('x', 2000)))"
            " FROM generate_series(1, {rows})",
        )

    def clear(self, parts: Parts) -> None:
        """The slot goes."""
        drop_slot(parts)


def make_slot(parts: Parts) -> None:
    """A slot keeps what was written since the checkpoint before it, so there is one."""
    run(
        parts.postgres.address,
        "CHECKPOINT",
        "SELECT pg_create_physical_replication_slot('medicalcor_replica', true)",
    )


def drop_slot(parts: Parts) -> None:
    """What the owner of the replica does who says that it is gone for good."""
    run(parts.postgres.address, DROPPED)
