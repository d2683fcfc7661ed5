"""Somebody's reports open sessions in Rastup's database by a role of their own, and never give one back."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.fault import ForeignLeak


@dataclass(kw_only=True)
class OtherRoleLeaks(ForeignLeak):
    @property
    def role(self) -> str:
        """Whose sessions they are."""
        return "agency_reports"
