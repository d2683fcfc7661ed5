"""Somebody's reports open sessions in rung's database by a role of their own, and never give one back."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rung.foreign_leaks import ForeignLeak


@dataclass(kw_only=True)
class OtherRoleLeaks(ForeignLeak):
    """Idle sessions of another role until no slot is left."""

    @property
    def cause(self) -> str:
        """Its name."""
        return "other_role_leaks"

    @property
    def role(self) -> str:
        """The reports'."""
        return "rung_reports"
