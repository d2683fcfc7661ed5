"""The release of this morning has a fault that some requests run into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.overlay.simulators.api import EVERY_VERSION
from sandbox.systems.rung.api_faults import ErrorFault, ReleaseFault


@dataclass(kw_only=True)
class BadRelease(ReleaseFault, ErrorFault):
    """Every fourth request of the new version raises an exception. `migrated`: so does every other version since.

    Then the release has changed data, and going back to the version before helps nobody.
    """

    migrated: bool = False

    @property
    def harm(self) -> Mapping[str, Any]:
        """An exception."""
        return {"bad_fails": True}

    @property
    def conditions(self) -> Mapping[str, Any]:
        """That, of this version or of all."""
        return {**super().conditions, **({"bad_version": EVERY_VERSION} if self.migrated else {})}
