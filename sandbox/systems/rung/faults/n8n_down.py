"""n8n's container runs and does not serve; only a new one does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from journal import clock
from sandbox.systems.rung.delivery import DeliveryFault


@dataclass(kw_only=True)
class N8NDown(DeliveryFault):
    """`how` it meets its visitors: refused, or silent (it accepts and says nothing)."""

    how: str = "refused"
    _since: float = field(default_factory=lambda: clock.now().timestamp(), init=False, repr=False)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Tasks that started before now hang."""
        return {"n8n_hung": {"before": self._since, "how": self.how}}
