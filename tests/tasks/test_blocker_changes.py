"""Sessions that others wait for, on a real server: the root is let go of, and never its victims."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from blocks.rung import Rung
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, Permanent
from sandbox.rehearsal import wait
from tasks.postgres.activity import read_blockers
from tasks.postgres.selection import SessionsOf
from tasks.postgres.unblock import EndBlockers
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNKNOWN, WARRANT, Guarded, planned


def app_sessions(**more: Any) -> SessionsOf:
    given = {"role": "rung_app", "blocking_for": timedelta(milliseconds=1), **more}
    return SessionsOf(database="rung", **given)


def block(env: Rung, blocker: psycopg.Connection, victim: psycopg.Connection, then: bytes | None = None) -> None:
    blocker.autocommit = False
    blocker.execute("UPDATE sessions SET status = status WHERE id = 1")
    if then is not None:
        blocker.pgconn.send_query(then)
    victim.pgconn.send_query(b"UPDATE sessions SET status = status WHERE id = 1")
    wait(lambda: read_blockers(env.database, app_sessions()).waiting or None, within=60, what="the victim to wait")


def test_the_root_is_named_and_never_its_victim(env: Rung, app: psycopg.Connection, victim: psycopg.Connection) -> None:
    block(env, app, victim)
    read = read_blockers(env.database, app_sessions())
    assert [(root.pid, root.blocks) for root in read.roots] == [(app.info.backend_pid, 1)]
    assert [root.meant for root in read.roots] == [True]
    for other, for_others in (
        (app_sessions(role="somebody_else"), 1),
        (app_sessions(blocking_for=timedelta(hours=1)), 0),
    ):
        seen = read_blockers(env.database, other)
        assert [root.meant for root in seen.roots] == [False]
        assert seen.for_others == for_others


def unblock(env: Rung, **more: Any) -> EndBlockers:
    return EndBlockers(database=env.database, whose=app_sessions(**more))


@pytest.mark.case(EndBlockers, NEEDED, GUARDRAIL, UNKNOWN)
def test_an_idle_blocker_is_ended_and_its_victim_goes_on(
    env: Rung, blind: Rung, app: psycopg.Connection, victim: psycopg.Connection, guarded: Guarded
) -> None:
    block(env, app, victim)
    change = unblock(env)
    plan = planned(change)
    guarded(plan)
    with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
        unblock(blind).landed(plan)
    assert [target.pid for target in plan.targets] == [app.info.backend_pid]
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    result = victim.pgconn.get_result()
    assert result is not None
    assert result.command_status == b"UPDATE 1"
    with pytest.raises(psycopg.OperationalError):
        app.execute("select 1")


def test_a_working_blocker_is_cancelled_and_keeps_its_session(
    env: Rung, app: psycopg.Connection, victim: psycopg.Connection
) -> None:
    block(env, app, victim, then=b"select pg_sleep(60)")
    plan = planned(unblock(env))
    assert "0 had to be ended" in unblock(env).apply(plan, WARRANT).note
    result = app.pgconn.get_result()
    assert result is not None
    assert b"canceling statement" in result.error_message


@pytest.mark.case(EndBlockers, DRIFTED)
def test_a_blocker_that_has_let_go_since_the_approval_is_left_alone(
    env: Rung, app: psycopg.Connection, victim: psycopg.Connection
) -> None:
    block(env, app, victim)
    plan = planned(unblock(env))
    app.rollback()
    victim.pgconn.get_result()
    with pytest.raises(Drifted, match="nothing was ended"):
        unblock(env).apply(plan, WARRANT)
    assert app.execute("select 1").fetchone() == (1,)


@pytest.mark.case(EndBlockers, NOT_NEEDED)
def test_blockers_of_other_users_or_of_a_moment_are_not_meant(
    env: Rung, app: psycopg.Connection, victim: psycopg.Connection
) -> None:
    block(env, app, victim)
    assert isinstance(unblock(env, role="somebody_else").plan(), NotNeeded)
    assert isinstance(unblock(env, blocking_for=timedelta(hours=1)).plan(), NotNeeded)
