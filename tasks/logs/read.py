"""Looks at log groups, as counts by kind. The text of an event never leaves the reader: it may name a patient."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from runbook import Facts, look
from runbook.shares import FEW, share

AT_MOST = 5000
"""Events that one look counts; a look that reaches it says that it is not complete."""

PAGES = 50
"""Pages that one look turns: CloudWatch Logs may give empty pages before it has searched the whole window."""

ENOUGH = 8
"""Fewer events than this have no pace: one more or less is then a large part."""

A_MINUTE = "a minute"
"""What a pace is in."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of event: its name, and a regular expression that its text matches. The first kind that matches counts."""

    name: str
    pattern: str


AT_THE_DOOR = (
    r"ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidSignature|SignatureDoesNotMatch"
    r"|RequestTimeTooSkewed|RequestExpired|security token included in the request"
)
"""How AWS turns back whoever it does not know, before any service counts the request: only the caller logs it."""


class Events(Facts):
    """How many events matched, in all and by kind, in `window`. `complete` tells that the whole window was searched.

    A window that was not searched to its end may hold more, so `none` raises `LookupError` then: unknown. `began` is
    when the first of each kind was, and `until` the end of the window.
    """

    group: str
    total: int
    kinds: dict[str, int]
    complete: bool
    window: timedelta
    last: datetime | None = None
    began: Mapping[str, datetime] = {}
    until: datetime | None = None

    def of(self, kind: str) -> int:
        return self.kinds.get(kind, 0)

    def none(self, kind: str | None = None) -> bool:
        count = self.total if kind is None else self.of(kind)
        if count == 0 and not self.complete:
            raise LookupError(f"{self.group} was not searched to the end of the window")
        return count == 0

    def share(self, *kinds: str, least: int = FEW) -> float:
        """Events of these kinds as a share (0..1) of all; of fewer than `least` there is none: `LookupError`."""
        if self.none():
            raise LookupError(f"{self.group} has no events of that sort")
        return share(sum(map(self.of, kinds)), self.total, f"events of {self.group}", least=least)

    def a_minute(self, *kinds: str) -> float | None:
        """How many of these kinds come a minute, since the first of them: what was before is no part of the trouble.

        Nothing of fewer than `ENOUGH`, or where the window was not searched to its end.
        """
        many, first = (
            sum(map(self.of, kinds)),
            min((self.began[one] for one in kinds if one in self.began), default=None),
        )
        if not self.complete or many < ENOUGH or first is None or self.until is None or first >= self.until:
            return None
        return round(many / ((self.until - first) / timedelta(minutes=1)), 1)

    def __str__(self) -> str:
        kinds = ", ".join(f"{name} {count}" for name, count in self.kinds.items() if count)
        upto = "" if self.complete else " or more"
        return f"{self.group}: {self.total}{upto} events" + (f" ({kinds})" if kinds else "")


@look("logs:FilterLogEvents", bound=f"{AT_MOST} events in {PAGES} pages, counted and dropped")
def read_events(aws: Aws, group: str, *, pattern: str, window: timedelta, kinds: tuple[Kind, ...] = ()) -> Events:
    """Count what matches a CloudWatch filter pattern, page by page to the end of the window.

    Raises `Permanent` when the group does not exist or may not be read.
    """
    end = clock.now()
    counts = dict.fromkeys((kind.name for kind in kinds), 0)
    began: dict[str, datetime] = {}
    total, last, complete = 0, 0, False
    for event in (pages := _pages(aws, group, pattern, end - window, end)):
        if event is None:
            complete = True
            break
        total += 1
        at = int(event["timestamp"])
        last = max(last, at)
        if (kind := _kind_of(str(event["message"]), kinds)) is not None:
            counts[kind] += 1
            began[kind] = min(began.get(kind, end), _moment(at))
        if total >= AT_MOST:
            break
    pages.close()
    return Events(
        group=group,
        total=total,
        kinds=counts,
        complete=complete,
        window=window,
        last=_moment(last) if last else None,
        began=began,
        until=end,
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _pages(aws: Aws, group: str, pattern: str, start: datetime, end: datetime) -> Any:
    """Every event; then `None`, if the end of the window was reached within the bound on pages."""
    return _events(aws.reading("logs"), group, pattern, start, end)


def _events(logs: Any, group: str, pattern: str, start: datetime, end: datetime) -> Iterator[dict[str, Any] | None]:
    asked: dict[str, Any] = {
        "logGroupName": group,
        "startTime": int(start.timestamp() * 1000),
        "endTime": int(end.timestamp() * 1000),
        **({"filterPattern": pattern} if pattern else {}),
    }
    for _ in range(PAGES):
        try:
            page = logs.filter_log_events(**asked)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"read the log group {group}") from error
        yield from page["events"]
        if not page.get("nextToken"):
            yield None
            return
        asked["nextToken"] = page["nextToken"]


def _kind_of(message: str, kinds: tuple[Kind, ...]) -> str | None:
    return next((kind.name for kind in kinds if re.search(kind.pattern, message)), None)
