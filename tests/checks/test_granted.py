"""What identities are really allowed is compared with what is generated; drift is planted both ways."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State
from psycopg import sql
from pydantic import SecretStr

from blocks.notifier import Notifier
from blocks.rung import Rung
from deployments.checks.granted import permissions
from deployments.permissions import as_data, granted, needs_of_system
from journal.schema import LEDGER
from journal.store import Journal
from sandbox.database import run_as_admin
from sandbox.pager import Pager
from sandbox.saving import save
from sandbox.systems.rung.wiring import rung
from sandbox.systems.rung.world import World

pytestmark = pytest.mark.usefixtures("journal")

POLICY = "codeblue"


@pytest.fixture(scope="module")
def world(prefect: SyncPrefectClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A production whose identities are allowed what is generated, to the letter."""
    with World.start(tmp_path_factory.mktemp("world")) as running:
        env = rung(running.facts)
        given = as_data(granted(needs_of_system("rung"), env))
        iam: Any = running.facts.aws.client("iam")
        for arn, document in (
            (env.aws.reading_role, given["aws"]["reading"]),
            (env.aws.changing_role, given["aws"]["changing"]),
        ):
            iam.put_role_policy(RoleName=role(arn), PolicyName=POLICY, PolicyDocument=json.dumps(document))
        lines = (*given["database"]["reading"], *given["database"]["changing"])
        as_owner(running, "REVOKE pg_monitor FROM rung_reader", "REVOKE rung_owner FROM rung_changer", *lines)
        yield running


@pytest.fixture
def pager() -> Iterator[Pager]:
    with Pager() as running:
        yield running


def role(arn: str) -> str:
    return arn.rpartition("/")[2]


def as_owner(world: World, *statements: str) -> None:
    for one in statements:
        run_as_admin(world.facts.database, sql.Composed([sql.SQL(one)]))  # pyright: ignore[reportArgumentType] # our own words


def checked(env: Rung, pager: Pager) -> State[Any]:
    save(env.model_copy(update={"notifier": Notifier(urls=[SecretStr(pager.address("team"))])}), "granted")
    return permissions("rung", "granted", return_state=True)


@contextmanager
def attached(world: World, arn: str, *statements: dict[str, Any]) -> Iterator[None]:
    """A policy more, attached to a role for a while."""
    iam: Any = world.facts.aws.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    made = iam.create_policy(PolicyName="more", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role(arn), PolicyArn=made)
    try:
        yield
    finally:
        iam.detach_role_policy(RoleName=role(arn), PolicyArn=made)
        iam.delete_policy(PolicyArn=made)


def test_the_generated_policies_and_grants_are_neither_missing_nor_more(world: World, pager: Pager) -> None:
    state = checked(rung(world.facts), pager)
    assert (state.name, state.type) == ("Quiet", "COMPLETED"), state.message
    assert pager.messages == []


def test_a_role_that_is_not_allowed_everything_names_the_runbooks_that_would_be_blind(
    world: World, pager: Pager, journal: Journal
) -> None:
    env = rung(world.facts)
    iam: Any = world.facts.aws.client("iam")
    given = as_data(granted(needs_of_system("rung"), env))["aws"]["reading"]
    less = [one for one in given["Statement"] if "rds:DescribeDBInstances" not in one["Action"]]
    iam.put_role_policy(
        RoleName=role(env.aws.reading_role), PolicyName=POLICY, PolicyDocument=json.dumps(given | {"Statement": less})
    )
    try:
        for _ in range(2):
            state = checked(env, pager)
            assert (state.name, state.type) == ("Found", "FAILED")
    finally:
        iam.put_role_policy(RoleName=role(env.aws.reading_role), PolicyName=POLICY, PolicyDocument=json.dumps(given))
    (message,) = pager.told("team")
    assert "granted: The reading role codeblue-reading lacks rds:DescribeDBInstances on arn:aws:rds:" in message.text
    assert "rung.connection_exhaustion, rung.slow_queries, rung.triage would be blind without it" in message.text
    assert "is allowed more" not in message.text
    assert any("lacks rds:DescribeDBInstances" in str(one.fact) for one in journal.entries(LEDGER))


def test_a_role_that_is_allowed_more_is_named_with_what_is_more(world: World, pager: Pager) -> None:
    env = rung(world.facts)
    more = {"Effect": "Allow", "Action": ["s3:*", "rds:RebootDBInstance"], "Resource": "*"}
    with attached(world, env.aws.changing_role, more):
        assert checked(env, pager).name == "Found"
    (message,) = pager.told("team")
    assert "The changing role codeblue-changing is allowed more than is generated: s3:* on *" in message.text
    assert "rds:RebootDBInstance on *" in message.text
    assert "lacks" not in message.text


def test_a_denial_under_a_condition_is_unknown_and_neither_right_nor_wrong(world: World, pager: Pager) -> None:
    env = rung(world.facts)
    fence = {
        "Effect": "Deny",
        "Action": "rds:*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}},
    }
    with attached(world, env.aws.changing_role, fence):
        state = checked(env, pager)
    assert (state.name, state.type) == ("Unknown", "FAILED")
    assert "rds:RebootDBInstance" in (state.message or "")
    assert pager.messages == []


def test_database_roles_with_less_and_with_more_are_named(world: World, pager: Pager) -> None:
    as_owner(
        world,
        "REVOKE SELECT (therapist_id) ON clients FROM rung_reader",
        "REVOKE pg_signal_backend FROM rung_changer",
        "GRANT SELECT ON clinical_briefs TO rung_reader",
        "GRANT pg_write_all_data TO rung_changer WITH ADMIN OPTION",
        "ALTER ROLE rung_changer CREATEROLE",
    )
    try:
        assert checked(rung(world.facts), pager).name == "Found"
    finally:
        as_owner(
            world,
            "GRANT SELECT (therapist_id) ON clients TO rung_reader",
            "GRANT pg_signal_backend TO rung_changer",
            "REVOKE SELECT ON clinical_briefs FROM rung_reader",
            "REVOKE pg_write_all_data FROM rung_changer",
            "ALTER ROLE rung_changer NOCREATEROLE",
        )
    (message,) = pager.told("team")
    reader, changer = "The reading database role rung_reader", "The changing database role rung_changer"
    assert f"{reader} lacks SELECT on clients(therapist_id); rung.merge_authorization_failures" in message.text
    assert f"{reader} may SELECT on clinical_briefs" in message.text
    assert f"{changer} lacks pg_signal_backend" in message.text
    assert f"{changer} is createrole" in message.text
    assert f"{changer} is a member of pg_write_all_data" in message.text
    assert f"{changer} may give pg_write_all_data to others" in message.text
    assert "briefs(" not in message.text


def test_a_blind_look_is_unknown_and_what_was_seen_elsewhere_is_still_told(world: World, pager: Pager) -> None:
    blind = rung(world.facts, blind_aws=True)
    state = checked(blind, pager)
    assert (state.name, state.type) == ("Unknown", "FAILED")
    assert "does not allow us to look at what the role codeblue-blind is allowed" in (state.message or "")
    as_owner(world, "GRANT pg_monitor TO rung_reader")
    try:
        state = checked(blind, pager)
    finally:
        as_owner(world, "REVOKE pg_monitor FROM rung_reader")
    assert state.name == "Found"
    assert "codeblue-blind" in (state.message or "")
    (message,) = pager.told("team")
    assert "rung_reader is a member of pg_monitor, which is not generated" in message.text


def test_a_database_that_cannot_be_reached_is_unknown(world: World, pager: Pager) -> None:
    env = rung(world.facts)
    shut = env.database.model_copy(update={"reader_password": SecretStr("wrong")})
    state = checked(env.model_copy(update={"database": shut}), pager)
    assert (state.name, state.type) == ("Unknown", "FAILED")
    assert "refuses the password of rung_reader" in (state.message or "")


def test_an_environment_that_is_not_saved_is_not_looked_at_and_that_is_not_health(world: World) -> None:
    state = permissions("rung", "nowhere", return_state=True)
    assert (state.name, state.type) == ("Unknown", "FAILED")
