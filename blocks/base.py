"""What all our blocks share: where their logo and page are, and the check they answer before anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar, Self, cast

from prefect.blocks.core import Block
from pydantic import HttpUrl

from blocks.permissions import Grants, Held, Names, Needs, Users
from journal.facts.seen import Check
from runbook import Permanent, Warrant

RECEIVER = "http://127.0.0.1:4290"
"""Where `codeblue up` serves the receiver, which also serves the logo and the documents."""

_SCHEMAS: dict[tuple[Any, ...], str] = {}
"""JSON schemas by kind of block and by what was asked for, as text: a copy of it is read in a fifth of the time."""


class CodeBlueBlock(Block):
    """Base of our blocks."""

    _logo_url: ClassVar[HttpUrl | None] = cast("HttpUrl", f"{RECEIVER}/assets/logo.png")
    _documentation_url: ClassVar[HttpUrl | None] = cast("HttpUrl", f"{RECEIVER}/docs")

    @classmethod
    def model_json_schema(cls, *asked: Any, **named: Any) -> dict[str, Any]:
        """As Prefect draws it, but once: to save one environment it asks for it several hundred times."""
        key = (cls, asked, *sorted(named.items()))
        if key not in _SCHEMAS:
            _SCHEMAS[key] = json.dumps(super().model_json_schema(*asked, **named))
        return json.loads(_SCHEMAS[key])

    def checks(self) -> Iterator[Check]:
        """Answer "can we see at all?" for the reading identity: one check per thing that must be so."""
        yield from ()

    # A connection owns its permission language. One that needs nothing granted says nothing.

    @classmethod
    def speaks(cls, need: str) -> bool:  # noqa: ARG003 # what a connection without a language is asked, too
        """Whether a permission is one of this language."""
        return False

    @classmethod
    def own_needs(cls) -> frozenset[str]:
        """What the reading identity needs so that `held` can look."""
        return frozenset()

    @classmethod
    def placeholder(cls) -> Self:
        """Stands in for a saved connection where permissions are drawn for no installation in particular.

        Its words are the names of its fields, so that what `resources` makes of them can be read: `FILE`.
        """
        return cls.model_construct(**stand_ins(cls))

    def grants(self, needs: Needs, names: Names) -> Iterator[Grants]:  # noqa: ARG002 # see `speaks`
        """What people grant for these needs. Raises `NotNamed` where the environment does not name a resource."""
        yield from ()

    def held(self, needs: Needs, names: Names, users: Users) -> Iterator[Held]:  # noqa: ARG002 # see `speaks`
        """A look for each identity that compares what it is allowed with what is generated."""
        yield from ()


def stand_ins(kind: type[Block]) -> dict[str, Any]:
    """Words for the fields that must be given: their names."""
    fields = kind.model_fields.items()
    return {name: name.upper() for name, field in fields if field.is_required() and field.annotation is str}


def require(warrant: Any) -> Warrant:
    """Refuse a changing client to anything that has no warrant."""
    if not isinstance(warrant, Warrant):
        raise Permanent("A changing connection was asked for without a warrant; only the pipeline may change things.")
    return warrant
