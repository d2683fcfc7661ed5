"""Looks by Logs Insights: what REPORT lines say, what an empty log says, and that no query is left running."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from blocks.rung import Rung
from flows.rung.probes.high_error_rate import KINDS
from runbook import Permanent, Temporary
from sandbox.process import wait_until
from sandbox.systems.rung.wiring import rung
from sandbox.systems.rung.world import World
from tasks.logs.insights import Reports, read_reports
from tasks.logs.read import read_events

GROUP = "/aws/lambda/rung-api-prod"
WINDOW = timedelta(minutes=5)


def test_the_lines_of_a_function_are_worked_out_by_aws(world: World, env: Rung):
    world.break_("cold_starts")
    try:
        read = read_reports(env.aws, GROUP, window=timedelta(seconds=2))
    finally:
        world.heal()
    assert read.requests > 10
    assert 0.2 < read.cold_share < 0.6
    assert read.begin > timedelta(seconds=5)
    assert 0.4 < read.memory_used < 0.6
    assert (read.timed_out, read.out_of_memory) == (0, 0)
    assert "anna" not in repr(read)


def test_errors_are_counted_by_kind_and_nobody_is_named(world: World, env: Rung):
    world.break_("dependency_fails")
    try:
        read = read_events(env.aws, GROUP, pattern="ERROR", window=timedelta(seconds=3), kinds=KINDS)
    finally:
        world.heal()
    assert read.of("bedrock") == read.total > 0
    assert "anna" not in repr(read)
    assert read.share("bedrock", least=1) == 1
    with pytest.raises(LookupError, match="no events"):
        read.model_copy(update={"total": 0}).share("bedrock")


def test_a_log_without_requests_is_unknown_and_not_health(world: World, env: Rung):
    logs: Any = world.facts.aws.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/rung-idle")
    read = read_reports(env.aws, "/aws/lambda/rung-idle", window=WINDOW)
    assert read.requests == 0
    for ask in (lambda: read.cold_share, lambda: read.begin, lambda: read.memory_used):
        with pytest.raises(LookupError):
            ask()


def test_requests_without_a_new_environment_waited_for_none():
    assert Reports(group=GROUP, window=WINDOW, requests=9, cold=0, timed_out=0, out_of_memory=0).begin == timedelta(0)


def test_a_group_that_does_not_exist_is_unreadable(env: Rung):
    with pytest.raises(Permanent, match="/nowhere"):
        read_reports(env.aws, "/nowhere", window=WINDOW)


def test_a_role_that_may_not_look_is_unreadable(world: World):
    with pytest.raises(Permanent, match="does not allow"):
        read_reports(rung(world.facts, blind_aws=True).aws, GROUP, window=WINDOW)


@pytest.fixture
def slow_insights(world: World) -> Iterator[None]:
    world.set_conditions(insights_seconds=60)
    yield
    world.set_conditions(insights_seconds=None)


@pytest.mark.usefixtures("slow_insights")
def test_a_query_that_takes_too_long_is_stopped(world: World, env: Rung):
    logs: Any = world.facts.aws.client("logs")
    with pytest.raises(Temporary, match="it was stopped"):
        read_reports(env.aws, GROUP, window=WINDOW, within=timedelta(0))
    assert logs.describe_queries(status="Cancelled")["queries"]
    wait_until(
        lambda: not logs.describe_queries(status="Running")["queries"],
        seconds=5,
        failing=lambda: AssertionError("a query runs on"),
    )
