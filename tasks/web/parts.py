"""Looks at what a service tells of its parts: its database, its circuit breakers, those that it calls.

No standard says how such an answer looks, so an environment declares it: where in the JSON the parts are, and which
words it has for them. A word that was not declared, another form and any other status are unreadable. Whatever else an
answer holds, such as the texts of errors, is dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, cast

from runbook import Facts, Permanent, SlowDown, Temporary, look
from tasks.web.read import BODY, ask

PATIENCE = timedelta(seconds=10)
"""A deep look asks all that is below, so it takes longer than a page."""

MANY = 50
NAME: Final = re.compile(r"[\w .:@/-]{1,60}")
TOLD: Final = frozenset({200, 503})
"""HTTP statuses with which a service tells of its parts: that it is ready, or that it is not."""

State = Literal["well", "impaired", "down", "unused"]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a service tells of its parts: at the end of `way` is a mapping by name, or a list of things that have a name.

    `words` are its own, in small letters, for the `state` of each.
    """

    way: tuple[str, ...]
    words: Mapping[str, State]
    state: str = "status"
    name: str = "name"


CHECKS: Final = Shape(
    way=("checks",),
    words={"ok": "well", "degraded": "impaired", "error": "down", "not_configured": "unused"},
)
"""What `/ready` tells in many services: checks by name."""

DEPENDENCIES: Final = Shape(
    way=("dependencies",),
    words={"healthy": "well", "degraded": "impaired", "unhealthy": "down", "not_configured": "unused"},
)
"""What a deep look tells: dependencies in a list."""

BREAKERS: Final = Shape(
    way=("services",),
    state="state",
    words={"closed": "well", "half_open": "impaired", "half-open": "impaired", "open": "down"},
)
"""Circuit breakers in a list. One that is half open lets single calls through, to see whether they succeed."""


class Part(Facts):
    """One part. Its name is no key: the state of one called `session-token` would be redacted."""

    of: str
    state: State


class Parts(Facts):
    """What one process of a service says of its parts; others may see it otherwise."""

    host: str
    status: int
    parts: tuple[Part, ...]

    @property
    def states(self) -> Mapping[str, State]:
        return {one.of: one.state for one in self.parts}

    def of(self, name: str) -> State:
        """How a part is. Raises `LookupError` where the service does not tell of it, or does not use it."""
        found = self.states.get(name)
        if found is None or found == "unused":
            raise LookupError(f"{self.host} {'does not use' if found else 'tells nothing of'} {name}")
        return found

    def down(self, name: str) -> bool:
        return self.of(name) == "down"

    def well(self, name: str) -> bool:
        return self.of(name) == "well"

    def __str__(self) -> str:
        told = ", ".join(f"{name} {state}" for name, state in self.states.items()) or "no part"
        return f"{self.host} says ({self.status}): {told}"


@look("http:GET", bound=f"one page, {BODY // 1024} KiB, {MANY} parts; its texts are dropped")
def read_parts(
    url: str, shape: Shape, *, patience: timedelta = PATIENCE, headers: Mapping[str, str] | None = None
) -> Parts:
    """Ask a service for its parts. Raises `Temporary` when it does not answer, `Permanent` when in another form."""
    reply = ask(url, patience=patience, headers={"Accept": "application/json", **(headers or {})})
    page = reply.page
    if page.kind != "answered" or page.status is None:
        raise Temporary(f"{page.host} does not tell how its parts are ({page}); that is unknown.")
    if page.status == 429:  # noqa: PLR2004 # HTTP's own
        raise SlowDown(f"{page.host} asks to be asked for its parts more rarely.", timedelta(seconds=10))
    if page.status not in TOLD or not page.complete:
        raise Permanent(f"{page.host} does not tell of its parts in a form that can be read ({page}).")
    return Parts(host=page.host, status=page.status, parts=tuple(_told(page.host, reply.text, shape)))


def _told(host: str, text: str, shape: Shape) -> Iterator[Part]:
    seen: set[str] = set()
    for name, part in _parts(host, text, shape):
        said = _of(part, shape.state) if isinstance(part, dict) else part
        state = shape.words.get(said.casefold()) if isinstance(said, str) else None
        if state is None or not isinstance(name, str) or not NAME.fullmatch(name) or name in seen:
            raise _odd(host, "a part has no name of its own, or a state that was not declared")
        seen.add(name)
        yield Part(of=name, state=state)


def _of(found: Any, name: str) -> Any:
    return cast("dict[str, Any]", found).get(name) if isinstance(found, dict) else None


def _parts(host: str, text: str, shape: Shape) -> list[tuple[Any, Any]]:
    try:
        found: Any = json.loads(text)
    except ValueError:
        raise _odd(host, "it is no JSON") from None
    for step in shape.way:
        found = _of(found, step)
    if isinstance(found, dict):
        parts: list[tuple[Any, Any]] = list(cast("dict[Any, Any]", found).items())
    elif isinstance(found, list):
        parts = [(_of(one, shape.name), one) for one in cast("list[Any]", found)]
    else:
        raise _odd(host, f"there is no {'.'.join(shape.way)}")
    if len(parts) > MANY:
        raise _odd(host, f"there are more than {MANY} parts")
    return parts


def _odd(host: str, why: str) -> Permanent:
    return Permanent(f"{host} tells of its parts in another form than was declared ({why}); that is unknown.")
