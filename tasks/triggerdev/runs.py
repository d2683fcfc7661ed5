"""Runs as Trigger.dev lists them: which succeeded, which failed, and which failed run was made up for by a replay.

A replay has the payload and the tags of its original, and the API tells of no other bond between them. So whoever
replays tags the original first, by its own id (`mark_of`): what bears that tag and is not the original is its replay.
Of a run nothing is kept but the fields of `Run`; payloads, outputs and what tasks keep of themselves are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from blocks.triggerdev import TriggerDev
from blocks.triggerdev_http import told
from runbook import Permanent

PAGE, PAGES = 100, 10
"""Runs in a page, and pages in one look."""

WELL: Final = "COMPLETED"
TIMED_OUT: Final = "TIMED_OUT"
FAILED: Final = ("FAILED", "CRASHED", "SYSTEM_FAILURE", "INTERRUPTED", TIMED_OUT)
WAITS: Final = ("QUEUED", "PENDING_VERSION", "WAITING_FOR_DEPLOY")
GOES_ON: Final = ("DEQUEUED", "EXECUTING", "REATTEMPTING", "FROZEN", "WAITING")
WANTED_SO: Final = ("DELAYED", "CANCELED", "EXPIRED")
"""Delayed, ended by somebody, or given a time to live: neither a success nor a failure."""
STATUSES: Final = frozenset({WELL, *FAILED, *WAITS, *GOES_ON, *WANTED_SO})

MARK: Final = "codeblue_replay_of_"


def mark_of(run: str) -> str:
    """The tag of a run that is replayed, and so of its replays."""
    return f"{MARK}{run}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run. `mark` is the run that it was replayed from, or itself where it was replayed."""

    id: str
    task: str
    status: str
    version: str
    created: datetime
    began: bool
    ended: datetime | None
    mark: str

    @property
    def failed(self) -> bool:
        return self.status in FAILED

    @property
    def well(self) -> bool:
        return self.status == WELL

    @property
    def waits(self) -> bool:
        return self.status in WAITS

    @property
    def over(self) -> bool:
        return self.ended is not None

    @property
    def is_replay(self) -> bool:
        return self.mark not in {"", self.id}


def listed(
    trigger: TriggerDev, asked: Mapping[str, str], *, size: int = PAGE, pages: int = PAGES
) -> Iterator[Run | None]:
    """Runs, the newest first, test runs left out; at last nothing where that were all of them."""
    after: dict[str, str] = {}
    for _ in range(pages):
        found = told(trigger, "/api/v1/runs", trigger.reading(), asked={"page[size]": str(size), **asked, **after})
        runs, pagination = found.get("data"), found.get("pagination")
        if not isinstance(runs, list) or not isinstance(pagination, dict):
            raise odd("a page of runs has no data or pagination")
        yield from (to_run(one) for one in cast("list[Any]", runs) if not _is_test(one))
        following = cast("dict[str, Any]", pagination).get("next")
        if following is None:
            yield None
            return
        after = {"page[after]": str(following)}


def _is_test(told: Any) -> bool:
    return isinstance(told, dict) and cast("dict[str, Any]", told).get("isTest") is True


def to_run(told: Any) -> Run:
    """A run as the API tells it, listed or by itself; fields that are not needed are dropped unread."""
    try:
        status, run = str(told["status"]), str(told["id"])
        tags = [str(one) for one in told.get("tags") or ()]
        created, finished = _moment(told["createdAt"]), told.get("finishedAt")
        if status not in STATUSES:
            raise odd(f"a run has the status {status[:40]}")
        over = status == WELL or status in FAILED
        return Run(
            id=run,
            task=str(told["taskIdentifier"]),
            status=status,
            version=str(told.get("version") or ""),
            created=created,
            began=told.get("startedAt") is not None,
            ended=_moment(finished or told["updatedAt"]) if over else None,
            mark=next((one.removeprefix(MARK) for one in tags if one.startswith(MARK)), ""),
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        raise odd("a run lacks a field, or has one of another form") from None


def _moment(told: Any) -> datetime:
    return datetime.fromisoformat(told)


def odd(why: str) -> Permanent:
    """What was answered has another form than is published."""
    return Permanent(f"Trigger.dev answers in another form than it publishes ({why}); that is unknown.")


def since(now: datetime, window: timedelta) -> dict[str, str]:
    """The filter for runs that were made in a window."""
    return {"filter[createdAt][from]": f"{now - window:%Y-%m-%dT%H:%M:%S.%fZ}"}
