"""What the processor calls answers slowly."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.queueing import Conditions, Queueing


@dataclass(kw_only=True)
class ProcessorSlow(Queueing):
    def conditions(self) -> Conditions:
        """A call takes twelve times as long."""
        return {"call_seconds": 6.0}
