"""Looks at CloudTrail: who did something of one kind, and when.

What it has is some minutes late, and it answers two questions a second, so a look asks for one kind of act alone.
Who acted and the few parameters that are plain text are kept; all else of an event, addresses included, is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from journal.wording import moment
from runbook import Facts, look

PAGE, PAGES = 50, 4
"""Events in one answer, and answers in one look."""

LATE = timedelta(minutes=15)
"""How long an event may take to be there."""


class Act(Facts):
    """One call that succeeded: `given` are its parameters that are plain text."""

    at: datetime
    by: str | None
    given: Mapping[str, str]


class Acts(Facts):
    """The calls of one kind, newest first. All of them from `since` until `until`, and later ones as far as told."""

    name: str
    acts: tuple[Act, ...]
    since: datetime
    until: datetime
    asked_at: datetime

    def __str__(self) -> str:
        newest = f", the newest at {moment(self.acts[0].at)}" if self.acts else ""
        return f"{len(self.acts)} calls of {self.name} since {moment(self.since)}{newest}"


@look("cloudtrail:LookupEvents", bound=f"{PAGE * PAGES} events of one kind; who, when, and parameters that are text")
def read_acts(aws: Aws, name: str, *, window: timedelta) -> Acts:
    """Who called an operation, by the name that CloudTrail has for it. Of more than fit, the newest.

    Raises `Permanent` when CloudTrail may not be asked, `SlowDown` when somebody else asks it at the same time.
    """
    now = clock.now()
    asked: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}],
        "StartTime": now - window,
        "EndTime": now,
        "MaxResults": PAGE,
    }
    events: list[dict[str, Any]] = []
    more: str | None = None
    for _ in range(PAGES):
        try:
            page = aws.reading("cloudtrail").lookup_events(**asked, **({"NextToken": more} if more else {}))
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"look up who called {name}") from error
        events += page.get("Events", [])
        more = page.get("NextToken")
        if not more:
            break
    oldest = min((one["EventTime"] for one in events), default=now).astimezone(UTC)
    acts = [act for one in events if (act := _act(one)) is not None]
    newest = tuple(sorted(acts, key=lambda act: act.at, reverse=True))
    since = oldest if more else now - window
    return Acts(name=name, acts=newest, since=since, until=now - LATE, asked_at=now)


def _act(event: dict[str, Any]) -> Act | None:
    """Nothing for a call that was refused: it changed nothing."""
    said: dict[str, Any] = json.loads(event.get("CloudTrailEvent") or "{}")
    if said.get("errorCode"):
        return None
    given: dict[str, Any] = said.get("requestParameters") or {}
    return Act(
        at=event["EventTime"].astimezone(UTC),
        by=event.get("Username"),
        given={key: value for key, value in given.items() if isinstance(value, str)},
    )
