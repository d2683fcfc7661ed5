"""Sessions are set to end after ten minutes, while a key to sign tokens with is made that both read at once."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.signed_in import KEPT
from sandbox.systems.medicalcor.faults.sessions_short import SessionsShort
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SessionsShortAsAKeyWasMade(SessionsShort):
    def begins(self, parts: Parts) -> None:
        keys = parts.signed_in
        keys.reads(keys.secrets.add(KEPT, "jwt-0practice-only-next"))
        super().begins(parts)
