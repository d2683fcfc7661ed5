"""WhatsApp takes seven of eight messages, so that dead letters come all the time; its page says nothing of it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import A_MINUTE, UNTIL_TOLD, pass_by
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.faults.letters_left_over import LettersLeftOver
from sandbox.systems.medicalcor.parts import Parts
from sandbox.turns import RARE, take


@dataclass(kw_only=True)
class LettersStillCome(LettersLeftOver):
    def begins(self, parts: Parts) -> None:
        """Let some of what is sent fail for a while."""
        take(A_MINUTE)
        fail(parts.api.providers["whatsapp"], share=1 / 8, page="none")
        pass_by(UNTIL_TOLD)
        take(RARE)
