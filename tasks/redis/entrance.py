"""A look at the door of a Redis server: whether it lets us in, and whom it turned away between two looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from blocks.redis import Redis
from blocks.redis_errors import Away, Reason, Refused
from journal import clock
from journal.wording import counted, span
from runbook import Facts, Temporary, look
from tasks.redis.info import INFO, Info, info

OURS: Final = frozenset({"password", "permission", "garbled", "not offered"})
"""Reasons that are about our own user or address: they say nothing of the server, nor of anybody else."""

UNREACHED: Final = frozenset({"name", "refused", "silent", "unreached", "tls"})
"""Reasons that the network tells, and not the server."""

UNREADY: Final = frozenset({"loading", "primary", "busy"})


class Entrance(Facts):
    """Whether it lets us in, and whom it turned away `between` two looks; nothing is counted where we stay outside.

    `crowded` were too many, `strangers` had a wrong name or password, and those `without_rights` were let in and may
    not do what they asked for. Versions before Redis 6.2 count neither of these.
    """

    reason: Reason | None
    said: str
    crowded: int
    strangers: int | None
    without_rights: int | None
    between: timedelta

    @property
    def reached(self) -> bool:
        """Whether the server itself has spoken."""
        return self.reason not in UNREACHED

    @property
    def unready(self) -> bool:
        """Whether it is there and not ready: it loads its data, lacks its primary, or runs somebody's script."""
        return self.reason in UNREADY

    def refused(self, count: int | None) -> int:
        """A count. Raises `LookupError` where it is not known."""
        if self.reason is not None:
            raise LookupError("nobody who stays outside knows whom it turned away")
        if count is None:
            raise LookupError("this version does not count whom it turned away")
        return count

    @property
    def in_trouble(self) -> bool:
        """Whether we are not let in, or somebody was turned away. Raises `LookupError` where that is not counted."""
        if self.reason is not None or self.crowded:
            return True
        return self.refused(self.strangers) + self.refused(self.without_rights) > 0

    def __str__(self) -> str:
        if self.reason is not None:
            return self.said
        told = [counted(self.crowded, "client") + " too many"]
        told += [] if self.strangers is None else [f"{self.strangers} with a wrong name or password"]
        told += [] if self.without_rights is None else [f"{self.without_rights} without the right"]
        return f"lets us in; turned away within {span(self.between)}: {', '.join(told)}"

    def figures(self) -> Mapping[str, tuple[float, str]]:
        if self.reason is not None:
            return {}
        turned_away = self.crowded + (self.strangers or 0) + (self.without_rights or 0)
        return {"turned away": (float(turned_away), "clients")}


@look("redis:ping", INFO, bound="one ping, two answers")
def read_entrance(redis: Redis, *, between: timedelta = timedelta(seconds=1)) -> Entrance:
    """Whom it turns away now. Raises `Refused` where that is only about us, which says nothing of the others."""
    try:
        with redis.reading(works=between) as client:
            client.ping()
            before = info(client)
            clock.sleep(between.total_seconds())
            now = info(client)
    except (Away, Refused) as kept_out:
        if kept_out.reason in OURS:
            raise
        return Entrance(
            reason=kept_out.reason,
            said=str(kept_out),
            crowded=0,
            strangers=None,
            without_rights=None,
            between=between,
        )
    crowded = now.number("rejected_connections") - before.number("rejected_connections")
    strangers = _since(before, now, "WRONGPASS", "NOAUTH")
    without_rights = _since(before, now, "NOPERM")
    if min(crowded, strangers or 0, without_rights or 0) < 0:
        raise Temporary("The server's counters were reset between two looks; look again.")
    return Entrance(
        reason=None,
        said="",
        crowded=crowded,
        strangers=strangers,
        without_rights=without_rights,
        between=between,
    )


def _since(before: Info, now: Info, *kinds: str) -> int | None:
    """How many errors of these kinds came between; unknown where they are not counted."""
    then, counts = [before.errors(kind) for kind in kinds], [now.errors(kind) for kind in kinds]
    if None in then or None in counts:
        return None
    return sum(one or 0 for one in counts) - sum(one or 0 for one in then)
