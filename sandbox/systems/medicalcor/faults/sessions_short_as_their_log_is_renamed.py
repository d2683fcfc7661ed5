"""A release lets sessions end after ten minutes, and calls the part otherwise that tells of them."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.sessions_short import SessionsShort
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SessionsShortAsTheirLogIsRenamed(SessionsShort):
    def begins(self, parts: Parts) -> None:
        parts.signed_in.component = "auth"
        super().begins(parts)
