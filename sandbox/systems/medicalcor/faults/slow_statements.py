"""A table is read from end to end, and the API waits three seconds for what it asks of its database."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import A_MINUTE, UNTIL_TOLD, pass_by
from sandbox.systems.medicalcor.faults.missing_index import MissingIndex
from sandbox.systems.medicalcor.parts import Parts
from sandbox.turns import SHORT, take


@dataclass(kw_only=True)
class SlowStatements(MissingIndex):
    def start(self, parts: Parts) -> None:
        """First the API's requests of a while, in long turns, then the users whom somebody sees wait right now."""
        take(A_MINUTE)
        parts.api.query = 3.0
        self.busier(parts)
        pass_by(UNTIL_TOLD)
        take(SHORT)
        super().start(parts)

    def busier(self, parts: Parts) -> None:
        """What else goes on."""
