"""A newsletter sends very many messages at once; then as many come as usual."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.queueing import Conditions, Queueing


@dataclass(kw_only=True)
class Burst(Queueing):
    lasts: float = 1.5

    def conditions(self) -> Conditions:
        """Many are sent."""
        return {"sent": 90}
