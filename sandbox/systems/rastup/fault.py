"""What a fault of Rastup is: it breaks a real part, and perhaps goes on at each turn. The world puts parts back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from sandbox.systems.rastup.parts import Parts
from sandbox.turning import fault, locks, sessions

Fault = fault.Fault[Parts]
Clients, Leak, ForeignLeak = sessions.Clients[Parts], sessions.Leak[Parts], sessions.ForeignLeak[Parts]
Several, Limited, Busy = sessions.Several[Parts], sessions.Limited[Parts], sessions.Busy[Parts]

TABLES: Final = ("users", "bookings", "messages")


@dataclass(kw_only=True)
class Locked(locks.Locked[Parts]):
    """A job holds locks; whoever opens a page waits for them."""

    @property
    def visitor(self) -> str:
        """Whoever opens a page."""
        return "rastup-web"

    @property
    def tables(self) -> tuple[str, ...]:
        """All of them."""
        return TABLES


find = partial(fault.find, "sandbox.systems.rastup.faults")
"""The fault of that name, not yet started. Raises `UnknownFault`."""
