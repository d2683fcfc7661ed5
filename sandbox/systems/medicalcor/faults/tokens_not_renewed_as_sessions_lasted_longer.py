"""Tokens are not renewed any more, while sessions may last for longer than they should."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.signed_in import SESSION
from sandbox.systems.medicalcor.faults.tokens_not_renewed import TokensNotRenewed
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class TokensNotRenewedAsSessionsLastedLonger(TokensNotRenewed):
    def begins(self, parts: Parts) -> None:
        parts.signed_in.deploy({SESSION: "24h"})
        super().begins(parts)
