"""Dead letters are left; most could be processed now, and three the code does not understand."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.letters_left_over import LettersLeftOver
from sandbox.systems.medicalcor.parts import Parts

NOT = ("wamid-40", "wamid-45", "wamid-50")
"""Of those behind the first five, so few that the others go on."""


@dataclass(kw_only=True)
class LettersPartlyNotUnderstood(LettersLeftOver):
    def begins(self, parts: Parts) -> None:
        parts.worker.understands = lambda item: item not in NOT
