"""Looks at a service's clock, by the `Date` that it and others write into their answers.

The others tell each other's clock: the middle one of three is right where two of them are. Ours does not count. What
stands before a service may write its `Date` for it, so one that is right speaks less for a clock than one that is off
speaks against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from statistics import median

from journal import clock
from runbook import Facts, Temporary, look
from tasks.web.read import PATIENCE, ask

LEAST, MOST = 3, 5
"""Others without whose clocks nobody knows the time, and how many are asked at most."""


class Clock(Facts):
    """By how many seconds (to the full one) a service's clock is ahead of the middle one of `others`."""

    host: str
    ahead: float
    others: int

    def is_off(self, by: timedelta) -> bool:
        """Whether it is off by more than that. Raises `LookupError` where too few others tell the time."""
        if self.others < LEAST:
            raise LookupError(
                f"only {self.others} of those that were asked tell the time, too few to tell who is right"
            )
        return abs(self.ahead) > by.total_seconds()

    def __str__(self) -> str:
        way = "ahead of" if self.ahead >= 0 else "behind"
        return f"{self.host} is {abs(self.ahead):.0f} s {way} the middle of {self.others} other clocks"


@look("http:GET", bound=f"one page of a service and of {MOST} others; only what time it is")
def read_clock(url: str, others: Sequence[str], *, patience: timedelta = PATIENCE) -> Clock:
    """Ask a service and others what time it is. Raises `Temporary` where the service or all others do not say."""
    own = _off(url, patience)
    seen: list[float] = []
    for one in others[:MOST]:
        with suppress(Temporary):
            seen.append(_off(one, patience))
    if not seen:
        raise Temporary("Nobody else says what time it is, so whether a clock is right is unknown.")
    return Clock(host=url.partition("://")[2].partition("/")[0], ahead=round(own - median(seen)), others=len(seen))


def _off(url: str, patience: timedelta) -> float:
    """By how many seconds a clock is ahead of ours."""
    reply = ask(url, patience=patience)
    said = _moment(reply.headers)
    if reply.page.kind != "answered" or said is None:
        raise Temporary(f"{reply.page.host} does not say what time it is ({reply.page}).")
    return said - clock.now().timestamp()


def _moment(headers: Mapping[str, str]) -> float | None:
    """When an answer was given. What a cache keeps has the time at which it was made, and says how old that is."""
    try:
        at = parsedate_to_datetime(headers.get("date", "")).replace(tzinfo=UTC)
        return at.timestamp() + int(headers.get("age", "0"))
    except ValueError:
        return None
