"""Another service keeps a database on the same server, opens sessions there, and never gives one back."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.fault import ForeignLeak


@dataclass(kw_only=True)
class OtherDatabaseLeaks(ForeignLeak):
    @property
    def role(self) -> str:
        """Whoever makes charts."""
        return "metabase"

    @property
    def database(self) -> str | None:
        """Its own."""
        return "metabase"
