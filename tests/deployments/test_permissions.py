"""The policies and grants that are printed: real actions only, as narrow as the environment's names allow."""

from __future__ import annotations

import json
from functools import cache
from types import SimpleNamespace

import botocore.session
import pytest

from blocks.rung import Rung
from deployments import cli
from deployments.deployed import listed
from deployments.iam import ALSO_CALLED, CALLED, GLOBAL, RESOURCES
from deployments.permissions import OURS, granted, grants, needs_of, needs_of_system, policy, usual

NEEDS = needs_of_system("rung")
ENV = usual(Rung)


@cache
def operations(service: str) -> frozenset[str]:
    name = ALSO_CALLED.get(service, service)
    return frozenset(botocore.session.get_session().get_service_model(name).operation_names)


def aws_actions() -> set[str]:
    return {need for need in NEEDS.reading | NEEDS.changing if not need.startswith(OURS)}


@pytest.mark.parametrize("action", sorted(aws_actions()))
def test_every_action_is_one_of_aws(action: str) -> None:
    service, _, name = action.partition(":")
    if action not in CALLED:
        assert name in operations(service), (
            f"{service} has no operation {name}; is it IAM's own name? Then see iam.CALLED"
        )


def test_names_that_differ_in_iam_are_listed_only_where_they_do() -> None:
    for action, called in CALLED.items():
        service, _, name = action.partition(":")
        assert name not in operations(service), f"{action} is an operation and needs no entry"
        assert called is None or called in operations(service)


def test_every_resource_can_be_named_by_an_environment() -> None:
    for _, templates in RESOURCES:
        for template in templates:
            filled = template.format(region=ENV.aws.region, account=ENV.aws.account_id, env=ENV)
            assert filled.startswith("arn:aws:")


@pytest.mark.parametrize("needs", [NEEDS.reading, NEEDS.changing], ids=["reading", "changing"])
def test_a_policy_allows_each_action_once_and_everything_only_in_one_region(needs: frozenset[str]) -> None:
    statements = policy(needs, ENV)["Statement"]
    actions = [action for one in statements for action in one["Action"]]
    assert sorted(actions) == sorted(need for need in needs if not need.startswith(OURS))
    for one in statements:
        unlimited = one["Resource"] == ["*"] and one["Action"][0].partition(":")[0] not in GLOBAL
        assert unlimited is ("Condition" in one), one
        assert not any("*" in action for action in one["Action"])


def test_the_reading_role_may_change_nothing() -> None:
    looks = ("Describe", "Get", "List", "Filter", "StartQuery", "StopQuery", "AdminGet", "AdminList", "Simulate", "GET")
    for action in NEEDS.reading:
        if not action.startswith(OURS):
            assert action.partition(":")[2].startswith(looks), action


def test_names_of_the_environment_stand_in_the_policies() -> None:
    names = {**vars(ENV), "aws": SimpleNamespace(region="eu-west-1", account_id="210987654321"), "db_instance": "db-7"}
    found = policy({"rds:RebootDBInstance", "cloudwatch:GetMetricData"}, SimpleNamespace(**names))
    assert found["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["cloudwatch:GetMetricData"],
            "Resource": ["*"],
            "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
        },
        {
            "Effect": "Allow",
            "Action": ["rds:RebootDBInstance"],
            "Resource": ["arn:aws:rds:eu-west-1:210987654321:db:db-7"],
        },
    ]


def test_an_environment_without_the_name_gets_the_action_on_everything_in_its_region() -> None:
    bare = SimpleNamespace(aws=ENV.aws)
    (found,) = policy({"rds:RebootDBInstance"}, bare)["Statement"]
    assert (found["Resource"], "Condition" in found) == (["*"], True)


@pytest.mark.parametrize(
    ("need", "said"),
    [
        ("connect", "GRANT CONNECT ON DATABASE DATABASE TO someone;"),
        ("pg_signal_backend", "GRANT pg_signal_backend TO someone;"),
        ("select:couple_links(id, status)", "GRANT SELECT (id, status) ON couple_links TO someone;"),
        ("select:clients", "GRANT SELECT ON clients TO someone;"),
    ],
)
def test_grants(need: str, said: str) -> None:
    assert list(grants(need, ENV, "someone")) == [said]


def test_a_permission_nobody_can_grant_is_refused() -> None:
    with pytest.raises(ValueError, match="No grant is known"):
        list(grants("superuser; drop table x", ENV, "someone"))


def test_every_sql_permission_that_is_declared_can_be_granted() -> None:
    found = granted(NEEDS, ENV)
    assert any("READER" in line for line in found.grants)
    assert any("CHANGER" in line for line in found.grants)


def test_a_system_needs_what_its_runbooks_need() -> None:
    each = [needs_of(one) for one in listed() if one.runbook.startswith("rung.")]
    assert NEEDS.changing == frozenset().union(*(one.changing for one in each))


def test_the_command_prints_one_document(capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CODEBLUE_HOME", str(tmp_path))
    assert cli.run(["permissions", "rung", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"system", "environment", "reading", "changing", "grants", "other"}
    assert said["reading"]["Version"] == "2012-10-17"


def test_an_unknown_system_is_refused(capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CODEBLUE_HOME", str(tmp_path))
    assert cli.run(["permissions", "rang"]) == 2
    assert "There is no system 'rang'. There are: rung" in capsys.readouterr().err
