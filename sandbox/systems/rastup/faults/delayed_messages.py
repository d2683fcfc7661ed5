"""Somebody has let the queue hold back each message for a while before anybody may take it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.queueing import Queueing, delay


@dataclass(kw_only=True)
class DelayedMessages(Queueing):
    def spoil(self, parts: Parts) -> None:
        """Delay them."""
        delay(parts, seconds=6)
