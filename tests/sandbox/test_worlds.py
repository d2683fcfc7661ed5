"""Which systems have a world, and that the parts of one take every name from its declaration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployments.systems import system_of
from sandbox import SandboxError, control, worlds
from sandbox.aws import Aws
from sandbox.drills.drill import Drill
from sandbox.eyes import BLIND
from sandbox.systems.rung.drills.connection_exhaustion import DRILLS
from sandbox.systems.rung.world import World


def test_a_system_without_a_world_is_refused_with_those_that_have_one():
    with pytest.raises(SandboxError, match="mill has no world for the sandbox; these have one: rung"):
        worlds.world_of("mill")


def test_where_no_system_has_one_that_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worlds, "systems", dict)
    with pytest.raises(SandboxError, match="codeblue systems"):
        worlds.world_of()


@pytest.mark.parametrize("world", ["no.such:World", "sandbox.world:NoSuchWorld", "sandbox.worlds:world_of", None])
def test_a_world_that_is_broken_or_of_another_kind_stops_none_of_the_others(
    monkeypatch: pytest.MonkeyPatch, world: str | None
):
    mill = replace(system_of("rung"), name="mill", world=world)
    monkeypatch.setattr(worlds, "systems", lambda: {"mill": mill, "rung": system_of("rung")})
    assert dict(worlds.worlds()) == {"rung": World}
    assert worlds.world_of() is World


def test_a_word_for_eyes_is_another_environment_for_each_system():
    of_mill = replace(DRILLS[0], runbook="mill.slow_stones", environment=BLIND)
    assert (of_mill.system, of_mill.environment) == ("mill", "mill-blind")
    assert replace(DRILLS[0], environment=BLIND).environment == "rung-blind"
    assert replace(DRILLS[0], environment="mill-upstream").environment == "mill-upstream"
    assert isinstance(of_mill, Drill)


@pytest.fixture
def of_mill(tmp_path: Path) -> Iterator[Aws]:
    aws = Aws.start(
        tmp_path,
        system="mill-prod",
        cloud="tests.sandbox.clouds:MILL",
        engine_version="17.5",
        port=1,
        max_connections=50,
        services={"mill-api": {"tasks": 1, "pool_size": 2}, "n8n": {"tasks": 1}},
        n8n="http://127.0.0.1:1",
        handlers={"n8n": lambda _order: {}},
    )
    yield aws
    aws.stop()


def test_what_stands_in_aws_is_called_as_the_system_says(of_mill: Aws):
    def asked(service: str, verb: str, **what: Any) -> Any:
        return getattr(of_mill.facts.client(service), verb)(**what)

    of_mill.begin_afresh(seconds=0, turns=2)
    answers = {
        "alarms": asked("cloudwatch", "describe_alarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"]),
        "api": asked("apigateway", "get_rest_apis")["items"],
        "buckets": asked("s3", "list_buckets")["Buckets"],
        "cluster": asked("ecs", "describe_services", cluster="mill-prod", services=["mill-api"])["services"],
        "functions": asked("lambda", "list_functions")["Functions"],
        "groups": asked("ec2", "describe_security_groups")["SecurityGroups"],
        "instances": asked("rds", "describe_db_instances")["DBInstances"],
        "logs": asked("logs", "describe_log_groups")["logGroups"],
        "metrics": asked("cloudwatch", "list_metrics")["Metrics"],
        "parameters": asked("ssm", "describe_parameters")["Parameters"],
        "pools": asked("cognito-idp", "list_user_pools", MaxResults=10)["UserPools"],
        "roles": asked("iam", "list_roles")["Roles"],
        "topics": asked("sns", "list_topics")["Topics"],
        "vpcs": asked("ec2", "describe_vpcs")["Vpcs"],
    }
    for what, answer in answers.items():
        told = json.dumps(answer, default=str).lower()
        assert "mill" in told, what
        assert "rung" not in told, what


def test_no_process_is_started_for_a_system_without_a_world(tmp_path: Path):
    with pytest.raises(SandboxError, match="mill has no world"):
        control.launch(tmp_path / "home", system="mill")
    assert not (tmp_path / "home").exists()
