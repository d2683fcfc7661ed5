"""Nobody misbehaves: there are more clients with real work than `max_connections` has room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from sandbox.systems.rastup.fault import Busy
from sandbox.systems.rastup.parts import SLOTS


@dataclass(kw_only=True)
class HonestLoad(Busy):
    most: int = SLOTS * 5 // 4

    @property
    def client(self) -> str:
        """What sends messages."""
        return "rastup-message-processor"

    @property
    def says(self) -> LiteralString:
        """A short transaction."""
        return "COMMIT; BEGIN; SELECT count(*) FROM messages WHERE id < 10"
