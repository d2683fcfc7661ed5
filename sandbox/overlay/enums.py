"""Refuse values AWS does not know: botocore does not check enums, and moto seldom does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from sandbox.overlay.call import Call, Refused

UNCHECKED = frozenset({"s3"})
"""S3 refuses in other words, per operation; its own concern would have to."""


def check(call: Call) -> None:
    """Raise `Refused` with the words AWS uses for the first value outside its enum."""
    shape = call.model.input_shape
    if shape is None or call.service in UNCHECKED:
        return
    for path, value, allowed in _outside(shape, call.parameters, ""):
        raise Refused(
            "ValidationError" if call.speaks_query else "ValidationException",
            f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(allowed)}]",
        )


def _outside(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str, list[str]]]:
    if value is None:
        return
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = cast("Mapping[str, Shape]", shape.members)
        for name, inner in cast("Mapping[str, Any]", value).items():
            if name in members:
                yield from _outside(members[name], inner, f"{path}.{_lower(name)}" if path else _lower(name))
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for number, inner in enumerate(cast("list[Any]", value), start=1):
            yield from _outside(shape.member, inner, f"{path}.{number}.member")
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for name, inner in cast("Mapping[str, Any]", value).items():
            yield from _outside(shape.value, inner, f"{path}.{name}.member")
    elif isinstance(shape, StringShape) and shape.enum and str(value) not in shape.enum:
        yield path, str(value), list(shape.enum)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
