"""What INFO tells, asked once and read field by field: one that is missing is not zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from blocks.redis import Client, Redis
from runbook import NotSafe, Permanent

INFO = "redis:info"


@dataclass(frozen=True, kw_only=True)
class Info:
    """The fields of INFO, by name."""

    fields: Mapping[str, Any]

    def number(self, name: str) -> int:
        """A whole number. Raises `Permanent` where it is not told, or is none."""
        found = self.fields.get(name)
        if not isinstance(found, int | float):
            raise Permanent(f"The server's INFO tells no number for {name}; its version or provider may leave it out.")
        return int(found)

    def word(self, name: str) -> str:
        """A word. Raises `Permanent` where it is not told."""
        if name not in self.fields:
            raise Permanent(f"The server's INFO tells nothing of {name}; its version or provider may leave it out.")
        return str(self.fields[name])

    def get(self, name: str) -> Any:
        """Whatever is told, or nothing."""
        return self.fields.get(name)

    @property
    def version(self) -> tuple[int, ...]:
        """The version of Redis whose commands it speaks."""
        return tuple(int(part) for part in self.word("redis_version").split(".") if part.isdecimal())

    def databases(self) -> Iterator[tuple[int, int]]:
        """Number and count of keys of each database that holds any."""
        for name, told in self.fields.items():
            if name.startswith("db") and name[2:].isdecimal() and isinstance(told, dict):
                yield int(name[2:]), int(told.get("keys", 0))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] # of the library

    def errors(self, kind: str) -> int | None:
        """How often it has answered with an error, since its start; unknown before Redis 6.2, which does not count."""
        told = self.get(f"errorstat_{kind}")
        if isinstance(told, dict):
            return int(told.get("count", 0))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] # of the library
        return 0 if self.version >= (6, 2) else None


def info(client: Client) -> Info:
    """One INFO with its usual sections."""
    told: Any = client.info()
    return Info(fields=told)


def primary(client: Client, redis: Redis) -> Info:
    """What INFO tells of a server that takes writes.

    Raises `NotSafe` for a replica, where what is changed is lost, and for one node of a cluster, which holds a part.
    """
    told = info(client)
    if told.get("cluster_enabled"):
        raise NotSafe(f"Redis on {redis.where} is one node of a cluster and holds only a part; have its owner do it.")
    if told.word("role") != "master":
        raise NotSafe(f"Redis on {redis.where} is a replica and takes no writes; name its primary in the saved block.")
    return told
