"""Is this "no slot left"? psycopg cannot say: libpq keeps the SQLSTATE of a failed connection attempt to itself.

So the three sentences PostgreSQL has for 53300 (too_many_connections) are recognised; the sandbox's servers speak
English.
"""

from __future__ import annotations

import psycopg

TOO_MANY_CONNECTIONS = "53300"
SENTENCES = (
    "sorry, too many clients already",
    "remaining connection slots are reserved",
    "too many connections for",
)


def is_slot_refusal(error: psycopg.Error) -> bool:
    """Whether a connection attempt failed for want of a slot (SQLSTATE 53300)."""
    return error.sqlstate == TOO_MANY_CONNECTIONS or any(sentence in str(error) for sentence in SENTENCES)
