"""Moving single dead letters back to their application's queue, each in one step that is counted.

The count is kept beside the list, by the hash of the item's id. A plan names the count that it saw, so whoever follows
it a second time finds another one and leaves the item alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from blocks.redis import Client, ask_all
from blocks.redis_parts import DeadLetters
from runbook import NotSafe
from tasks.redis.letters import BYTES, Item, bodies_of, form_of, item_of, type_of

AT_EITHER_END = 2_500
READ = 4 * BYTES
"""What is read of dead letters at most."""

REMEMBERED = timedelta(days=30)
"""For how long it is known that items were moved, after the last of them was."""

COMMANDS = ("type", "llen", "lrange", "lpos", "hmget")
READS = (*(f"redis:{one}:moving" for one in COMMANDS), "redis:memory|usage:letters")
NEEDS = (
    *(f"redis:{one}:moving" for one in (*COMMANDS, "eval", "hget", "hincrby", "expire", "lpush", "rpush", "lrem")),
    "redis:memory|usage:letters",
)

MOVE: Final = """
if tonumber(redis.call('HGET', KEYS[3], ARGV[2]) or '0') ~= tonumber(ARGV[3]) then return 'moved before' end
if not redis.call('LPOS', KEYS[1], ARGV[1]) then return 'gone' end
redis.call('LREM', KEYS[1], 1, 'codeblue:' .. ARGV[2])
redis.call('EXPIRE', KEYS[3], ARGV[4])
redis.call('HINCRBY', KEYS[3], ARGV[2], 1)
local pushed = redis.pcall(ARGV[5], KEYS[2], ARGV[1])
if type(pushed) == 'table' then
  redis.call('HINCRBY', KEYS[3], ARGV[2], -1)
  return pushed
end
redis.call('EXPIRE', KEYS[3], ARGV[4])
redis.call('LREM', KEYS[1], 1, ARGV[1])
return 'moved'
"""
"""Into the queue first, and out of the list then: should the first fail, nothing is lost.

The `LREM` of what is nowhere and the first `EXPIRE` prove the rights before anything is put anywhere. A server that is
full lets a script write that has written before; that is as it should be, since a move takes no memory.
"""


@dataclass(frozen=True, kw_only=True)
class Lying:
    """Dead letters as they lie there. `bodies` are by hash; `items` are those that have an id, each id once.

    `times` is how often each id lies there.
    """

    length: int
    complete: bool
    bodies: dict[str, bytes]
    items: tuple[Item, ...]
    times: Mapping[str, int]
    nameless: int


@dataclass(frozen=True, kw_only=True)
class Moves:
    """One list of dead letters, and the queue that its items are moved to."""

    client: Client
    letters: DeadLetters

    def lying(self) -> Lying:
        """What lies there now. Raises `NotSafe` for a stream: that is read on by whoever reads it."""
        if type_of(self.client, self.letters) == "stream":
            raise NotSafe(f"{self.letters.key} is a stream; have {self.letters.owner} set its readers back.")
        _, length = form_of(self.client, self.letters)
        found, complete = bodies_of(self.client, self.letters, AT_EITHER_END, READ)
        bodies: dict[str, bytes] = {}
        items: dict[str, Item] = {}
        times: Counter[str] = Counter()
        nameless = 0
        for body in found:
            item = item_of(body, self.letters)
            if item is None or not item.id:
                nameless += 1
                continue
            bodies[item.body] = body
            times[item.id] += 1
            items.setdefault(item.id, item)
        return Lying(
            length=length,
            complete=complete,
            bodies=bodies,
            items=tuple(items.values()),
            times=times,
            nameless=nameless,
        )

    def counts(self, ids: Sequence[str]) -> dict[str, int]:
        """How often each item was moved by us."""
        if not ids:
            return {}
        told: Any = self.client.hmget(self.letters.moved, list(ids))
        return {name: int(count or 0) for name, count in zip(ids, told, strict=True)}

    def move(self, body: bytes, item: str, moved: int) -> bool:
        """Move one item that was moved so often before; whether it was there, and so often."""
        push = "LPUSH" if self.letters.enters == "left" else "RPUSH"
        lasts = int(REMEMBERED.total_seconds())
        keys = (self.letters.key, self.letters.queue, self.letters.moved)
        told: Any = self.client.eval(MOVE, len(keys), *keys, body, item, moved, lasts, push)
        return told == b"moved"

    def waiting(self, bodies: Sequence[bytes]) -> int:
        """How many of these nobody has taken from the queue yet."""
        told = ask_all(self.client, (("LPOS", self.letters.queue, body) for body in bodies))
        return sum(place is not None for place in told)

    def queued(self) -> int:
        """How much waits in the queue."""
        told: Any = self.client.llen(self.letters.queue)
        return int(told)
