"""The hash chain: what an entry is, its canonical form, and the hash that binds it to the one before.

`store` calls it to write, `verify` to check. The hash is SHA-256 over the canonical JSON of everything an entry says,
the previous hash included. It uses the stored text of the fact byte for byte, so that even an edit which leaves the
meaning alone shows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter

from journal.facts.every import Fact

GENESIS: Final = "0" * 64
"""What the first entry of a chain has as `previous`."""

FACT: Final[TypeAdapter[Fact]] = TypeAdapter(Fact)


class Entry(BaseModel):
    """One recorded fact. `number` counts from 1 within its incident; `at` is UTC, by the journal's clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    incident: str
    number: int
    key: str
    kind: str
    fact: Fact
    at: datetime
    flow_run: str | None = None
    task_run: str | None = None
    previous: str
    hash: str


def canonical(value: object) -> str:
    """JSON with sorted keys, no blanks, UTF-8. What JSON or UTF-8 cannot carry (NaN, lone surrogates) is replaced."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def _finite(value: object) -> object:
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {key: _finite(item) for key, item in cast("dict[str, Any]", value).items()}
        case list() | tuple():
            return [_finite(item) for item in cast("list[Any]", value)]
        case _:
            return value


def instant(at: datetime) -> str:
    """A time as it goes into the hash: UTC, always six digits."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hash_of(
    *,
    incident: str,
    number: int,
    key: str,
    kind: str,
    fact: str,
    at: datetime,
    flow_run: str | None,
    task_run: str | None,
    previous: str,
) -> str:
    """The hash of an entry whose fact is stored as the text `fact`.

    The text is spliced in where its field sorts, which gives the canonical JSON of the whole without parsing the fact.
    """
    before = canonical({"at": instant(at)})
    after = canonical(
        {
            "flow_run": flow_run,
            "incident": incident,
            "key": key,
            "kind": kind,
            "number": number,
            "previous": previous,
            "task_run": task_run,
        }
    )
    return sha256(f'{before[:-1]},"fact":{fact},{after[1:]}'.encode("utf-8", "surrogatepass")).hexdigest()


def latest_time(entries: Sequence[Entry], first: Entry) -> datetime:
    """The latest time at which anything was recorded since that entry: a clock that says less was set back."""
    return max(entry.at for entry in (first, *entries) if entry.number >= first.number)
