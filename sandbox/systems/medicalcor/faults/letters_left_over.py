"""WhatsApp failed three days ago; what could not be sent then lies among the dead letters still."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sandbox.systems.medicalcor.api.faulty import pass_by
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.faults.dead_letters import DEAD, item
from sandbox.systems.medicalcor.parts import Parts
from sandbox.turns import LONG, SHORT, take

NUMBERS = range(20, 60)
"""Which items: one of them has no id."""
TEXT = "x" * 200


@dataclass(kw_only=True)
class LettersLeftOver(Fault):
    def start(self, parts: Parts) -> None:
        """Lay them there; since then all is well."""
        take(LONG)
        with parts.valkey.client() as client:
            client.rpush(DEAD, *(item(number, TEXT) for number in NUMBERS))
        self.begins(parts)
        pass_by(timedelta(minutes=1))

    def begins(self, parts: Parts) -> None:
        """What else is wrong; nothing here."""

    def complaints(self, parts: Parts) -> Iterator[str]:
        """Whether anybody waits for a message that could be sent."""
        lying = cast("list[bytes]", parts.valkey.owner.lrange(DEAD, 0, -1))
        if any("id" in known for known in map(_read, lying)):
            yield "patients wait for what they were to be told"

    def heal(self, parts: Parts) -> None:
        take(SHORT)


def _read(body: bytes) -> dict[str, Any]:
    return json.loads(body)
