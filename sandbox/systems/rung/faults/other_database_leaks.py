"""n8n keeps its own database on the same server, opens sessions there, and never gives one back."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rung.foreign_leaks import ForeignLeak


@dataclass(kw_only=True)
class OtherDatabaseLeaks(ForeignLeak):
    """Idle sessions in another database until no slot is left."""

    @property
    def cause(self) -> str:
        """Its name."""
        return "other_database_leaks"

    @property
    def role(self) -> str:
        """n8n's own."""
        return "n8n"

    @property
    def database(self) -> str | None:
        """n8n's own."""
        return "n8n"
