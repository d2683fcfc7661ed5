"""n8n's container runs and does not serve; only a new one does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from journal import clock
from sandbox.systems.rung.delivery import DeliveryFault


@dataclass(kw_only=True)
class N8NDown(DeliveryFault):
    """`how` it meets its visitors: refused, or silent (it accepts and says nothing).

    With `serves_for`, a new task serves for so many seconds and then hangs as well.
    """

    how: str = "refused"
    serves_for: float | None = None
    _since: float = field(default_factory=lambda: clock.now().timestamp(), init=False, repr=False)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Tasks that started before now hang, and new ones in time."""
        return {"n8n_hung": {"before": self._since, "how": self.how, "serves_for": self.serves_for}}
