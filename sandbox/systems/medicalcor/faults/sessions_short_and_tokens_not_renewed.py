"""A revision of the pages lets sessions end after ten minutes, and does not renew tokens either."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.sessions_short import SessionsShort
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SessionsShortAndTokensNotRenewed(SessionsShort):
    def begins(self, parts: Parts) -> None:
        parts.signed_in.renews = False
        super().begins(parts)
