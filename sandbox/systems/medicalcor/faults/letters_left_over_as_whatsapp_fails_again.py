"""Dead letters are left; WhatsApp takes five of them, and then fails as it did."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.faults.letters_left_over import LettersLeftOver
from sandbox.systems.medicalcor.parts import Parts

MANY = 5


@dataclass(kw_only=True)
class LettersLeftOverAsWhatsappFailsAgain(LettersLeftOver):
    failed: bool = False

    def live(self, parts: Parts) -> None:
        """It fails once, and then as long as nobody mends it."""
        if not self.failed and parts.worker.sent.total() >= MANY:
            self.failed = True
            fail(parts.api.providers["whatsapp"])
