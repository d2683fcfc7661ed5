"""The event store is never emptied: most of the disk is events that are older than anybody looks back."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.storing import DiskFault, put, take_away


@dataclass(kw_only=True)
class OldEvents(DiskFault):
    days: bool = True

    def store(self, parts: Parts, size: int) -> None:
        """Events of last year."""
        put(
            parts,
            size,
            "INSERT INTO domain_events (aggregate, kind, occurred_at) SELECT 'lead-1', 'stored' || repeat('.', 1900),"
            " now() - interval '200 days' FROM generate_series(1, {rows})",
        )

    def clear(self, parts: Parts) -> None:
        """What was stored goes."""
        move_events(parts)


def move_events(parts: Parts) -> None:
    """What four eyes do who have exported the old events and have seen that the copy is whole."""
    take_away(parts, ("domain_events", "kind LIKE 'stored%'"))
