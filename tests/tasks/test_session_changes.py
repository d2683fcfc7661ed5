"""Changes to sessions on a real server: needed, not needed, drifted, landed; and which sessions are never meant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from blocks.rung import Rung
from journal.facts.words import Answer
from journal.redaction import redact
from runbook import Change, Drifted, NotNeeded, Permanent, Plan
from sandbox import World
from sandbox.rehearsal import wait
from tasks.postgres.change import EndIdleSessions, EndIdleTransactions, StopLongQueries
from tasks.postgres.read import read_clients, read_sessions, read_slots
from tests.tasks.cases import BELT, DRIFTED, NEEDED, NOT_NEEDED, UNKNOWN, WARRANT, Belted
from tests.tasks.tables import APPLICATION

SHORT = timedelta(milliseconds=300)


def end_idle(env: Rung, **more: Any) -> EndIdleSessions:
    given = {"database": env.database, "user": "rung_app", "longer_than": SHORT, "application": APPLICATION, **more}
    return EndIdleSessions(**given)


def end_walked_away(env: Rung, **more: Any) -> EndIdleTransactions:
    given = {"database": env.database, "user": "rung_app", "longer_than": SHORT, "application": APPLICATION, **more}
    return EndIdleTransactions(**given)


def stop_long(env: Rung, **more: Any) -> StopLongQueries:
    given = {"database": env.database, "user": "rung_app", "longer_than": SHORT, "application": APPLICATION, **more}
    return StopLongQueries(**given)


def planned(change: Change[Any]) -> Plan[Any]:
    """The plan, as soon as there is something to do."""
    return wait(lambda: (p := change.plan()) and (p if isinstance(p, Plan) else None), within=10, what="a plan")


@pytest.mark.case(EndIdleSessions, NOT_NEEDED)
def test_there_is_nothing_to_end_when_nobody_is_idle_for_long(env: Rung, app: psycopg.Connection) -> None:
    told = end_idle(env, longer_than=timedelta(hours=1)).plan()
    assert isinstance(told, NotNeeded)
    assert "idle for longer than 1 h" in told.why


def test_a_role_that_cannot_see_other_sessions_makes_no_plan(blind: Rung) -> None:
    with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
        end_idle(blind).plan()


@pytest.mark.parametrize("read", [read_slots, read_clients])
def test_a_role_that_cannot_see_other_sessions_is_unreadable_and_not_health(read: Any, blind: Rung) -> None:
    with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
        read(blind.database)


def make_idle(app: psycopg.Connection) -> None:
    app.execute("select 1")


def walk_away(app: psycopg.Connection) -> None:
    app.autocommit = False
    app.execute("select 1")


def work_for_long(app: psycopg.Connection) -> None:
    app.pgconn.send_query(b"select pg_sleep(60)")


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param((end_idle, make_idle), marks=pytest.mark.case(EndIdleSessions, UNKNOWN, BELT)),
        pytest.param((end_walked_away, walk_away), marks=pytest.mark.case(EndIdleTransactions, UNKNOWN, BELT)),
        pytest.param((stop_long, work_for_long), marks=pytest.mark.case(StopLongQueries, UNKNOWN, BELT)),
    ],
)
def test_whoever_sees_no_sessions_cannot_say_whether_they_were_ended(
    env: Rung, blind: Rung, app: psycopg.Connection, belted: Belted, kind: tuple[Any, Any]
) -> None:
    make, get_there = kind
    get_there(app)
    plan = planned(make(env))
    belted(plan)
    with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
        make(blind).landed(plan)


@pytest.mark.case(EndIdleSessions, NEEDED)
def test_an_idle_session_is_ended_and_its_end_is_seen(env: Rung, app: psycopg.Connection) -> None:
    change = end_idle(env)
    plan = planned(change)
    assert [target.pid for target in plan.targets] == [app.info.backend_pid]
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).results[0].done
    assert change.landed(plan)[0] is Answer.YES
    with pytest.raises(psycopg.OperationalError):
        app.execute("select 1")


@pytest.mark.case(EndIdleSessions, DRIFTED)
def test_a_session_that_works_again_since_the_approval_is_left_alone(env: Rung, app: psycopg.Connection) -> None:
    change = end_idle(env, longer_than=timedelta(seconds=1))
    plan = planned(change)
    app.execute("select 1")
    with pytest.raises(Drifted, match="nothing was ended"):
        change.apply(plan, WARRANT)
    assert app.execute("select 1").fetchone() == (1,)


def test_sessions_of_other_users_are_never_meant(env: Rung, app: psycopg.Connection) -> None:
    assert isinstance(end_idle(env, user="somebody_else").plan(), NotNeeded)


@pytest.mark.case(EndIdleTransactions, NEEDED, NOT_NEEDED)
def test_a_walked_away_transaction_is_ended(env: Rung, app: psycopg.Connection) -> None:
    walk_away(app)
    assert isinstance(end_walked_away(env, longer_than=timedelta(hours=1)).plan(), NotNeeded)
    change = end_walked_away(env)
    plan = planned(change)
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES


@pytest.mark.case(EndIdleTransactions, DRIFTED)
def test_a_transaction_that_was_taken_up_again_since_the_approval_is_left_alone(
    env: Rung, app: psycopg.Connection
) -> None:
    walk_away(app)
    change = end_walked_away(env, longer_than=timedelta(seconds=1))
    plan = planned(change)
    app.execute("select 1")
    with pytest.raises(Drifted, match="nothing was ended"):
        change.apply(plan, WARRANT)
    assert app.execute("select 1").fetchone() == (1,)


@pytest.mark.case(StopLongQueries, NEEDED, NOT_NEEDED)
def test_a_long_query_is_cancelled_and_its_session_lives(env: Rung, app: psycopg.Connection) -> None:
    work_for_long(app)
    assert isinstance(stop_long(env, longer_than=timedelta(hours=1)).plan(), NotNeeded)
    change = stop_long(env)
    plan = planned(change)
    outcome = change.apply(plan, WARRANT)
    assert outcome.results[0].note == "cancelled"
    assert change.landed(plan)[0] is Answer.YES
    result = app.pgconn.get_result()
    assert result is not None
    assert b"canceling statement" in result.error_message


@pytest.mark.case(StopLongQueries, DRIFTED)
def test_a_query_that_has_ended_since_the_approval_is_not_cancelled(env: Rung, app: psycopg.Connection) -> None:
    work_for_long(app)
    change = stop_long(env)
    plan = planned(change)
    app.cancel_safe()
    while app.pgconn.get_result() is not None:
        pass
    with pytest.raises(Drifted, match="nothing was cancelled"):
        change.apply(plan, WARRANT)


def test_sessions_that_changed_just_now_are_turning(env: Rung, app: psycopg.Connection) -> None:
    app.execute("select 1")
    read = read_sessions(
        env.database,
        idle_for=timedelta(hours=1),
        in_transaction_for=SHORT,
        active_for=SHORT,
        moment=timedelta(minutes=1),
    )
    assert read.turning >= 1


NAMES = (
    "ana.lovelace@example.org",
    "worker password=hunter2horse",
    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "postgresql://ana:hunter2@db/rung",
    "[link](javascript:alert(1))",
    "codeblue reading",
)
"""What clients call themselves: an address, secrets, markup, and our own name."""


@pytest.mark.parametrize("name", NAMES)
def test_a_session_is_ended_whatever_it_calls_itself_and_its_plan_may_be_stored(
    env: Rung, world: World, name: str
) -> None:
    with psycopg.connect(world.facts.dsn("rung_app", application_name=name), autocommit=True) as client:
        change = end_idle(env, application=name[:63])
        plan = planned(change)
        assert redact(plan.model_dump(mode="json")) == plan.model_dump(mode="json")
        assert [target.pid for target in plan.targets] == [client.info.backend_pid]
        assert change.apply(change.revive(plan.model_dump(mode="json")), WARRANT).results[0].done


@pytest.mark.parametrize("name", ["codeblue reading", "codeblue INC-20260102-7F3K", "codeblue sync"])
def test_a_session_that_only_calls_itself_ours_is_counted(env: Rung, world: World, name: str) -> None:
    def counted() -> int:
        return read_clients(env.database).applications.get(name, 0)

    assert counted() == 0
    before = read_slots(env.database).taken
    with psycopg.connect(world.facts.dsn("rung_app", application_name=name), autocommit=True):
        assert counted() == 1
        assert wait(lambda: read_slots(env.database).taken > before or None, within=10, what="its slot to be counted")
        long = timedelta(hours=1)
        seen = read_sessions(env.database, idle_for=long, in_transaction_for=long, active_for=long, moment=long)
        assert seen.total == sum(read_clients(env.database).applications.values())


def test_a_session_that_we_opened_is_not_counted(env: Rung) -> None:
    with env.database.reading(), env.database.changing(WARRANT):
        assert not [name for name in read_clients(env.database).applications if name.startswith("codeblue")]


def test_a_session_of_ours_that_somebody_else_opened_is_counted(env: Rung, world: World) -> None:
    """Our role is a person's too when they look by hand."""
    with psycopg.connect(world.facts.dsn("rung_reader", application_name="psql"), autocommit=True):
        assert read_clients(env.database).applications.get("psql") == 1
