"""What Rastup's users notice when the application cannot work; asked as the application would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psycopg

from sandbox.systems.rastup.parts import Parts

NAME: Final = "api-service"
LATE: Final = 0.5
"""Seconds: in practice nobody waits for a minute, and the servers live by the machine's time."""


def complaints(parts: Parts) -> Iterator[str]:
    """What users complain about right now; nothing when all is well."""
    address = parts.postgres.address
    try:
        psycopg.connect(address.dsn(address.roles.application, application_name=NAME)).close()
    except psycopg.OperationalError:
        yield "no booking can be shown"
    if parts.replica.stays_later(LATE):
        yield "what was just booked is not shown yet"
