"""Looks at what the keys of a Redis database take: by prefix, and the largest ones.

Both go through at most so many keys, for at most so long, and say how many they saw of how many there are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from blocks.redis import Client, Redis, ask_all
from journal.wording import counted
from runbook import Facts, look
from tasks.redis.info import INFO, info
from tasks.redis.walk import Walk, shown, sizes

AT_MOST = 20_000
WITHIN = timedelta(seconds=2)
LONG = re.compile(rb"\d{5,}|[0-9a-f]{12,}|@")
SAMPLES = 25
"""Keys of each step (`walk.STEP`) that are measured; the others are taken to be as large."""

NONE, OTHERS = "(no prefix)", "(others)"
LISTED, KEPT = 10, 50
NEEDS = (INFO, "redis:scan", "redis:dbsize", "redis:memory|usage:key", "redis:pttl:key", "redis:type:key")


class Prefix(Facts):
    """Keys that begin alike. `taken` (bytes) and `lasting` (keys that never expire) are worked out from samples."""

    keys: int
    sampled: int
    taken: int
    lasting: int

    def and_also(self, other: Prefix) -> Prefix:
        """Both as one."""
        return Prefix(**{name: count + getattr(other, name) for name, count in self})


class Prefixes(Facts):
    """What keys take, by what stands before the first colon of their names; those that take most first.

    Prefixes and dead letters that the block names stand for themselves. `of` is how many keys the database holds,
    `used` the memory in use: not all of it need be keys.
    """

    prefixes: dict[str, Prefix]
    seen: int
    of: int
    used: int
    elsewhere: int
    cluster: bool

    @property
    def taken(self) -> int:
        return sum(one.taken for one in self.prefixes.values())

    def share(self, prefix: str) -> float:
        """What a prefix takes of the memory in use. Raises `LookupError` when no key was seen: nothing can be judged.

        Keys that were not seen are taken to be like those that were.
        """
        return self._of_used(found.taken if (found := self.prefixes.get(prefix)) else 0)

    def lasting_share(self, prefix: str) -> float:
        """What those of its keys take that never expire. Raises `LookupError` like `share`."""
        found = self.prefixes.get(prefix)
        return self._of_used(found.taken * found.lasting / max(found.keys, 1) if found else 0)

    def expiring_share(self, *, but: str) -> float:
        """What keys of all other prefixes take that expire by themselves. Raises `LookupError` like `share`."""
        others = (one for name, one in self.prefixes.items() if name != but)
        return self._of_used(sum(one.taken * (1 - one.lasting / max(one.keys, 1)) for one in others))

    def _of_used(self, taken: float) -> float:
        if not self.taken:
            raise LookupError("no keys were seen")
        return min(1.0, taken * self.of / max(self.seen, 1) / max(self.used, 1))

    def lasting(self, prefix: str) -> float:
        """The share of its keys that never expire. Raises `LookupError` when it has none."""
        found = self.prefixes.get(prefix)
        if found is None or not found.keys:
            raise LookupError(f"no key of {prefix} was seen")
        return found.lasting / found.keys

    def __str__(self) -> str:
        listed = list(self.prefixes.items())
        parts = [f"{name} {one.taken / 1e6:.1f} MB in {counted(one.keys, 'key')}" for name, one in listed[:LISTED]]
        rest = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
        text = f"{', '.join(parts) or 'no keys'}{rest}; seen {self.seen} of {self.of}, sizes from samples"
        text += f"; {counted(self.elsewhere, 'key')} in other databases" if self.elsewhere else ""
        return text + ("; one node of a cluster" if self.cluster else "")

    def figures(self) -> Mapping[str, tuple[float, str]]:
        if not self.taken or not self.prefixes:
            return {}
        name = next(iter(self.prefixes))
        return {f"share of {name}": (round(100 * self.share(name), 1), "%")}


@dataclass(kw_only=True)
class _Found:
    keys: int = 0
    sampled: int = 0
    taken: int = 0
    lasting: int = 0
    whole: bool = field(default=False)
    """One key, measured itself: its size stands for no other."""

    def as_facts(self) -> Prefix:
        scale = 1.0 if self.whole else self.keys / max(self.sampled, 1)
        taken, lasting = round(self.taken * scale), round(self.lasting * scale)
        return Prefix(keys=self.keys, sampled=self.sampled, taken=taken, lasting=lasting)


@look(*NEEDS, bound=f"{AT_MOST} keys, {WITHIN.total_seconds():g} s")
def read_prefixes(redis: Redis, *, at_most: int = AT_MOST, within: timedelta = WITHIN) -> Prefixes:
    """Who holds the memory: keys and bytes by prefix."""
    found: defaultdict[bytes, _Found] = defaultdict(_Found)
    alone = {letters.key.encode() for letters in redis.dead_letters}
    named = sorted((one.prefix.encode() for one in redis.prefixes), key=len, reverse=True)
    with redis.reading(works=within) as client:
        told, of = info(client), _size(client)
        seen = 0
        for names in Walk(client, at_most=at_most, within=within):
            seen += len(names)
            groups: defaultdict[bytes, list[bytes]] = defaultdict(list)
            for name in names:
                groups[name if name in alone else _prefix(name, named)].append(name)
            chosen: list[bytes] = []
            for prefix, members in groups.items():
                found[prefix].keys += len(members)
                found[prefix].whole = prefix in alone
                chosen += members[: max(1, SAMPLES * len(members) // len(names))]
            for name, taken, lasting in _measured(client, chosen, alone):
                one = found[name if name in alone else _prefix(name, named)]
                one.sampled, one.taken, one.lasting = one.sampled + 1, one.taken + taken, one.lasting + lasting
    return Prefixes(
        prefixes=_told(found),
        seen=seen,
        of=max(of, seen),
        used=told.number("used_memory"),
        elsewhere=sum(keys for number, keys in told.databases() if number != redis.db),
        cluster=bool(told.get("cluster_enabled")),
    )


def _told(found: Mapping[bytes, _Found]) -> dict[str, Prefix]:
    """The largest by name; what is beyond that, and what cannot be told apart without what is personal, together."""
    ordered = sorted(
        ((one.as_facts(), name) for name, one in found.items()), key=lambda pair: (-pair[0].taken, pair[1])
    )
    told: dict[str, Prefix] = {}
    for place, (one, name) in enumerate(ordered):
        called = (shown(name, 60) if name else NONE) if place < KEPT else OTHERS
        before = told.get(called)
        told[called] = one if before is None else before.and_also(one)
    return told


def _measured(client: Client, names: list[bytes], whole: Collection[bytes]) -> Iterator[tuple[bytes, int, bool]]:
    """Each key with its bytes, and whether it never expires."""
    left = ask_all(client, (("PTTL", name) for name in names))
    return zip(names, sizes(client, names, whole), (one == -1 for one in left), strict=True)


def _prefix(name: bytes, named: list[bytes]) -> bytes:
    """What a key belongs to: a prefix that the block names, else what stands before its first colon."""
    for prefix in named:
        if name.startswith(prefix):
            return prefix
    before, colon, _ = name.partition(b":")
    return before + colon if colon and not LONG.search(before) else b""  # named after somebody, and not alike


def _size(client: Client) -> int:
    told: Any = client.dbsize()
    return int(told)


class BigKey(Facts):
    """One key: its name without what is personal in it, its type, its bytes, and whether it expires."""

    name: str
    kind: str
    taken: int
    expires: bool


class BigKeys(Facts):
    """The largest keys of those that were seen, largest first; `of` is how many keys the database holds."""

    keys: tuple[BigKey, ...]
    seen: int
    of: int
    used: int

    @property
    def share(self) -> float:
        """What the largest key takes of all memory in use. Raises `LookupError` when no key was seen."""
        if not self.keys:
            raise LookupError("no keys were seen")
        return self.keys[0].taken / max(self.used, 1)

    def __str__(self) -> str:
        parts = [f"{one.name} ({one.kind}) {one.taken / 1e6:.1f} MB" for one in self.keys[:3]]
        return f"{', '.join(parts) or 'no keys'}; seen {self.seen} of {self.of}"


@look(*NEEDS, bound=f"{AT_MOST} keys, {WITHIN.total_seconds():g} s")
def read_big_keys(redis: Redis, *, at_most: int = AT_MOST, within: timedelta = WITHIN) -> BigKeys:
    """Which single keys are large. Only sizes are asked for, so a key of any size is told at once."""
    measured: list[tuple[int, bytes]] = []
    seen = 0
    with redis.reading(works=within) as client:
        told, of = info(client), _size(client)
        for names in Walk(client, at_most=at_most, within=within):
            seen += len(names)
            measured = sorted([*measured, *zip(sizes(client, names), names, strict=True)], reverse=True)[:LISTED]
        keys = tuple(_key(client, taken, name) for taken, name in measured if taken)
    return BigKeys(keys=keys, seen=seen, of=max(of, seen), used=told.number("used_memory"))


def _key(client: Client, taken: int, name: bytes) -> BigKey:
    kind: Any = client.type(name)
    left: Any = client.pttl(name)
    return BigKey(name=shown(name), kind=kind.decode(), taken=taken, expires=left != -1)
