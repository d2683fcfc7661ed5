"""A worker opens a connection for each message and forgets it, until hardly anybody else is let in."""

from __future__ import annotations

from dataclasses import dataclass, field

import redis
from redis.client import PubSub

from journal.clock import Machine
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.valkey import CLIENTS

LEFT = 3
"""Places that are left: whoever comes with a few connections at a time gets some of them."""
STALE_SECONDS = 3.5
"""How long they have stood still by the time somebody is paged."""
LISTENERS = 10
"""Instances of the API that wait for changes: they stand still on purpose."""


@dataclass(kw_only=True)
class RedisIdleClients(Fault):
    held: list[redis.Redis] = field(default_factory=list[redis.Redis], init=False, repr=False)
    listening: list[PubSub] = field(default_factory=list[PubSub], init=False, repr=False)

    def start(self, parts: Parts) -> None:
        """Open them, and let them become old: the server lives by the machine's time."""
        for _ in range(LISTENERS):
            self.listening.append(parts.valkey.client().pubsub())
            self.listening[-1].subscribe("changes")
        taken = len(parts.valkey.does("CLIENT", "LIST").splitlines())
        for _ in range(CLIENTS - LEFT - taken):
            client = parts.valkey.client(name="worker")
            client.ping()
            self.held.append(client)
        Machine().sleep(STALE_SECONDS)

    def heal(self, parts: Parts) -> None:
        """End the worker."""
        while self.listening:
            self.listening.pop().close()
        while self.held:
            self.held.pop().close()
