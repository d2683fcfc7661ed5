"""Whether schedules fire is asked of Prefect's own history: when each last ran, when it is due, whether it is late."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule

from deployments.places import Prefect
from deployments.schedules import PATIENCE, Scheduled, is_late, schedules
from deployments.stack import Stack
from deployments.stack_register import DeploymentSpec, register

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def minutely(name: str, *, active: bool = True) -> DeploymentSpec:
    return DeploymentSpec(
        name=name,
        entrypoint="deployments.escalating.escalation",
        schedules=(DeploymentScheduleCreate(schedule=CronSchedule(cron="* * * * *"), active=active, slug="minutely"),),
    )


@pytest.mark.parametrize(
    ("due", "planned_since", "late"),
    [
        (NOW + timedelta(days=7), NOW - timedelta(days=1), False),
        (NOW - timedelta(seconds=30), NOW - timedelta(days=1), False),
        (NOW - PATIENCE - timedelta(seconds=1), NOW - timedelta(days=1), True),
        (None, NOW - timedelta(seconds=30), None),
        (None, NOW - PATIENCE - timedelta(seconds=1), True),  # Prefect's scheduler plans nothing: it is dead
    ],
)
def test_what_is_overdue_or_not_even_planned_is_late(
    due: datetime | None, planned_since: datetime, late: bool | None
) -> None:
    assert is_late(active=True, due=due, planned_since=planned_since, now=NOW) is late
    assert is_late(active=False, due=due, planned_since=planned_since, now=NOW) is False


def test_a_schedule_whose_runs_nobody_takes_is_late_and_a_paused_one_is_said_to_be(
    prefect: SyncPrefectClient, prefect_alone: Stack
) -> None:
    made = register(prefect, [minutely("taken_by_nobody"), minutely("paused", active=False)])
    with Prefect(prefect_alone.home) as asked:
        found = _planned(asked, "taken_by_nobody")
        assert found.due is not None
        assert found.late is False
        assert (found.last, found.ended) == (None, None)
        later = {one.name: one for one in schedules(asked, found.due + PATIENCE + timedelta(seconds=1))}
        assert later["taken_by_nobody"].late is True
        assert later["paused"].late is False
        assert later["paused"].active is False
    for deployment in made.values():
        prefect.delete_deployment(deployment)


def _planned(asked: Prefect, name: str) -> Scheduled:
    """The schedule once Prefect has planned its runs, which it does every few seconds for what is new."""
    deadline = time.monotonic() + 60
    while True:
        found = next(one for one in schedules(asked) if one.name == name)
        if found.due is not None:
            return found
        assert time.monotonic() < deadline, "Prefect has planned no run within a minute"
        time.sleep(0.2)
