"""Somebody keeps a database of their own on the same server, opens sessions there, and never gives one back."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.other_role_leaks import OtherRoleLeaks


@dataclass(kw_only=True)
class OtherDatabaseLeaks(OtherRoleLeaks):
    @property
    def role(self) -> str:
        """Whoever makes charts."""
        return "metabase"

    @property
    def database(self) -> str | None:
        """Its own."""
        return "metabase"
