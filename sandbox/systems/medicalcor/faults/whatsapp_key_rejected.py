"""360dialog no longer knows the API's key."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.api.faulty import ApiFault
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class WhatsappKeyRejected(ApiFault):
    def begins(self, parts: Parts) -> None:
        fail(parts.api.providers["whatsapp"], "key", page="none")
