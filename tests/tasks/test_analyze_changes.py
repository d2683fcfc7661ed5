"""Statistics of tables on a real server, taken anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from blocks.rung import Rung
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded
from sandbox.systems.rung.users import REFRESHED
from sandbox.systems.rung.world import World
from sandbox.tables import run
from tasks.postgres.analyze import AnalyzeTables
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.tables import tables_of


@pytest.fixture
def stale(world: World) -> Iterator[None]:
    run(world.facts.database, "ALTER TABLE clients SET (autovacuum_enabled = off)", REFRESHED)
    run(world.facts.database, "UPDATE clients SET therapist_id = therapist_id WHERE id <= 300")
    yield
    run(world.facts.database, "ALTER TABLE clients RESET (autovacuum_enabled)", REFRESHED)


@pytest.mark.case(AnalyzeTables, NEEDED, NOT_NEEDED, DRIFTED, GUARDRAIL)
def test_stale_statistics_are_taken_anew_once(env: Rung, stale: None, guarded: Guarded) -> None:
    change = AnalyzeTables(database=env.database, tables=("clients", "sessions"))
    plan = planned(change)
    assert [target.table for target in plan.targets] == ["clients"]
    assert plan.targets[0].before.startswith("300 of 1000 rows changed")
    guarded(plan)
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    with pytest.raises(Drifted, match="nothing was done"):
        change.apply(plan, WARRANT)
    assert isinstance(change.plan(), NotNeeded)


@pytest.mark.case(AnalyzeTables, UNKNOWN)
def test_statistics_that_were_never_taken_are_stale_and_not_fresh(env: Rung, admin: psycopg.Connection) -> None:
    admin.execute("CREATE TABLE imported AS SELECT n FROM generate_series(1, 5000) AS n")
    admin.execute("ALTER TABLE imported OWNER TO rung_owner")
    try:
        read = tables_of(env).tables["imported"]
        assert (read.analyzed, read.stale, read.fresh) == (None, True, False)
        change = AnalyzeTables(database=env.database, tables=("imported",))
        plan = planned(change)
        assert plan.targets[0].before == "never taken"
        assert change.apply(plan, WARRANT).ok
        assert tables_of(env).tables["imported"].fresh
    finally:
        admin.execute("DROP TABLE imported")
    with pytest.raises(Drifted, match="There is no table imported any more"):
        change.landed(plan)


def test_tables_that_are_not_named_are_left_alone(env: Rung, stale: None) -> None:
    assert isinstance(AnalyzeTables(database=env.database, tables=("sessions", "no_such_table")).plan(), NotNeeded)


def test_a_table_that_somebody_else_works_on_is_not_waited_for(
    env: Rung, admin: psycopg.Connection, stale: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.postgres.analyze.WITHIN", timedelta(milliseconds=300))
    change = AnalyzeTables(database=env.database, tables=("clients",))
    plan = planned(change)
    with admin.transaction():
        admin.execute("LOCK TABLE clients IN SHARE UPDATE EXCLUSIVE MODE")
        outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert "somebody else" in outcome.results[0].note
