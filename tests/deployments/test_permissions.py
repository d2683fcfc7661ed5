"""The policies and grants that are printed: real actions only, as narrow as the environment's names allow."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import combinations
from typing import Any

import botocore.session
import pytest

from blocks.aws import Aws
from blocks.environment import Environment
from blocks.iam.policy import policy
from blocks.iam.resources import ALSO_CALLED, CALLED, EVERYWHERE, GLOBAL, RESOURCES, resources_of
from blocks.permissions import Names, Needs, NotNamed
from blocks.postgres import Postgres
from blocks.rastup import Rastup
from blocks.rung import Rung
from blocks.sql.grants import RESERVED, grants, owners
from deployments import cli
from deployments.deployed import listed
from deployments.permissions import NotSpoken, as_data, granted, needs_of, needs_of_system, usual
from tests.typing.kiosk import Kiosk

NEEDS = needs_of_system("rung")
ENV = usual(Rung)
NAMES = ENV.resources()
OURS = ("postgres:", "http:", "n8n:")
FIXED = {"region", "account", "own_role_arn"}
GRANTED = granted(NEEDS, ENV)
WHY = "-- lets it in when every other slot is taken; PostgreSQL 16 and later"
SOMEWHERE = {"region": "eu-west-1", "account": "210987654321"}


class Bare(Environment):
    """Has somebody to tell and nothing else."""


class OnlyAws(Environment):
    """An account without a database."""

    aws: Aws

    def resources(self) -> Names:
        return {"db_instance": ("db-7", "db-8")}


class OnlyDatabase(Environment):
    """A database without an account."""

    database: Postgres


class TwoDatabases(Environment):
    """A primary and a replica."""

    primary: Postgres
    replica: Postgres


@cache
def operations(service: str) -> frozenset[str]:
    name = ALSO_CALLED.get(service, service)
    return frozenset(botocore.session.get_session().get_service_model(name).operation_names)


def filling(kind: str) -> str:
    return SOMEWHERE.get(kind, f"the-{kind}")


def templates_of(need: str) -> tuple[str, ...]:
    return () if need.startswith(OURS) else resources_of(need)


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


def test_every_kind_of_resource_has_an_environment_that_names_it() -> None:
    kinds = {kind for _, templates in RESOURCES for t in templates for kind in re.findall(r"\{(\w+)\??\}", t)}
    others = {kind for one in (Kiosk, Rastup) for kind in usual(one).resources()}
    assert kinds - {"region", "account", "own_role_arn"} <= set(NAMES) | others


@pytest.mark.parametrize("action", sorted(EVERYWHERE))
def test_what_is_granted_on_everything_is_not_entered_as_narrow_too(action: str) -> None:
    assert not any(re.fullmatch(pattern, action) for pattern, _ in RESOURCES)


def test_an_action_that_nobody_has_looked_up_is_refused_by_its_name() -> None:
    with pytest.raises(LookupError, match="what ec2:TerminateInstances can be narrowed to"):
        resources_of("ec2:TerminateInstances")


@pytest.mark.parametrize("identity", ["reading", "changing"])
def test_a_policy_allows_each_action_once_and_everything_only_in_one_region(identity: str) -> None:
    wanted = NEEDS.of(identity)  # pyright: ignore[reportArgumentType] # one of the two literals
    statements = as_data(granted(NEEDS, ENV))["aws"][identity]["Statement"]
    actions = [action for one in statements for action in one["Action"]]
    assert sorted(actions) == sorted(need for need in wanted if not need.startswith(OURS))
    for one in statements:
        unlimited = one["Resource"] == ["*"] and one["Action"][0].partition(":")[0] not in GLOBAL
        assert unlimited is ("Condition" in one), one
        assert not any("*" in action for action in one["Action"])
        assert "*" not in one["Resource"] or set(one["Action"]) <= EVERYWHERE


def test_the_reading_role_may_change_nothing() -> None:
    looks = (
        "Describe",
        "Get",
        "List",
        "Filter",
        "LookupEvents",
        "StartQuery",
        "StopQuery",
        "AdminGet",
        "AdminList",
        "Simulate",
        "GET",
    )
    for action in NEEDS.reading:
        if not action.startswith(OURS):
            assert action.partition(":")[2].startswith(looks), action


def test_names_of_the_environment_stand_in_the_policies() -> None:
    found = policy({"rds:RebootDBInstance", "cloudwatch:GetMetricData"}, {"db_instance": ["db-7"]}, **SOMEWHERE)
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


@pytest.mark.parametrize("need", sorted({n for n in NEEDS.reading | NEEDS.changing if not n.startswith(OURS)}))
def test_an_environment_that_does_not_name_the_resource_gets_an_error_and_no_star(need: str) -> None:
    """Found: an environment of another shape was given `iam:PutRolePolicy` and `s3:PutBucketPolicy` on everything."""
    kinds = {kind for t in resources_of(need) for kind in re.findall(r"\{(\w+)\}", t)} - {"region", "account"}
    names = {"own_role_arn": ["arn:aws:iam::1:role/ours"]}
    if kinds - set(names):
        with pytest.raises(NotNamed, match=need):
            policy({need}, names, **SOMEWHERE)
    else:
        (found,) = policy({need}, names, **SOMEWHERE)["Statement"]
        assert ("*" in found["Resource"]) is (need in EVERYWHERE)


@pytest.mark.parametrize("need", sorted(n for n in NEEDS.reading | NEEDS.changing if not n.startswith(OURS)))
def test_whatever_an_environment_names_there_is_no_star_that_nobody_wrote(need: str) -> None:
    """Every shape: each choice of the kinds that the need asks for is named, and the rest is not."""
    templates = resources_of(need)
    kinds = sorted({kind for t in templates for kind in re.findall(r"\{(\w+)\}", t)} - FIXED)
    for named in (one for many in range(len(kinds) + 1) for one in combinations(kinds, many)):
        names = {kind: (f"the-{kind}",) for kind in (*named, "own_role_arn")}
        if set(named) < set(kinds):
            with pytest.raises(NotNamed, match=need):
                policy({need}, names, **SOMEWHERE)
            continue
        for one in policy({need}, names, **SOMEWHERE)["Statement"]:
            for resource in one["Resource"]:
                written = [t for t in templates if re.sub(r"\{(\w+)\??\}", lambda m: filling(m[1]), t) == resource]
                assert written, f"{need} is granted on {resource}, which is none of {templates}"


@pytest.mark.parametrize("need", sorted(n for n in NEEDS.changing - EVERYWHERE if not n.startswith(OURS)))
def test_no_change_is_granted_on_a_whole_kind_of_things(need: str) -> None:
    for template in resources_of(need):
        assert set(re.findall(r"\{(\w+)\}", template)) - FIXED, f"{need}: {template} names nothing"


@pytest.mark.parametrize("kind", sorted(NAMES))
def test_an_environment_without_one_kind_of_names_is_told_which(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same class of environment, in a shape in which it has nothing of one kind."""
    monkeypatch.setattr(Rung, "resources", lambda _: {name: found for name, found in NAMES.items() if name != kind})
    needed = {need for need in NEEDS.reading | NEEDS.changing if f"{{{kind}}}" in "".join(templates_of(need))}
    if needed or kind == "table_owner":
        with pytest.raises(NotNamed, match=kind.replace("_", " ")):
            granted(NEEDS, usual(Rung))
    else:
        assert as_data(granted(NEEDS, usual(Rung))) == as_data(GRANTED)


def test_an_environment_without_a_database_is_fine() -> None:
    found = granted(Needs(changing=frozenset({"rds:RebootDBInstance"})), usual(OnlyAws))
    (one,) = as_data(found)["aws"]["changing"]["Statement"]
    assert one["Resource"] == ["arn:aws:rds:REGION:ACCOUNT:db:db-7", "arn:aws:rds:REGION:ACCOUNT:db:db-8"]
    assert set(found.connections) == {"aws"}


def test_an_environment_without_an_account_is_fine() -> None:
    found = granted(Needs(reading=frozenset({"postgres:connect", "http:GET"})), usual(OnlyDatabase))
    enter = "GRANT CONNECT ON DATABASE DATABASE TO READER;"
    assert as_data(found) == {"database": {"reading": (enter, f"GRANT {RESERVED} TO READER; {WHY}")}}
    assert found.other == ("http:GET",)


def test_each_database_of_an_environment_gets_its_grants() -> None:
    assert set(as_data(granted(Needs(reading=frozenset({"postgres:connect"})), usual(TwoDatabases)))) == {
        "primary",
        "replica",
    }


@pytest.mark.parametrize(
    ("kind", "need"), [(Bare, "rds:RebootDBInstance"), (OnlyDatabase, "s3:PutBucketPolicy"), (OnlyAws, "rsd:Reboot")]
)
def test_a_need_that_no_connection_can_grant_is_an_error_with_its_name(kind: Any, need: str) -> None:
    with pytest.raises(NotSpoken, match=f"{need}.*{kind.__name__}"):
        granted(Needs(changing=frozenset({need})), usual(kind))


def test_owners_are_named_by_the_environment() -> None:
    with pytest.raises(NotNamed, match="names no table owner"):
        owners({})


@pytest.mark.parametrize(
    ("need", "said"),
    [
        ("pg_signal_backend", "GRANT pg_signal_backend TO someone;"),
        ("select:couple_links(id, status)", "GRANT SELECT (id, status) ON couple_links TO someone;"),
        ("select:clients", "GRANT SELECT ON clients TO someone;"),
    ],
)
def test_grants(need: str, said: str) -> None:
    assert list(grants(need, NAMES, database="DATABASE", role="someone")) == [said]


def test_who_connects_is_let_in_when_every_other_slot_is_taken() -> None:
    """Found: what is printed was granted as it is, and the reader was kept out by the very leak it was to look at."""
    assert list(grants("connect", NAMES, database="DATABASE", role="someone")) == [
        "GRANT CONNECT ON DATABASE DATABASE TO someone;",
        f"GRANT {RESERVED} TO someone; {WHY}",
    ]


def test_who_needs_anything_of_a_database_may_enter_it() -> None:
    """Found: a change that only ends sessions was granted no way in."""
    (changing,) = as_data(granted(Needs(changing=frozenset({"postgres:pg_signal_backend"})), usual(OnlyDatabase)))[
        "database"
    ].values()
    assert [line.partition(" TO ")[0] for line in changing] == [
        "GRANT CONNECT ON DATABASE DATABASE",
        f"GRANT {RESERVED}",
        "GRANT pg_signal_backend",
    ]


def test_a_permission_nobody_can_grant_is_refused() -> None:
    with pytest.raises(LookupError, match="No grant is known"):
        list(grants("superuser; drop table x", NAMES, database="DATABASE", role="someone"))


def test_every_sql_permission_that_is_declared_can_be_granted() -> None:
    found = as_data(granted(NEEDS, ENV))["database"]
    assert all("READER" in line for line in found["reading"])
    assert all("CHANGER" in line for line in found["changing"])


def test_a_system_needs_what_its_runbooks_need() -> None:
    each = [needs_of(one) for one in listed() if one.runbook.startswith("rung.")]
    assert NEEDS.changing == frozenset().union(*(one.changing for one in each))


def test_the_command_prints_one_document(capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CODEBLUE_HOME", str(tmp_path))
    assert cli.run(["permissions", "rung", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"system", "environment", "connections", "other"}
    assert said["connections"]["aws"]["reading"]["Version"] == "2012-10-17"


def test_an_unknown_system_is_refused(capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CODEBLUE_HOME", str(tmp_path))
    assert cli.run(["permissions", "rang"]) == 2
    assert "There is no system 'rang'. Perhaps 'rung'? There are: medicalcor, rastup, rung" in capsys.readouterr().err
