"""Filling a Valkey until it refuses a write, with whatever somebody lets pile up there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from redis.client import Pipeline
from redis.exceptions import OutOfMemoryError

from sandbox.errors import SandboxError
from sandbox.systems.medicalcor.valkey import Valkey

TOGETHER, MOST = 100, 100_000
VALUE = "x" * 4000

Write = Callable[[Pipeline, int], Any]


def fill(valkey: Valkey, write: Write) -> None:
    """Write, by the application, one thing after another until there is no memory left."""
    with valkey.client() as client:
        for first in count(step=TOGETHER):
            with client.pipeline(transaction=False) as many:
                for number in range(first, first + TOGETHER):
                    write(many, number)
                if any(isinstance(one, OutOfMemoryError) for one in many.execute(raise_on_error=False)):
                    return
            if first > MOST:
                raise SandboxError("Valkey takes and takes; it was to be full by now.")


def used(valkey: Valkey) -> float:
    """The used share of its memory."""
    told: Any = valkey.owner.info("memory")
    return told["used_memory"] / told["maxmemory"]
