"""Somebody has copied a table before a migration: within a moment the disk is full, of rows that nobody asks for."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.storing import DiskFault, put
from sandbox.tables import run


@dataclass(kw_only=True)
class DiskFilledByACopy(DiskFault):
    def prepare(self, parts: Parts) -> None:
        """The table that it is copied to."""
        run(parts.postgres.address, "CREATE TABLE leads_before (id bigint, status text)")

    def store(self, parts: Parts, size: int) -> None:
        """Copy."""
        put(
            parts,
            size,
            "INSERT INTO leads_before SELECT n, 'new' || repeat('.', 1900) FROM generate_series(1, {rows}) AS n",
        )

    def clear(self, parts: Parts) -> None:
        """The copy goes."""
        run(parts.postgres.address, "DROP TABLE leads_before")
