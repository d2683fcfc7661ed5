"""The release of this morning has a fault that some requests run into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.systems.rung.api_faults import ErrorFault, ReleaseFault


@dataclass(kw_only=True)
class BadRelease(ReleaseFault, ErrorFault):
    """Every fourth request of the new version raises an exception."""

    @property
    def harm(self) -> Mapping[str, Any]:
        """An exception."""
        return {"bad_fails": True}
