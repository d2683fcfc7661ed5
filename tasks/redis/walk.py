"""Going through the keys of a database in small steps, so that nobody else has to wait for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

from blocks.redis import Client, ask_all
from blocks.redis_parts import literally
from journal import clock
from journal.redaction import redact
from journal.wording import brief, visible

STEP = 500
"""Keys that the server is asked for at a time. It answers about so many within half a millisecond."""


class Walk:
    """One walk through the keys of a database, each told once, within bounds; afterwards, whether it saw all."""

    def __init__(self, client: Client, *, prefix: str = "", at_most: int, within: timedelta) -> None:
        self.complete = False
        self._client, self._at_most, self._within = client, at_most, within.total_seconds()
        self._match = f"{literally(prefix)}*" if prefix else None

    def __iter__(self) -> Iterator[list[bytes]]:
        cursor, seen, began = 0, set[bytes](), clock.monotonic()
        while True:
            found: Any = self._client.scan(cursor, match=self._match, count=STEP)
            cursor, names = found
            fresh = [name for name in dict.fromkeys(names) if name not in seen][: self._at_most - len(seen)]
            seen.update(fresh)
            if fresh:
                yield fresh
            if not cursor:
                self.complete = True
                return
            if len(seen) >= self._at_most or clock.monotonic() - began > self._within:
                return


def sizes(client: Client, names: list[bytes], whole: Collection[bytes] = ()) -> list[int]:
    """What each key takes in bytes, from a few samples of what is in it; nothing for one that is gone meanwhile.

    Of those that are `whole`, all that is in them is measured.
    """
    told = ask_all(client, (("MEMORY USAGE", name, *(["SAMPLES", 0] if name in whole else [])) for name in names))
    return [int(taken or 0) for taken in told]


def shown(name: bytes, at_most: int = 80) -> str:
    """The name of a key for people, without what is personal in it; bytes that are no text are shown as such.

    Long numbers are left out as well: a key is often named after whom it is about.
    """
    return str(redact(NUMBER.sub("#", brief(visible(name.decode("utf-8", "backslashreplace")), at_most))))


NUMBER = re.compile(r"\d{5,}")


class Pace:
    """Small steps with pauses: at most half of the server's time is taken; after a slow one follows a smaller one."""

    def __init__(self) -> None:
        self._size = STEP

    def steps(self, names: list[bytes]) -> Iterator[list[bytes]]:
        """The names, as many at a time as was quick enough; whoever takes them acts on each before the next."""
        at = 0
        while at < len(names):
            step = names[at : at + self._size]
            began = clock.monotonic()
            yield step
            took = clock.monotonic() - began
            self._size = max(1, self._size // 2) if took > LONG_SECONDS else min(STEP, self._size * 2)
            clock.sleep(max(took, LEAST_SECONDS))
            at += len(step)


LONG_SECONDS, LEAST_SECONDS = 0.01, 0.001
