"""Webhooks fail for days, and all that could not be processed piles up in Redis until it is full.

There are many counters of rate limits as well, as always when senders try again; they are small.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from journal import clock
from sandbox.systems.medicalcor.application import HOUR
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.filling import VALUE, fill
from sandbox.systems.medicalcor.parts import Parts

COUNTERS = 3000
NAMELESS = 50
"""Of so many items one has no id, as its sender gave it none."""
DAYS = 3 * 24 * 3600
DEAD = "medicalcor:dlq"


@dataclass(kw_only=True)
class DeadLetters(Fault):
    def start(self, parts: Parts) -> None:
        """Count many senders, and fill it with what they sent."""
        with parts.valkey.client() as client, client.pipeline(transaction=False) as many:
            for number in range(COUNTERS):
                many.set(f"rate_limit:sender:{number}", "1", ex=HOUR)
            many.execute()
        fill(parts.valkey, lambda many, number: many.rpush(DEAD, item(number)))


def item(number: int, body: str = VALUE) -> str:
    """One webhook that failed: whose it was is not said here."""
    at = clock.now().timestamp() - DAYS + number
    named = {} if number % NAMELESS == NAMELESS - 1 else {"id": f"wamid-{number}"}
    return json.dumps({**named, "type": "whatsapp.message", "failed_at": at, "body": body})
