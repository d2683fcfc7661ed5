"""Words of permission: what runbooks need, the names an environment gives to resources, and what connections grant.

A connection block owns its language (`CodeBlueBlock.speaks`, `grants`, `held`): AWS speaks IAM, PostgreSQL speaks
grants. `deployments.permissions` puts the needs of a system to the connections of an environment. Nothing widens: a
need whose resource the environment does not name, or that no connection speaks, is an error with its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from runbook import Permanent

Identity = Literal["reading", "changing"]
IDENTITIES: tuple[Identity, ...] = ("reading", "changing")

Names = Mapping[str, Sequence[str]]
"""What an environment calls its resources, by kind: `{"bucket": ["shop-receipts-prod"]}`. Wildcards are allowed."""

Users = Mapping[str, tuple[str, ...]]
"""The runbooks that need each permission."""


class NotNamed(Permanent):
    """A permission cannot be narrowed, because the environment names no such resource."""


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Permissions of the reading and of the changing identity, as the runbooks declare them."""

    reading: frozenset[str] = frozenset()
    changing: frozenset[str] = frozenset()

    def of(self, identity: Identity) -> frozenset[str]:
        return self.reading if identity == "reading" else self.changing


@dataclass(frozen=True, kw_only=True)
class Grants:
    """What people grant to one identity of one connection: a policy document, or statements in its own language.

    `language` is what a fence of Markdown calls it: `json` for a document, else that of the lines, such as `sql`.
    """

    identity: Identity
    title: str
    language: str
    document: dict[str, Any] | tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How what an identity is allowed differs from what is generated, in sentences; `unclear` cannot be told."""

    said: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Held:
    """A look at what one identity is really allowed. `look` raises `Permanent` or `Temporary` when it is kept out."""

    asks: str
    look: Callable[[], Difference] = field(repr=False)


def without(identity: Identity, runbooks: Sequence[str]) -> str:
    """What is lost where a permission is missing."""
    if not runbooks:
        return "; a check needs it."
    return f"; {', '.join(runbooks)} would be {'blind' if identity == 'reading' else 'unable to act'} without it."
