"""What of a Redis server may be touched, with bounds and owners: prefixes, dead letters, its memory."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from blocks.parts.names import Part

Policy = Literal[
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
]

_GLOB = re.compile(r"[\\*?\[\]^]")
_WORDS = re.compile(r"[!-~]+")


def literally(name: str) -> str:
    """A name as a pattern that means this name and no other."""
    return _GLOB.sub(lambda found: "\\" + found[0], name)


def plain(name: str) -> str:
    """The name, if a line of the ACL can say it; a validator."""
    if not _WORDS.fullmatch(name) or set(name) & set("()"):  # the ACL's own words end at blanks and brackets
        raise ValueError(
            f"{name!r} holds what a line of the ACL cannot say; give printable ASCII without round brackets."
        )
    return name


class Regenerating(Part):
    """Keys that come again when they are gone, such as counters of a rate limit: they may be unlinked."""

    prefix: str = Field(min_length=2, max_length=200, description="How they begin; glob characters mean themselves.")
    owner: str = Field(min_length=1, max_length=100, description="Who answers for them.")
    loses: str = Field(default="they begin anew", description="What is lost for a while: limits start anew.")
    at_most: int = Field(default=50_000, ge=1, description="How many may be unlinked at a time.")

    _is_plain = field_validator("prefix")(plain)


class DeadLetters(Part):
    """A list or stream of what could not be processed. It is never cleared.

    Items are JSON objects; `id_field` is what their receiver knows them by, so that none is processed twice.
    """

    key: str = Field(min_length=1, max_length=200, description="Its key.")
    owner: str = Field(min_length=1, max_length=100, description="Who answers for it.")
    queue: str = Field(default="", max_length=200, description="List that its application takes work from, if any.")
    enters: Literal["left", "right"] = Field(
        default="left", description="End of the queue at which work enters: left where it is taken from the right."
    )
    id_field: str = Field(default="id", description="Field of an item that names it for ever.")
    at_field: str = Field(default="failed_at", description="Field with the moment: seconds since 1970, or ISO 8601.")
    kind_field: str = Field(default="type", description="Field that says what sort of item it is.")
    at_most: int = Field(default=500, ge=1, le=5000, description="How many may be processed again at a time.")

    @field_validator("key", "queue")
    @classmethod
    def _is_plain(cls, name: str) -> str:
        return plain(name) if name else name

    @property
    def moved(self) -> str:
        """The hash in which we count how often each item was moved; in the same slot of a cluster as the key."""
        return f"codeblue:moved:{{{self.key}}}"


class MemoryBounds(Part):
    """What the owner of a server calls safe for its memory."""

    owner: str = Field(min_length=1, max_length=100, description="Who answers for it.")
    least: int = Field(ge=1, description="The least that maxmemory may be, in bytes.")
    most: int = Field(ge=1, description="The most that maxmemory may be, in bytes.")
    policies: tuple[Policy, ...] = Field(default=(), description="Eviction policies that it may be set to.")
