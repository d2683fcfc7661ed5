"""What takes the space of a server, in the sandbox: a slot really keeps WAL, and a query really writes files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from blocks.rung import Rung
from runbook import Permanent
from sandbox.rehearsal import wait
from sandbox.systems.rung.world import World
from sandbox.tables import run
from tasks.postgres.selection import SessionsOf
from tasks.postgres.space import Aged, Sizes, Space, Spilled, read_aged_events, read_space, read_spilled

MB = 1024**2
SORTS = (
    b"SELECT pg_sleep(60), length(wide) FROM (SELECT wide FROM (SELECT n, repeat('x', 1000 + n % 2) AS wide"
    b" FROM generate_series(1, 12000) AS n OFFSET 0) AS one ORDER BY n DESC OFFSET 0) AS sorted"
)
"""Some 12 MB, which do not fit into memory."""


def whose(env: Rung, role: str, active_for: timedelta = timedelta(0)) -> SessionsOf:
    return SessionsOf(database=env.database.dbname, role=role, active_for=active_for)


@pytest.fixture
def slot(world: World) -> Iterator[str]:
    """A replication slot that nobody reads."""
    run(world.facts.database, "SELECT pg_create_physical_replication_slot('gone', true)")
    yield "gone"
    run(world.facts.database, "SELECT pg_drop_replication_slot('gone')")


def test_a_slot_that_nobody_reads_keeps_what_is_written_since(world: World, env: Rung, slot: str) -> None:
    before = read_space(env.database)
    run(
        world.facts.database,
        "SELECT count(pg_logical_emit_message(false, 'test', repeat('x', 100000))) FROM generate_series(1, 100)",
    )
    found = wait(lambda: _keeps(env, slot, before.idle[slot] + 9 * MB), within=30, what="the WAL that is kept")
    assert found.kept == max(found.idle.values())
    assert found.of_idle > before.of_idle
    assert f"idle slot {slot} keeps" in str(found)


def _keeps(env: Rung, slot: str, least: int) -> Space | None:
    """The server's writer comes to what was said a moment later."""
    found = read_space(env.database)
    return found if found.idle[slot] >= least else None


def test_without_slots_and_files_all_that_is_stored_are_databases(env: Rung) -> None:
    found = read_space(env.database)
    assert (found.kept, found.temporary, found.idle) == (0, 0, {})
    sizes = [table.size for table in found.tables.values()]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 < sum(sizes) < found.databases
    assert found.of_idle == 0


def test_files_belong_to_the_queries_that_have_run_for_long(env: Rung, app: psycopg.Connection) -> None:
    app.pgconn.send_query(SORTS)
    found = wait(lambda: _spilled(env), within=30, what="the files of the query")
    assert (found.long, found.queries) == (found.temporary, 1)
    assert found.of_long > 0
    for other in (whose(env, "rung_owner"), whose(env, "rung_app", timedelta(hours=1))):
        theirs = read_spilled(env.database, other)
        assert (theirs.long, theirs.queries, theirs.of_long) == (0, 0, 0)
        assert theirs.temporary == found.temporary


def _spilled(env: Rung) -> Spilled | None:
    found = read_spilled(env.database, whose(env, "rung_app"))
    return found if found.long >= 10 * MB else None


def test_who_may_not_look_is_told_so(env: Rung, blind: Rung) -> None:
    for look in (
        lambda: read_space(blind.database),
        lambda: read_spilled(blind.database, whose(blind, "rung_app")),
    ):
        with pytest.raises(Permanent):
            look()
    with pytest.raises(Permanent, match="sees no table domain_events"):
        read_aged_events(env.database, older_than=timedelta(days=90))


def test_of_nothing_and_of_too_few_rows_there_is_no_share() -> None:
    with pytest.raises(LookupError, match="0 bytes, too few to tell"):
        Sizes(databases=0, temporary=0, kept=0).of_all(0)
    few = Aged(databases=1000, temporary=0, kept=0, table="t", size=600, seen=4, old=4, older_than=timedelta(days=90))
    with pytest.raises(LookupError, match="4 rows of t, too few to tell"):
        _ = few.of_old
    assert few.model_copy(update={"seen": 40, "old": 20}).of_old == pytest.approx(0.3)


def test_the_largest_slot_counts_since_all_keep_the_same_wal() -> None:
    found = Space(databases=60, temporary=0, kept=40, idle={"a": 40, "b": 30}, tables={})
    assert found.of_idle == pytest.approx(0.4)
