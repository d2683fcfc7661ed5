"""Somebody has switched off what feeds the queue to the processor."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.queueing import Queueing, switch


@dataclass(kw_only=True)
class MappingOff(Queueing):
    def spoil(self, parts: Parts) -> None:
        """Switch it off."""
        switch(parts, on=False)
