"""The shared parts about releases, on an account whose requests begin to fail at a moment of the last day."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.aws import Aws
from flows.parts.released import AskedSince, since_deployment, since_move
from journal import clock
from journal.facts.words import Answer
from runbook import Context, Evidence, Form, Probe, Reading, Since
from tasks.cloudwatch.read import Metric
from tasks.selections import AliasOf, ServiceOf
from tests.tasks.raw import Answers, answering

NOW = datetime(2026, 3, 14, 12, 2, tzinfo=UTC)
BEGAN = NOW - timedelta(hours=1, minutes=2)
FAILED, REQUESTS = (Metric(name=name, namespace="n", metric=name, statistic="Sum") for name in ("failed", "requests"))


@dataclass(frozen=True)
class Here:
    aws: Aws


ECS = AskedSince[Here, Form](
    since_deployment(lambda _: ServiceOf(cluster="default", service="web"), lambda _: (FAILED, REQUESTS), little=0.02),
    "that requests fail",
)
LAMBDA = AskedSince[Here, Form](
    since_move(lambda _: AliasOf(function="f", alias="prod"), lambda _: (FAILED, REQUESTS), little=0.02),
    "that requests fail",
)


@contextmanager
def account(released: datetime | None, requests: int, monkeypatch: pytest.MonkeyPatch) -> Generator[Here]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    plain = Answers.take
    times = [] if released is None else [released.timestamp()]
    given_to_alias = json.dumps({"requestParameters": {"functionName": "f", "name": "prod", "functionVersion": "8"}})
    said: dict[str, Callable[[Any], dict[str, Any]]] = {
        "GetMetricData": lambda given: {
            "MetricDataResults": [series(given, one) for one in given["MetricDataQueries"]]
        },
        "ListServiceDeployments": lambda _: {
            "serviceDeployments": [{"createdAt": at, "targetServiceRevisionArn": "arn:r/8"} for at in times]
        },
        "DescribeServiceRevisions": lambda _: {
            "serviceRevisions": [{"serviceRevisionArn": "arn:r/8", "taskDefinition": "arn:task-definition/web:8"}]
        },
        "LookupEvents": lambda _: {
            "Events": [{"EventTime": at, "Username": "ci", "CloudTrailEvent": given_to_alias} for at in times]
        },
    }

    def series(given: Any, query: Any) -> dict[str, Any]:
        at = range(int(given["StartTime"]), int(given["EndTime"]), query["MetricStat"]["Period"])
        share = 1 if query["MetricStat"]["Metric"]["MetricName"] == "requests" else None
        values = [requests * (share or (0.4 if one >= BEGAN.timestamp() else 0.004)) for one in at]
        return {"Id": query["Id"], "Label": "", "Timestamps": list(at), "Values": values, "StatusCode": "Complete"}

    def take(answers: Answers, operation: str, given: Any) -> tuple[int, dict[str, str], str]:
        if operation not in said:
            return plain(answers, operation, given)
        return 200, {}, json.dumps(said[operation](given))

    monkeypatch.setattr(Answers, "take", take)
    with answering() as (aws, _):
        yield Here(aws)


def answers(asked: AskedSince[Here, Form], here: Here) -> tuple[Answer, Answer, Answer]:
    probe: Probe[Here, Form, Since] = asked.probe
    value = probe.read(Context(env=here, params=Form(environment="here")))
    seen = {probe.name: Reading(probe=probe.name, at=NOW, took=timedelta(0), value=value)}

    def said(one: Evidence[Here, Form]) -> Answer:
        return one.find(seen).answer

    return said(asked.began_with_one), said(asked.began_before), said(asked.nothing_released)


YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
MINUTES = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("released", "requests", "said"),
    [
        (BEGAN - 4 * MINUTES, 200, (YES, NO, NO)),
        (BEGAN - 120 * MINUTES, 200, (NO, NO, NO)),
        (BEGAN + 30 * MINUTES, 200, (NO, YES, NO)),
        (None, 200, (NO, UNKNOWN, YES)),
        (BEGAN - 4 * MINUTES, 2, (UNKNOWN, UNKNOWN, NO)),
    ],
    ids=["right before", "long before", "after", "nothing", "hardly any requests"],
)
def test_a_deployment_beside_when_it_began(
    released: datetime | None, requests: int, said: tuple[Answer, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with account(released, requests, monkeypatch) as here:
        assert answers(ECS, here) == said


def test_a_move_of_an_alias_beside_when_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    with account(BEGAN - 4 * MINUTES, 200, monkeypatch) as here:
        assert answers(LAMBDA, here) == (YES, NO, NO)
    with account(None, 200, monkeypatch) as here:
        assert answers(LAMBDA, here) == (NO, UNKNOWN, UNKNOWN), "of the last minutes CloudTrail does not tell yet"


def test_the_parts_say_what_they_may_ask() -> None:
    assert "ecs:ListServiceDeployments" in ECS.probe.permissions
    assert LAMBDA.probe.permissions == ("cloudtrail:LookupEvents", "cloudwatch:GetMetricData")
