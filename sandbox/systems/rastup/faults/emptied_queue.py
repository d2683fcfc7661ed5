"""Nothing fed the queue; then somebody emptied it, and CloudWatch still tells how old its oldest was."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.rastup.parts import Parts
from sandbox.systems.rastup.queueing import Queueing, empty, switch


@dataclass(kw_only=True)
class EmptiedQueue(Queueing):
    def spoil(self, parts: Parts) -> None:
        """Switch off what feeds it."""
        switch(parts, on=False)

    def afterwards(self, parts: Parts) -> None:
        """Empty it; nobody sends anything any more, so nothing newer is counted."""
        empty(parts)
