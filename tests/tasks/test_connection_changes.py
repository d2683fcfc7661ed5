"""The changes of `rung.connection_exhaustion` on a real server: needed, not needed, drifted, landed, undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from blocks.rung import Rung
from journal.facts.words import Act, Answer
from runbook import Drifted, NotNeeded, NotSafe, Permanent, Plan, Warrant
from sandbox.practice.settings import BLIND, SEEING
from sandbox.rehearsal import Rehearsal, wait
from tasks.postgres.change import EndIdleSessions, EndIdleTransactions, StopLongQueries
from tasks.postgres.read import read_clients, read_sessions, read_slots
from tasks.rds.change import RaiseMaxConnections
from tasks.rds.reboot import RebootInstance

WARRANT = Warrant(incident="INC-TEST", mitigation="test", digest="0" * 16, act=Act.APPLY, by="test")
SHORT = timedelta(milliseconds=300)
APPLICATION = "change-test"


@pytest.fixture
def env(rehearsal: Rehearsal) -> Rung:
    with rehearsal.stack.client():
        return Rung.load(SEEING)


@pytest.fixture
def client(rehearsal: Rehearsal) -> Iterator[psycopg.Connection]:
    """A session of the application, with a name of its own."""
    connection = psycopg.connect(rehearsal.world.facts.dsn("rung_app", application_name=APPLICATION), autocommit=True)
    yield connection
    connection.close()  # not by `with`, which commits: some of these sessions were ended


def end_idle(env: Rung, **more: object) -> EndIdleSessions:
    given = {"database": env.database, "user": "rung_app", "longer_than": SHORT, "application": APPLICATION, **more}
    return EndIdleSessions(**given)


def planned(change: EndIdleSessions | EndIdleTransactions | StopLongQueries) -> Plan:
    """The plan, as soon as there is something to do."""
    return wait(lambda: (p := change.plan()) and (p if isinstance(p, Plan) else None), within=10, what="a plan")


def test_there_is_nothing_to_end_when_nobody_is_idle_for_long(env: Rung, client: psycopg.Connection) -> None:
    told = end_idle(env, longer_than=timedelta(hours=1)).plan()
    assert isinstance(told, NotNeeded)
    assert "idle for longer than 1 h" in told.why


def test_a_role_that_cannot_see_other_sessions_makes_no_plan(rehearsal: Rehearsal) -> None:
    with rehearsal.stack.client():
        blind = Rung.load(BLIND)
    with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
        end_idle(blind).plan()


@pytest.mark.parametrize("read", [read_slots, read_clients])
def test_a_role_that_cannot_see_other_sessions_is_unreadable_and_not_health(read: object, rehearsal: Rehearsal) -> None:
    with rehearsal.stack.client():
        blind = Rung.load(BLIND)
    with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
        read(blind.database)


def test_an_idle_session_is_ended_and_its_end_is_seen(env: Rung, client: psycopg.Connection) -> None:
    change = end_idle(env)
    plan = planned(change)
    assert [target.pid for target in plan.targets] == [client.info.backend_pid]
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).results[0].done
    assert change.landed(plan)[0] is Answer.YES
    with pytest.raises(psycopg.OperationalError):
        client.execute("select 1")


def test_a_session_that_works_again_since_the_approval_is_left_alone(env: Rung, client: psycopg.Connection) -> None:
    change = end_idle(env, longer_than=timedelta(seconds=1))
    plan = planned(change)
    client.execute("select 1")
    with pytest.raises(Drifted, match="nothing was ended"):
        change.apply(plan, WARRANT)
    assert client.execute("select 1").fetchone() == (1,)


def test_sessions_of_other_users_are_never_meant(env: Rung, client: psycopg.Connection) -> None:
    assert isinstance(end_idle(env, user="somebody_else").plan(), NotNeeded)


def test_a_walked_away_transaction_is_ended(env: Rung, client: psycopg.Connection) -> None:
    client.autocommit = False
    client.execute("select 1")
    change = EndIdleTransactions(database=env.database, user="rung_app", longer_than=SHORT, application=APPLICATION)
    plan = planned(change)
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES


def test_a_long_query_is_cancelled_and_its_session_lives(env: Rung, client: psycopg.Connection) -> None:
    client.pgconn.send_query(b"select pg_sleep(60)")
    change = StopLongQueries(database=env.database, user="rung_app", longer_than=SHORT, application=APPLICATION)
    plan = planned(change)
    outcome = change.apply(plan, WARRANT)
    assert outcome.results[0].note == "cancelled"
    result = client.pgconn.get_result()
    assert result is not None
    assert b"canceling statement" in result.error_message


def test_sessions_that_changed_just_now_are_turning(env: Rung, client: psycopg.Connection) -> None:
    client.execute("select 1")
    read = read_sessions(
        env.database,
        idle_for=timedelta(hours=1),
        in_transaction_for=SHORT,
        active_for=SHORT,
        moment=timedelta(minutes=1),
    )
    assert read.turning >= 1


def raise_(env: Rung, **more: object) -> RaiseMaxConnections:
    given = {"aws": env.aws, "database": env.database, "identifier": "rung-prod", "group": "rung-prod", **more}
    return RaiseMaxConnections(**given)


def test_max_connections_is_never_lowered(env: Rung) -> None:
    with pytest.raises(NotSafe, match="would lower it"):
        raise_(env, at_least=20, by=0.5).plan()


def test_a_group_that_is_not_the_instances_own_is_refused(env: Rung) -> None:
    with pytest.raises(NotSafe, match="not another-group"):
        raise_(env, group="another-group").plan()


def test_a_raise_waits_for_a_reboot_and_can_be_taken_back(env: Rung) -> None:
    change = raise_(env)
    plan = change.plan()
    assert isinstance(plan, Plan)
    try:
        assert change.landed(plan)[0] is Answer.NO
        assert change.apply(plan, WARRANT).ok
        assert change.landed(plan)[0] is Answer.YES
        with pytest.raises(Drifted):
            change.apply(plan, WARRANT)
        assert isinstance(raise_(env).plan(), NotNeeded)
    finally:
        assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).note == "The old value is in place."


def test_a_reboot_is_needed_only_while_a_parameter_waits_for_it(rehearsal: Rehearsal, env: Rung) -> None:
    rds = rehearsal.world.facts.aws.client("rds")
    waits = rds.describe_db_instances(DBInstanceIdentifier="rung-prod")["DBInstances"][0]["DBParameterGroups"][0]
    told = RebootInstance(aws=env.aws, database=env.database, identifier="rung-prod").plan()
    assert isinstance(told, NotNeeded) == (waits["ParameterApplyStatus"] == "in-sync")
