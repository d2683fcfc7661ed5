"""Whether a JSON value is what a discovery document says. A field that it does not name is wrong."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

_DURATION: Final = re.compile(r"-?\d+(\.\d{1,9})?s")
_WHOLE: Final = re.compile(r"-?\d+")


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What is wrong and where. `field` is as Google writes it: `traffic[0].percent`."""

    field: str
    says: str


def wrongs(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], at: str = "") -> Iterator[Wrong]:
    """Everything in a value that its schema does not have. `null` is the same as absent."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"]]
    match schema.get("type"):
        case _ if value is None:
            return
        case "object":
            yield from _object(value, schema, schemas, at)
        case "array":
            if not isinstance(value, list):
                yield Wrong(field=at, says=f"Invalid value at '{at}': a list is expected.")
                return
            for number, item in enumerate(cast("list[Any]", value)):
                yield from wrongs(item, schema["items"], schemas, f"{at}[{number}]")
        case "any":
            return
        case kind:
            if not _fits(value, str(kind), schema.get("format", "")):
                said = str(schema.get("format") or kind).upper()
                yield Wrong(field=at, says=f"Invalid value at '{at}' (TYPE_{said}).")
            elif "enum" in schema and value not in schema["enum"]:
                yield Wrong(field=at, says=f"Invalid value at '{at}': {value!r} is none of its names.")


def _object(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], at: str) -> Iterator[Wrong]:
    if not isinstance(value, dict):
        yield Wrong(field=at, says=f"Invalid value at '{at}': an object is expected.")
        return
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    for name, inner in cast("dict[str, Any]", value).items():
        below = f"{at}.{name}" if at else name
        if name in known:
            yield from wrongs(inner, known[name], schemas, below)
        elif others is not None:
            yield from wrongs(inner, others, schemas, below)
        else:
            yield Wrong(field=below, says=f"Invalid JSON payload received. Unknown name \"{name}\" at '{at}'.")


def _fits(value: Any, kind: str, form: str) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**32
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str) and _formed(value, form)
        case _:
            return False


def _formed(value: str, form: str) -> bool:
    match form:
        case "int64" | "uint64":
            return _WHOLE.fullmatch(value) is not None
        case "google-duration":
            return _DURATION.fullmatch(value) is not None
        case "google-datetime" | "date-time":
            return moment(value) is not None
        case "byte":
            try:
                base64.b64decode(value, validate=True)
            except ValueError:
                return False
            return True
        case _:
            return True


def found_at(value: Any, way: Iterable[str]) -> Any:
    """What is at the end of a way into objects; nothing where the way ends before."""
    for part in way:
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(part)
    return value


def moment(text: str) -> datetime | None:
    """A time as RFC 3339 has it, with a zone; nanoseconds are cut. Nothing where it is none."""
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text))
    except ValueError:
        return None
    return found if found.tzinfo is not None and "T" in text else None


def written(at: datetime) -> str:
    """As Google writes a time: UTC, with six digits and `Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
