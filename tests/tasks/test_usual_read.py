"""What is usual at this hour, as CloudWatch tells it: an account that answers by the hour it is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from blocks.aws import Aws
from journal import clock
from runbook import Permanent, Temporary
from runbook.shares import LEAST
from tasks.cloudwatch.read import Metric
from tasks.cloudwatch.usual import HOUR, PERIOD, WEEK, read_usual
from tests.tasks.raw import Answers, answering

NOW = datetime(2026, 3, 14, 12, 2, tzinfo=UTC)
FAILED, REQUESTS, LATENCY = (
    Metric(name=name, namespace="AWS/ApiGateway", metric=name, statistic=statistic, unit=unit)
    for name, statistic, unit in (("failed", "Sum", ""), ("requests", "Sum", ""), ("latency", "p95", "ms"))
)
Hour = list[float | None]
Told = Callable[[str, int], Hour]
"""The values of a metric (by its name) so many weeks ago; nothing in a period without one."""


@contextmanager
def account(
    told: Told, monkeypatch: pytest.MonkeyPatch, states: Mapping[str, str] = MappingProxyType({})
) -> Generator[Aws]:
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def take(answers: Answers, operation: str, given: Any) -> tuple[int, dict[str, str], str]:
        if operation == "AssumeRole":
            return plain(answers, operation, given)
        begin = datetime.fromtimestamp(given["StartTime"], UTC)
        assert datetime.fromtimestamp(given["EndTime"], UTC) - begin == HOUR
        ago, rest = divmod(NOW - begin, WEEK)
        assert rest < 2 * HOUR, "the same hour of another week"
        results = [
            {
                "Id": query["Id"],
                "Label": "",
                "StatusCode": states.get(name, "Complete"),
                "Timestamps": at,
                "Values": values,
            }
            for query in given["MetricDataQueries"]
            for name in [query["MetricStat"]["Metric"]["MetricName"]]
            for at, values in [series(told(name, ago), begin)]
        ]
        assert {query["MetricStat"]["Period"] for query in given["MetricDataQueries"]} == {300}
        return 200, {}, json.dumps({"MetricDataResults": results, "Messages": []})

    plain = Answers.take
    monkeypatch.setattr(Answers, "take", take)
    with answering() as (aws, _):
        yield aws


def series(hour: Hour, begin: datetime) -> tuple[list[float], list[float]]:
    known = [((begin + PERIOD * place).timestamp(), value) for place, value in enumerate(hour) if value is not None]
    return [at for at, _ in known], [value for _, value in known]


def hour(value: float, periods: int = 12) -> Hour:
    return [value] * periods


def test_a_share_is_one_of_all_requests_of_its_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(metric: str, ago: int) -> Hour:
        return hour(100) if metric == "requests" else hour([9, 1, 2, 1, 3][ago])

    with account(told, monkeypatch) as aws:
        seen = read_usual(aws, FAILED, among=REQUESTS, what="requests that fail")
    assert (seen.now, seen.usual, seen.weeks, seen.unit) == (9, 1.5, 4, "%")
    assert seen.of == 1200
    assert seen.above(points=2, floor=5)


def test_weeks_of_few_requests_or_without_values_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(metric: str, ago: int) -> Hour:
        if metric == "requests":
            return {2: [LEAST - 1.0], 3: []}.get(ago, hour(100))
        return hour(1)

    with account(told, monkeypatch) as aws:
        seen = read_usual(aws, FAILED, among=REQUESTS, what="requests that fail")
    assert (seen.weeks, seen.usual) == (2, None)


def test_what_is_known_of_a_few_periods_of_an_hour_is_no_share_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures that are counted only where there are some would be too large a share."""
    with (
        account(lambda metric, _: hour(100) if metric == "requests" else [None] * 8 + [50.0] * 4, monkeypatch) as aws,
        pytest.raises(Permanent, match="Too little is known of requests that fail"),
    ):
        read_usual(aws, FAILED, among=REQUESTS, what="requests that fail")


@pytest.mark.parametrize(
    ("state", "error"), [("InternalError", Temporary), ("PartialData", Temporary), ("Forbidden", Permanent)]
)
def test_what_cloudwatch_tells_only_in_part_is_unknown_and_no_zero(
    state: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = replace(FAILED, zero_beside="requests")
    with (
        account(lambda metric, _: hour(100) if metric == "requests" else [], monkeypatch, {"failed": state}) as aws,
        pytest.raises(error, match=f"only a part of what it was asked for .{state}.; that is unknown"),
    ):
        read_usual(aws, beside, among=REQUESTS, what="requests that fail")


def test_an_incident_of_last_week_is_not_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    incident = (NOW - WEEK - timedelta(minutes=70), NOW - WEEK - timedelta(minutes=50))
    with account(lambda _, ago: hour([400, 3000, 390, 410, 400][ago]), monkeypatch) as aws:
        seen = read_usual(aws, LATENCY, what="latency", apart_from=[incident])
        assert (seen.weeks, seen.usual, seen.unit) == (3, 400, "ms")
        assert read_usual(aws, LATENCY, what="latency").weeks == 4


def test_a_value_counts_only_where_there_was_enough_to_work_it_out_from(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(metric: str, ago: int) -> Hour:
        if metric == "requests":
            return [100, 1] * 6
        return [400, 90_000] * 6

    with account(told, monkeypatch) as aws:
        assert read_usual(aws, LATENCY, among=REQUESTS, what="latency").now == 400


def test_a_sum_is_what_a_period_has(monkeypatch: pytest.MonkeyPatch) -> None:
    with account(lambda _, ago: [120.0, 60.0] * (6 if ago else 3), monkeypatch) as aws:
        seen = read_usual(aws, REQUESTS, what="requests")
    assert (seen.now, seen.usual, seen.ratio) == (90, 90, 1)


@pytest.mark.parametrize("now", [[], [3.0] * 5])
def test_without_enough_of_the_last_hour_nothing_is_compared(now: Hour, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        account(lambda _, ago: hour(3) if ago else now, monkeypatch) as aws,
        pytest.raises(Permanent, match="Too little is known of requests in the last hour; that is unknown"),
    ):
        read_usual(aws, REQUESTS, what="requests")
