"""The role may not log in; and the API's memory is nearly full, as it has been for days, which harms nobody."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.process import AT_REST_MB, LIMIT_MB
from sandbox.systems.medicalcor.faults.role_locked_out import RoleLockedOut
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class LockedOutWhileMemoryIsFull(RoleLockedOut):
    def begins(self, parts: Parts) -> None:
        process = parts.api.process()
        assert process is not None
        process.kept = 0.97 * LIMIT_MB - AT_REST_MB
        super().begins(parts)
