"""A client opens sessions, uses each once, and never gives one back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.rastup.fault import Leak


@dataclass(kw_only=True)
class IdleLeak(Leak):
    @property
    def client(self) -> str:
        """Reports of the agencies."""
        return "rastup-reports"

    @property
    def says(self) -> tuple[LiteralString, ...]:
        """The one use."""
        return ("SELECT count(*) FROM bookings",)
