"""Redis was started anew, and loads what it keeps for minutes; meanwhile it answers LOADING to everybody."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from sandbox.errors import SandboxError
from sandbox.process import wait_until
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.valkey import Valkey

KEYS, BYTES = 200, 2000
MICROSECONDS = 300_000
"""Of the machine's time for each key: a minute in all."""


@dataclass(kw_only=True)
class RedisLoading(Fault):
    threads: list[threading.Thread] = field(default_factory=list[threading.Thread], init=False, repr=False)

    def start(self, parts: Parts) -> None:
        """Have it load its data slowly."""
        owner = parts.valkey.owner
        owner.mset({f"filler:{number}": os.urandom(BYTES) for number in range(KEYS)})
        owner.config_set("key-load-delay", MICROSECONDS)
        thread = threading.Thread(target=parts.valkey.reload)
        thread.start()
        self.threads.append(thread)
        wait_until(
            lambda: loads(parts.valkey), seconds=30, failing=lambda: SandboxError("Valkey does not load its data.")
        )

    def heal(self, parts: Parts) -> None:
        """Let it be ready."""
        be_ready(parts)
        while self.threads:
            self.threads.pop().join()


def be_ready(parts: Parts) -> None:
    """Let it load the rest at once, and wait for that."""
    parts.valkey.owner.config_set("key-load-delay", 0)
    wait_until(
        lambda: not loads(parts.valkey), seconds=30, failing=lambda: SandboxError("Valkey loads its data for ever.")
    )


def loads(valkey: Valkey) -> bool:
    """Whether it answers LOADING."""
    try:
        valkey.owner.get("filler:0")
    except RedisError:
        return True
    return False
