"""A look at dead letters: how many, how old, of which kinds. What is in them is told to nobody.

They hold what others sent, such as messages of people. So an item is read here, and only its id, its moment and its
kind are kept; the id as a hash.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from blocks.redis import Client, Redis, ask
from blocks.redis_parts import DeadLetters
from journal import clock
from journal.redaction import redact
from journal.short import short
from journal.wording import brief, counted, span
from runbook import Facts, Permanent, look

ENDS = 100
"""Items that are read at either end of a list: which of them is the older one depends on who writes."""

BYTES = 4_000_000
"""What one look brings over at most."""

LATER_THAN_SECONDS = 1e11
"""A number above this counts milliseconds."""

READS = (
    "redis:type:letters",
    "redis:memory|usage:letters",
    "redis:llen:letters",
    "redis:lrange:letters",
    "redis:xlen:letters",
    "redis:xrange:letters",
    "redis:xrevrange:letters",
)


@dataclass(frozen=True, kw_only=True)
class Item:
    """What is kept of one item. `id` is empty where it has none; `body` names exactly these bytes."""

    id: str
    body: str
    at: datetime | None
    kind: str


class Letters(Facts):
    """Dead letters. `kinds`, `nameless` (without an id) and `unreadable` (no JSON object) are of those `read`.

    `oldest` is unknown where no item that was read says when it failed.
    """

    form: str
    length: int
    taken: int
    used: int
    read: int
    oldest: timedelta | None
    kinds: dict[str, int]
    nameless: int
    unreadable: int

    @property
    def share(self) -> float:
        """What they take of all memory in use."""
        return self.taken / max(self.used, 1)

    def __str__(self) -> str:
        if not self.length:
            return "no dead letters"
        age = "of unknown age" if self.oldest is None else f"the oldest {span(self.oldest)} old"
        kinds = ", ".join(f"{kind} {count}" for kind, count in self.kinds.items())
        lacking = f", {self.nameless} without an id" if self.nameless else ""
        lacking += f", {self.unreadable} not readable" if self.unreadable else ""
        size = f"{self.taken / 1e6:.1f} MB ({self.share:.0%} of the memory in use)"
        return f"{counted(self.length, 'item')}, {size}, {age}; of {self.read} read: {kinds or 'no kind'}{lacking}"

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"dead letters": (float(self.length), "")}


@look(*READS, "redis:info", bound=f"{ENDS} items at either end, {BYTES / 1e6:g} MB")
def read_letters(redis: Redis, key: str) -> Letters:
    """How many dead letters there are, how old and of which kinds. Raises `Permanent` for a key that is none."""
    letters = redis.letters(key)
    with redis.reading() as client:
        used: Any = client.info("memory")
        form, length = form_of(client, letters)
        taken = taken_by(client, key)
        bodies, _ = bodies_of(client, letters, ENDS)
    items = [item_of(body, letters) for body in bodies]
    moments = [one.at for one in items if one is not None and one.at is not None]
    return Letters(
        form=form,
        length=length,
        taken=taken,
        used=int(used["used_memory"]),
        read=len(items),
        oldest=max(clock.now() - min(moments), timedelta(0)) if moments else None,
        kinds=dict(Counter(one.kind for one in items if one is not None).most_common(10)),
        nameless=sum(one is not None and not one.id for one in items),
        unreadable=sum(one is None for one in items),
    )


def form_of(client: Client, letters: DeadLetters) -> tuple[str, int]:
    """Whether they are a list or a stream, and how many. Raises `Permanent` for anything else."""
    form = type_of(client, letters)
    if form == "none":
        return form, 0
    if form not in {"list", "stream"}:
        raise Permanent(f"{letters.key} is a {form}, neither a list nor a stream; correct the saved block.")
    length: Any = client.llen(letters.key) if form == "list" else client.xlen(letters.key)
    return form, int(length)


def type_of(client: Client, letters: DeadLetters) -> str:
    """The type of the key; `none` where there is none."""
    told: bytes = ask(client, "TYPE", letters.key)
    return told.decode()


def item_of(body: bytes, letters: DeadLetters) -> Item | None:
    """What is kept of an item; nothing of one that is no JSON object."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    fields = cast("dict[str, Any]", told)
    name = fields.get(letters.id_field)
    known = isinstance(name, str | int) and not isinstance(name, bool) and str(name) != ""
    kind = fields.get(letters.kind_field)
    return Item(
        id=short(f"{type(name).__name__} {name}".encode()) if known else "",
        body=short(body),
        at=_moment(fields.get(letters.at_field)),
        kind=str(redact(brief(kind, 40))) if isinstance(kind, str) and kind else "no kind",
    )


def taken_by(client: Client, key: str) -> int:
    """Bytes of a list or stream; nothing for one that is gone.

    All of it is measured: by a few items from its beginning, one whose end is heavy would seem to be small.
    """
    told: Any = client.memory_usage(key, samples=0)
    return int(told or 0)


def bodies_of(client: Client, letters: DeadLetters, at_either_end: int, most: int = BYTES) -> tuple[list[bytes], bool]:
    """Items as they lie there, from both ends, as far as they fit; and whether these are all."""
    key, (form, length) = letters.key, form_of(client, letters)
    fit = min(at_either_end, most * length // max(2 * taken_by(client, key), 1)) if length else 0
    if not fit:
        return [], not length
    complete = length <= 2 * fit
    if form == "stream":
        first = _as_fit(lambda many: _entries(client.xrange(key, count=many), letters), fit, most // 2)
        last = _as_fit(lambda many: _entries(client.xrevrange(key, count=many), letters), fit, most // 2)
        return list({**first, **last}.values()), complete
    if complete:
        return list(_range(client, key, 0, length - 1).values()), True
    first = _as_fit(lambda many: _range(client, key, 0, many - 1), fit, most // 2)
    last = _as_fit(lambda many: _range(client, key, -many, -1), fit, most // 2)
    return [*first.values(), *last.values()], False


def _as_fit(read: Callable[[int], dict[Any, bytes]], at_most: int, most: int) -> dict[Any, bytes]:
    """So many items of one end as fit, asked for from the end again and again, each time up to twice as many.

    They are of one answer then, whatever is put there meanwhile. Those at an end may be larger than the others.
    """
    many, found = 1, read(1)
    while many < at_most:
        mean = sum(map(len, found.values())) / max(len(found), 1)
        more = min(2 * many, at_most, int(most / max(mean, 1)))
        if more <= many:
            return found
        many, found = more, read(more)
    return found


def _entries(told: Any, letters: DeadLetters) -> dict[Any, bytes]:
    """Entries of a stream, by their own ids; one that was deleted has no fields."""
    return {name: _as_body(name, fields, letters) for name, fields in told if fields}


def _as_body(name: bytes, fields: dict[bytes, bytes], letters: DeadLetters) -> bytes:
    """An entry of a stream as an item: it is known by its own id, and was put there when that says."""
    said = {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in fields.items()}
    at = int(name.partition(b"-")[0]) / 1000
    known = said.get(letters.id_field, name.decode())
    return json.dumps({**said, letters.id_field: known, letters.at_field: at}).encode()


def _range(client: Client, key: str, first: int, last: int) -> dict[Any, bytes]:
    """Items of a list, by their places in the answer."""
    told: Any = client.lrange(key, first, last)
    return dict(enumerate(cast("list[bytes]", told)))


def _moment(told: object) -> datetime | None:
    """When it failed; nothing where it is not told in a form that is known."""
    try:
        if isinstance(told, int | float) and not isinstance(told, bool):
            return datetime.fromtimestamp(told / 1000 if told > LATER_THAN_SECONDS else told, UTC)
        if isinstance(told, str):
            at = datetime.fromisoformat(told)
            return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
