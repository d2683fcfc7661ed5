"""Changes to sessions on a real server: needed, not needed, drifted, landed; and which sessions are never meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from blocks.rung import Rung
from journal.facts.words import Answer
from journal.redaction import redact
from runbook import Change, Drifted, NotNeeded, Permanent, Plan
from sandbox.database import as_admin
from sandbox.rehearsal import wait
from sandbox.systems.rung.world import World
from tasks.postgres.change import EndIdleSessions, EndIdleTransactions, StopLongQueries
from tasks.postgres.doing import Sessions, read_sessions
from tasks.postgres.read import read_clients, read_slots
from tasks.postgres.selection import SessionsOf
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNKNOWN, WARRANT, Guarded
from tests.tasks.tables import APPLICATION

SHORT = timedelta(milliseconds=300)


def app_sessions(**more: Any) -> SessionsOf:
    given = {"idle_for": SHORT, "open_for": SHORT, "active_for": SHORT, **more}
    return SessionsOf(**{"database": "rung", "role": "rung_app", "application": APPLICATION, **given})


def end_idle(env: Rung, **more: Any) -> EndIdleSessions:
    return EndIdleSessions(database=env.database, whose=app_sessions(**more))


def end_walked_away(env: Rung, **more: Any) -> EndIdleTransactions:
    return EndIdleTransactions(database=env.database, whose=app_sessions(**more))


def stop_long(env: Rung, **more: Any) -> StopLongQueries:
    return StopLongQueries(database=env.database, whose=app_sessions(**more))


def planned(change: Change[Any]) -> Plan[Any]:
    """The plan, as soon as there is something to do."""
    return wait(lambda: (p := change.plan()) and (p if isinstance(p, Plan) else None), within=60, what="a plan")


@pytest.mark.case(EndIdleSessions, NOT_NEEDED)
def test_there_is_nothing_to_end_when_nobody_is_idle_for_long(env: Rung, app: psycopg.Connection) -> None:
    told = end_idle(env, idle_for=timedelta(hours=1)).plan()
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
        pytest.param((end_idle, make_idle), marks=pytest.mark.case(EndIdleSessions, UNKNOWN, GUARDRAIL)),
        pytest.param((end_walked_away, walk_away), marks=pytest.mark.case(EndIdleTransactions, UNKNOWN, GUARDRAIL)),
        pytest.param((stop_long, work_for_long), marks=pytest.mark.case(StopLongQueries, UNKNOWN, GUARDRAIL)),
    ],
)
def test_whoever_sees_no_sessions_cannot_say_whether_they_were_ended(
    env: Rung, blind: Rung, app: psycopg.Connection, guarded: Guarded, kind: tuple[Any, Any]
) -> None:
    make, get_there = kind
    get_there(app)
    plan = planned(make(env))
    guarded(plan)
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
    change = end_idle(env, idle_for=timedelta(seconds=1))
    plan = planned(change)
    app.execute("select 1")
    with pytest.raises(Drifted, match="nothing was ended"):
        change.apply(plan, WARRANT)
    assert app.execute("select 1").fetchone() == (1,)


def test_sessions_of_other_users_are_never_meant(env: Rung, app: psycopg.Connection) -> None:
    assert isinstance(end_idle(env, role="somebody_else").plan(), NotNeeded)


@pytest.mark.case(EndIdleTransactions, NEEDED, NOT_NEEDED)
def test_a_walked_away_transaction_is_ended(env: Rung, app: psycopg.Connection) -> None:
    walk_away(app)
    assert isinstance(end_walked_away(env, open_for=timedelta(hours=1)).plan(), NotNeeded)
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
    change = end_walked_away(env, open_for=timedelta(seconds=1))
    plan = planned(change)
    app.execute("select 1")
    with pytest.raises(Drifted, match="nothing was ended"):
        change.apply(plan, WARRANT)
    assert app.execute("select 1").fetchone() == (1,)


@pytest.mark.case(StopLongQueries, NEEDED, NOT_NEEDED)
def test_a_long_query_is_cancelled_and_its_session_lives(env: Rung, app: psycopg.Connection) -> None:
    work_for_long(app)
    assert isinstance(stop_long(env, active_for=timedelta(hours=1)).plan(), NotNeeded)
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


def seen(env: Rung, **more: Any) -> Sessions:
    return read_sessions(env.database, app_sessions(**more), over=timedelta(seconds=0.4))


def test_a_session_in_a_statement_is_at_work_and_one_that_only_pings_is_not(env: Rung, app: psycopg.Connection) -> None:
    assert seen(env).working == 0
    app.execute("select 1")
    idle = seen(env, idle_for=timedelta(hours=1))
    assert (idle.total, idle.working, idle.idle, idle.idle_long) == (1, 0, 1, 0)
    work_for_long(app)
    busy = seen(env, active_for=timedelta(hours=1))
    assert (busy.total, busy.working, busy.active, busy.active_long) == (1, 1, 1, 0)


def test_sessions_of_others_are_counted_beside_and_named_by_role_and_database(
    env: Rung, app: psycopg.Connection
) -> None:
    ours, theirs = seen(env, application=None), seen(env, role="somebody_else", application=None)
    assert ours.total >= 1
    assert theirs.total == 0
    assert theirs.others == ours.total + ours.others
    assert "rung_app in rung" in theirs.elsewhere
    assert "rung_app in rung" not in ours.elsewhere


@pytest.fixture
def limited(env: Rung, world: World) -> Iterator[int]:
    """The application's role may hold as many sessions as it does, and one more."""
    held = read_slots(env.database, "rung_app").role_taken
    with as_admin(world.facts.database) as admin:
        (before,) = admin.execute("select rolconnlimit from pg_roles where rolname = 'rung_app'").fetchone() or (-1,)
        admin.execute(f"alter role rung_app connection limit {held}")
        try:
            yield held
        finally:
            admin.execute(f"alter role rung_app connection limit {before}")


def test_a_limit_of_the_role_is_part_of_how_full_it_is(env: Rung, limited: int) -> None:
    found = read_slots(env.database, "rung_app")
    assert (found.role_limit, found.role_taken) == (limited, limited)
    assert found.share == 1.0
    assert found.of_server < 0.9
    assert f"rung_app holds {limited} of the {limited} that it may" in str(found)
    assert seen(env).usable == limited


def test_whoever_looks_for_no_role_sees_the_limit_of_none(env: Rung, limited: int) -> None:
    assert read_slots(env.database).share < 0.9


def test_a_selection_that_names_no_age_ends_nobody(env: Rung) -> None:
    with pytest.raises(Permanent, match="not said from when on"):
        end_idle(env, idle_for=None).plan()


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
        assert wait(lambda: read_slots(env.database).taken > before or None, within=60, what="its slot to be counted")
        found = seen(env, application=None)
        assert found.total + found.others == sum(read_clients(env.database).applications.values())


def test_a_session_that_we_opened_is_not_counted(env: Rung) -> None:
    with env.database.reading(), env.database.changing(WARRANT):
        assert not [name for name in read_clients(env.database).applications if name.startswith("codeblue")]


def test_a_session_of_ours_that_somebody_else_opened_is_counted(env: Rung, world: World) -> None:
    """Our role is a person's too when they look by hand."""
    with psycopg.connect(world.facts.dsn("rung_reader", application_name="psql"), autocommit=True):
        assert read_clients(env.database).applications.get("psql") == 1
