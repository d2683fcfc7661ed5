"""n8n runs, answers, and can do nothing: its own database is away. A new container meets the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.delivery import DeliveryFault

EVERY_TASK = 1e12
"""A moment after every start."""


@dataclass(kw_only=True)
class N8NDatabaseAway(DeliveryFault):
    """Every request is answered with an error. No page names it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Whenever a task has started, it does not serve."""
        return {"n8n_hung": {"before": EVERY_TASK, "how": "unwell"}}
