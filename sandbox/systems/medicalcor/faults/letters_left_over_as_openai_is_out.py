"""Dead letters are left from days ago; and OpenAI fails, which has nothing to do with webhooks."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.faults.letters_left_over import LettersLeftOver
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class LettersLeftOverAsOpenaiIsOut(LettersLeftOver):
    def begins(self, parts: Parts) -> None:
        fail(parts.api.providers["openai"])
