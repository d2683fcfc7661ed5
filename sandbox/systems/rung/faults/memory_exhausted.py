"""Requests need more memory than the function has, and Lambda kills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import ErrorFault


@dataclass(kw_only=True)
class MemoryExhausted(ErrorFault):
    """`needs`: MB that a request needs; the function has 512."""

    needs: float = 530.0

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What requests need."""
        return {"memory_mb": self.needs}
