"""A slot that nobody reads has kept WAL for days, so that the disk has filled as evenly as if it were outgrown."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.wal_kept import WalKept


@dataclass(kw_only=True)
class WalKeptForDays(WalKept):
    days: bool = True
