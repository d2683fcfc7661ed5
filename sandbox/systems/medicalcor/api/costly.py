"""What faults of the costs of models have in common: nobody suffers but whoever pays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sandbox.systems.medicalcor.api.faulty import ApiFault, pass_by
from sandbox.systems.medicalcor.parts import Parts

A_QUARTER: Final = timedelta(minutes=12)
"""Besides the minutes until somebody is told: a whole quarter of an hour costs more."""
TOO_MUCH: Final = 1.5


@dataclass(kw_only=True)
class CostlyFault(ApiFault):
    def start(self, parts: Parts) -> None:
        super().start(parts)
        pass_by(A_QUARTER)

    def complaints(self, parts: Parts) -> Iterator[str]:
        if parts.usage.grown() > TOO_MUCH:
            yield "models cost more than they bring"
