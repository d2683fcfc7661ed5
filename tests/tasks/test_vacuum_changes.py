"""Dead rows on a real server, taken out beside everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from blocks.rung import Rung
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, NotSafe
from sandbox.systems.rung.world import World
from sandbox.tables import run
from tasks.postgres.vacuum import VacuumTables
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.tables import tables_of

MADE = """
CREATE TABLE imports (n int);
ALTER TABLE imports OWNER TO rung_owner;
ALTER TABLE imports SET (autovacuum_enabled = off);
INSERT INTO imports SELECT n FROM generate_series(1, 20000) AS n
"""


@pytest.fixture
def dead(world: World) -> Iterator[None]:
    """A table of which most rows are dead."""
    run(world.facts.database, MADE)
    run(world.facts.database, "DELETE FROM imports WHERE n > 1000")
    yield
    run(world.facts.database, "DROP TABLE IF EXISTS imports")


def vacuum(env: Rung, *tables: str) -> VacuumTables:
    return VacuumTables(database=env.database, tables=tables or ("imports", "sessions"))


@pytest.mark.case(VacuumTables, NEEDED, NOT_NEEDED, DRIFTED, GUARDRAIL)
def test_dead_rows_are_taken_out_once(env: Rung, dead: None, guarded: Guarded) -> None:
    change, before = vacuum(env), tables_of(env).tables["imports"]
    assert (before.bloated, before.lean) == (True, False)
    plan = planned(change)
    assert [target.table for target in plan.targets] == ["imports"]
    assert plan.targets[0].before == "19000 beside 1000 that live, never vacuumed"
    guarded(plan)
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    after = tables_of(env).tables["imports"]
    assert (after.bloated, after.lean, after.rows, after.fresh) == (False, True, 1000, True)
    with pytest.raises(Drifted, match="nothing was done"):
        change.apply(plan, WARRANT)
    assert isinstance(change.plan(), NotNeeded)


@pytest.mark.case(VacuumTables, UNKNOWN)
def test_a_table_that_is_gone_cannot_be_told_of(env: Rung, dead: None, admin: psycopg.Connection) -> None:
    change = vacuum(env)
    plan = planned(change)
    admin.execute("DROP TABLE imports")
    with pytest.raises(Drifted, match="There is no table imports any more"):
        change.landed(plan)


def test_tables_that_are_not_named_or_hold_few_dead_rows_are_left_alone(env: Rung, dead: None) -> None:
    assert isinstance(vacuum(env, "sessions", "no_such_table").plan(), NotNeeded)


def test_nothing_is_read_in_vain_while_somebody_could_still_see_what_is_dead(
    env: Rung, dead: None, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.postgres.vacuum.OLD", timedelta(0))
    with admin.transaction():
        admin.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        admin.execute("SELECT count(*) FROM imports")
        with pytest.raises(NotSafe, match="1 transactions have been open"):
            vacuum(env).plan()
    planned(vacuum(env))


def test_a_table_that_somebody_else_works_on_is_not_waited_for(
    env: Rung, dead: None, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.postgres.vacuum.WITHIN", timedelta(milliseconds=300))
    change = vacuum(env)
    plan = planned(change)
    with admin.transaction():
        admin.execute("LOCK TABLE imports IN SHARE UPDATE EXCLUSIVE MODE")
        outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert "somebody else" in outcome.results[0].note
