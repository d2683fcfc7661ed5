"""Somebody's reports open sessions in MedicalCor's database by a role of their own, and never give one back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.guests import admit_guest, dismiss_guest
from sandbox.systems.medicalcor.faults.idle_leak import IdleLeak
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class OtherRoleLeaks(IdleLeak):
    @property
    def role(self) -> str:
        """Whose sessions they are."""
        return "clinic_reports"

    @property
    def database(self) -> str | None:
        """A database of its own; none: MedicalCor's."""
        return None

    @property
    def client(self) -> str:
        """What its sessions call themselves."""
        return f"{self.role}-client"

    @property
    def says(self) -> tuple[LiteralString, ...]:
        """The one use: its tables are its own."""
        return ("SELECT 1",)

    def dsn(self, parts: Parts) -> str:
        """By a role that is made for it."""
        return admit_guest(parts.postgres.address, self.role, self.database, application_name=self.client)

    def heal(self, parts: Parts) -> None:
        """End the leak, and drop what was made for it."""
        super().heal(parts)
        dismiss_guest(parts.postgres.address, self.role, self.database)
