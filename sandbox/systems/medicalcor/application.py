"""What the application does in Redis and in its database, and what its users notice when it cannot.

`works` is called at each turn; `complaints` asks as the application would, and is told by nobody what is broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import psycopg
from redis.exceptions import RedisError, ResponseError

from sandbox.systems.medicalcor.api.backing import TALK
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.valkey import Valkey

NAME: Final = "medicalcor-api"
SESSIONS: Final = 40
"""People who are logged in, each with a session in Redis."""
AT_ONCE: Final = 6
"""Requests that come together."""
HOUR: Final = 3600
REQUEST: Final = "x" * 500
"""What a limit keeps of the requests of a client."""


def begin(valkey: Valkey) -> None:
    """People log in, and their requests are counted."""
    with valkey.client() as client, client.pipeline(transaction=False) as many:
        for number in range(SESSIONS):
            many.set(f"session:{number}", REQUEST, ex=HOUR)
            many.set(f"rate_limit:{number}", REQUEST, ex=HOUR)
        many.execute()


def works(parts: Parts) -> None:
    """Some requests; who was logged out logs in again. What cannot be done is not."""
    burst(parts.valkey)
    with suppress(RedisError), parts.valkey.client() as client:
        client.set("rate_limit:visitor", REQUEST, ex=HOUR)
        for name in _lost(parts.valkey):
            client.set(name, REQUEST, ex=HOUR)


def complaints(parts: Parts) -> Iterator[str]:
    """What users complain about right now; nothing when all is well."""
    try:
        with parts.valkey.client() as client:
            client.set("talk:visitor", TALK, ex=HOUR)
            client.delete("talk:visitor")
    except ResponseError:
        yield "requests are refused: nothing can be kept for them"
    except RedisError:
        yield "requests are not limited, and nobody's session is found"
    else:
        if _lost(parts.valkey):
            yield "people are logged out"
        if burst(parts.valkey):
            yield "some requests are turned away"
    try:
        address = parts.postgres.address
        psycopg.connect(address.dsn(address.roles.application, application_name=NAME)).close()
    except psycopg.OperationalError:
        yield "no lead can be shown"


def burst(valkey: Valkey) -> int:
    """Several requests at once, each with a connection of its own; how many of them were turned away."""
    came, refused = [valkey.client() for _ in range(AT_ONCE)], 0
    try:
        for one in came:
            try:
                one.ping()
            except RedisError:
                refused += 1
    finally:
        for one in came:
            one.close()
    return refused


def _lost(valkey: Valkey) -> list[str]:
    """Sessions of people who are logged in, that are gone."""
    with valkey.client() as client:
        names = [f"session:{number}" for number in range(SESSIONS)]
        with client.pipeline(transaction=False) as many:
            for name in names:
                many.exists(name)
            return [name for name, there in zip(names, many.execute(), strict=True) if not there]
