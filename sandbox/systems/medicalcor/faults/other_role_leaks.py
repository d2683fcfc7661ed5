"""Somebody's reports open sessions in MedicalCor's database by a role of their own, and never give one back."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.sessions import ForeignLeak


@dataclass(kw_only=True)
class OtherRoleLeaks(ForeignLeak):
    @property
    def role(self) -> str:
        """Whose sessions they are."""
        return "clinic_reports"
