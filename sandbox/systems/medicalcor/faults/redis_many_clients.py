"""More instances run than Redis takes clients of, and each of them is at work."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from redis.exceptions import RedisError

from sandbox.systems.medicalcor.faults.redis_idle_clients import RedisIdleClients
from sandbox.systems.medicalcor.parts import Parts


@dataclass(kw_only=True)
class RedisManyClients(RedisIdleClients):
    def live(self, parts: Parts) -> None:
        """Each asks something."""
        for one in self.held:
            with suppress(RedisError):
                one.ping()
