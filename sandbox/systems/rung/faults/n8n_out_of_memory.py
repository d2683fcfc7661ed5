"""n8n needs more memory than its container has: it is ended while it starts, again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.delivery import DeliveryFault


@dataclass(kw_only=True)
class N8NOutOfMemory(DeliveryFault):
    """`needs_mb`: what a task takes now; the container has 512 MiB."""

    needs_mb: int = 700

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What a task takes."""
        return {"n8n_needs_mb": self.needs_mb}
