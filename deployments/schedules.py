"""When each scheduled deployment last ran, when it is due, and whether it is late: asked of Prefect's own history.

For `codeblue doctor`, and for whoever must know that checks and escalation are alive. No cron line is read here:
Prefect plans its runs ahead, so a schedule is late when a planned run has not begun, or when nothing is planned at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

PATIENCE: Final = timedelta(seconds=90)
"""How long a run may wait beyond its time, and how long Prefect may take to plan the first: it plans once a minute."""
PAGE: Final = 200
"""What Prefect gives at once of anything."""


class Asks(Protocol):
    """Whatever can ask Prefect's API, such as `deployments.places.Prefect`."""

    def post(self, path: str, body: dict[str, Any], /) -> Any:
        """The answer to that request."""
        ...


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """One deployment with schedules, as Prefect has it at one moment."""

    name: str
    """As the list of deployments has it: `escalation`."""
    active: bool
    """Whether it runs by the clock at all; somebody may have paused it in the UI."""
    last: datetime | None
    """When its last run began, by the clock or by hand; `None` when none ever has."""
    ended: str | None
    """The name of that run's state: Completed, Failed, Running …"""
    said: str
    """What that state says in words; empty when it says nothing."""
    due: datetime | None
    """When the earliest run that has not begun was or is due; `None` when Prefect has planned none."""
    late: bool | None
    """Whether it should have run and has not; `None` while it is too new to say. What is paused is never late."""


def schedules(prefect: Asks, now: datetime | None = None) -> list[Scheduled]:
    """Every deployment that has a schedule, by name. Raises what `prefect` raises when it does not answer."""
    at = now or datetime.now(UTC)
    return sorted(
        (_of(prefect, one, at) for one in _deployments(prefect) if one["schedules"]), key=lambda one: one.name
    )


def is_late(*, active: bool, due: datetime | None, planned_since: datetime, now: datetime) -> bool | None:
    """Whether a schedule should have run. `planned_since` is when Prefect was last told of it and planning began."""
    if not active:
        return False
    if due is not None:
        return now - due > PATIENCE
    return True if now - planned_since > PATIENCE else None


def _of(prefect: Asks, deployment: Mapping[str, Any], now: datetime) -> Scheduled:
    active = not deployment["paused"] and any(one["active"] for one in deployment["schedules"])
    mine = {"deployments": {"id": {"any_": [deployment["id"]]}}}
    ran = prefect.post(
        "/flow_runs/filter",
        mine
        | {
            "flow_runs": {"start_time": {"is_null_": False}},
            "sort": "START_TIME_DESC",
            "limit": 1,
        },
    )
    waiting = prefect.post(
        "/flow_runs/filter",
        mine
        | {
            "flow_runs": {"tags": {"all_": [_BY_CLOCK]}, "state": {"type": {"any_": ["SCHEDULED", "PENDING"]}}},
            "sort": "EXPECTED_START_TIME_ASC",
            "limit": 1,
        },
    )
    last: Mapping[str, Any] | None = ran[0] if ran else None
    due = _moment(waiting[0]["expected_start_time"]) if waiting else None
    since = max(_moment(one["updated"]) for one in deployment["schedules"])
    return Scheduled(
        name=str(deployment["name"]),
        active=active,
        last=_moment(last["start_time"]) if last else None,
        ended=str(last["state_name"]) if last else None,
        said=_said(last["state"]) if last else "",
        due=due,
        late=is_late(active=active, due=due, planned_since=since, now=now),
    )


def _said(state: Mapping[str, Any] | None) -> str:
    return str(state["message"] or "") if state else ""


_BY_CLOCK: Final = "auto-scheduled"
"""The tag that Prefect's scheduler gives the runs it plans."""


def _deployments(prefect: Asks) -> Iterator[Mapping[str, Any]]:
    offset = 0
    while page := prefect.post("/deployments/filter", {"limit": PAGE, "offset": offset}):
        yield from page
        offset += len(page)


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said)
