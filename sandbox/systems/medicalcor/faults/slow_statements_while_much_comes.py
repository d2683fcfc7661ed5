"""The database is slow; and three times as many requests come, for which there are instances enough."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.service import A_SECOND
from sandbox.systems.medicalcor.faults.slow_statements import SlowStatements
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class SlowStatementsWhileMuchComes(SlowStatements):
    def busier(self, parts: Parts) -> None:
        parts.api.a_second, parts.api.service.most = 3 * A_SECOND, 12
