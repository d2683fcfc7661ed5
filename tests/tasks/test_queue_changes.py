"""A change of a table that waits, and those who wait behind it, on a real server: it alone is cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from blocks.rung import Rung
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, Permanent
from sandbox.database import as_admin
from sandbox.guests import admit_guest, dismiss_guest
from sandbox.rehearsal import wait
from sandbox.world import World
from tasks.postgres.activity import read_blockers
from tasks.postgres.queue import CancelQueueing, read_queue
from tasks.postgres.selection import SessionsOf
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNKNOWN, WARRANT, Guarded, planned

MIGRATIONS = "migrations"


@pytest.fixture
def deploying(running_world: World) -> Iterator[psycopg.Connection]:
    """A session that may change tables."""
    address = running_world.facts.database
    dsn = admit_guest(address, MIGRATIONS, None, application_name="deploy")
    with as_admin(address) as connection:
        owner = sql.Identifier(address.roles.owner)
        connection.execute(sql.SQL("GRANT {} TO {}").format(owner, sql.Identifier(MIGRATIONS)))
    session = psycopg.connect(dsn, autocommit=True)
    try:
        yield session
    finally:
        session.cancel_safe()
        session.close()
        dismiss_guest(address, MIGRATIONS, None)


def migrations(**more: Any) -> SessionsOf:
    given = {"role": MIGRATIONS, "blocking_for": timedelta(milliseconds=1), **more}
    return SessionsOf(database="rung", **given)


def cancelling(env: Rung, **more: Any) -> CancelQueueing:
    return CancelQueueing(database=env.database, whose=migrations(**more))


@pytest.fixture
def reader(
    env: Rung, app: psycopg.Connection, victim: psycopg.Connection, deploying: psycopg.Connection
) -> psycopg.Connection:
    """Whoever reads a table that is to be changed; the change waits, and somebody behind it."""
    app.autocommit = False
    app.execute("SELECT count(*) FROM couple_links")
    deploying.pgconn.send_query(b"BEGIN; LOCK TABLE couple_links IN ACCESS EXCLUSIVE MODE")
    wait(lambda: read_blockers(env.database, migrations()).waiting == 1 or None, within=60, what="the change to wait")
    assert read_queue(env.database, migrations()).ahead == ()
    victim.pgconn.send_query(b"SELECT count(*) FROM couple_links")
    wait(lambda: read_queue(env.database, migrations()).ahead or None, within=60, what="somebody to wait behind it")
    return app


def test_who_waits_for_a_whole_table_is_told_and_no_other_who_waits(
    env: Rung, reader: psycopg.Connection, deploying: psycopg.Connection
) -> None:
    (one,) = read_queue(env.database, migrations()).ahead
    assert (one.pid, one.behind, one.meant) == (deploying.info.backend_pid, 1, True)
    for other in (migrations(role="rung_app"), migrations(blocking_for=timedelta(hours=1))):
        assert [one.meant for one in read_queue(env.database, other).ahead] == [False]


def test_whoever_may_see_nothing_is_told_nothing(blind: Rung) -> None:
    with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
        read_queue(blind.database, migrations())


@pytest.mark.case(CancelQueueing, NEEDED, GUARDRAIL, UNKNOWN)
def test_the_change_is_cancelled_and_whoever_reads_the_table_goes_on(
    env: Rung,
    blind: Rung,
    reader: psycopg.Connection,
    victim: psycopg.Connection,
    guarded: Guarded,
) -> None:
    change = cancelling(env)
    plan = planned(change)
    guarded(plan)
    with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
        cancelling(blind).landed(plan)
    assert [target.pid for target in plan.targets] == [one.pid for one in read_queue(env.database, migrations()).ahead]
    assert change.landed(plan)[0] is Answer.NO
    assert "0 had to be ended" in change.apply(plan, WARRANT).note
    assert change.landed(plan)[0] is Answer.YES
    answered = victim.pgconn.get_result()
    assert answered is not None
    assert answered.get_value(0, 0) == b"200"
    assert reader.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.case(CancelQueueing, DRIFTED)
def test_a_change_that_has_come_through_since_the_approval_is_left_alone(
    env: Rung, reader: psycopg.Connection, deploying: psycopg.Connection
) -> None:
    plan = planned(cancelling(env))
    reader.rollback()
    done = [deploying.pgconn.get_result() for _ in range(2)]
    assert [one.command_status for one in done if one] == [b"BEGIN", b"LOCK TABLE"]
    with pytest.raises(Drifted, match="nothing was cancelled"):
        cancelling(env).apply(plan, WARRANT)


@pytest.mark.case(CancelQueueing, NOT_NEEDED)
def test_changes_of_other_roles_or_of_a_moment_are_not_meant(env: Rung, reader: psycopg.Connection) -> None:
    assert isinstance(cancelling(env, role="rung_app").plan(), NotNeeded)
    assert isinstance(cancelling(env, blocking_for=timedelta(hours=1)).plan(), NotNeeded)
