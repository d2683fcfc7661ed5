"""The mapping is switched off, and the processor's ceiling was lowered with it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.queueing import FEW, Queueing, reserve, switch


@dataclass(kw_only=True)
class MappingOffAndTooFew(Queueing):
    def spoil(self, parts: Parts) -> None:
        """Both."""
        reserve(parts, FEW)
        switch(parts, on=False)
