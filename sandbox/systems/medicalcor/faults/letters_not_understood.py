"""Dead letters are left, and the code does not understand them: each fails again, whenever it is processed."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.faults.letters_left_over import LettersLeftOver
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class LettersNotUnderstood(LettersLeftOver):
    def begins(self, parts: Parts) -> None:
        """A release has forgotten their form."""
        parts.worker.understands = lambda _item: False
