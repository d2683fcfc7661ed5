"""Who takes work from the queue: messages are sent to patients, and what fails is laid among the dead letters."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, cast

import redis
from redis.exceptions import RedisError

from journal import clock
from sandbox.systems.medicalcor.valkey import Valkey

DEAD: Final = "medicalcor:dlq"
QUEUE: Final = "medicalcor:webhooks"
NAME: Final = "medicalcor-webhooks"
AT_ONCE: Final = 200


def understood(_item: str) -> bool:
    return True


@dataclass(kw_only=True)
class Worker:
    """Works at each turn. `sends` is whether a message is taken, `understands` whether the code can read an item."""

    valkey: Valkey
    sends: Callable[[], bool]
    understands: Callable[[str], bool] = understood
    sent: Counter[str] = field(default_factory=Counter[str])
    _client: redis.Redis | None = field(default=None, repr=False)

    def begin(self) -> None:
        """As in good times: it has sent nothing yet."""
        self.close()
        self.understands = understood
        self.sent.clear()

    def works(self) -> None:
        """Take what waits; what cannot be processed lies among the dead letters before it leaves the queue."""
        try:
            if self._client is None:
                self._client = self.valkey.client(name=NAME)
            waiting = cast("list[bytes]", self._client.lrange(QUEUE, -AT_ONCE, -1))
            for body in reversed(waiting):
                self._process(self._client, body)
        except RedisError:
            self.close()

    def complaints(self) -> Iterator[str]:
        """What patients complain about who have it twice."""
        if any(many > 1 for many in self.sent.values()):
            yield "patients get a message twice"

    def close(self) -> None:
        if self._client is not None:
            with suppress(RedisError):
                self._client.close()
            self._client = None

    def _process(self, client: redis.Redis, body: bytes) -> None:
        item: dict[str, Any] = json.loads(body)
        if self.understands(item["id"]) and self.sends():
            self.sent[item["id"]] += 1
        else:
            client.rpush(DEAD, json.dumps({**item, "failed_at": clock.now().timestamp()}))
        client.rpop(QUEUE)
