"""What goes over the control surface, for both of its ends."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, TypeAdapter

from sandbox.health import Health
from sandbox.world import Facts

FACTS = TypeAdapter(Facts)
HEALTH = TypeAdapter(Health)

CONFLICT = 409
"""The HTTP status of a `SandboxError`; the body names its class, and the other end raises it again."""


class Break(BaseModel, extra="forbid"):
    """Body of POST /break."""

    fault: str
    bounds: dict[str, Any] = {}


class PoolSize(BaseModel, extra="forbid"):
    """Body of POST /pool-size."""

    pool_size: int
    tasks: int | None = None
