"""A release of the processor fails at every call."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.queueing import Conditions, Queueing


@dataclass(kw_only=True)
class ProcessorFails(Queueing):
    def conditions(self) -> Conditions:
        """All calls fail."""
        return {"all_fail": True}
