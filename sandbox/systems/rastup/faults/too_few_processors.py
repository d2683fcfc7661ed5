"""The processor may run half as often at once as it must, to take what is sent."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.queueing import FEW, Queueing, reserve


@dataclass(kw_only=True)
class TooFewProcessors(Queueing):
    def spoil(self, parts: Parts) -> None:
        """Lower its ceiling."""
        reserve(parts, FEW)
