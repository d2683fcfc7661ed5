"""Looks at a real replica: what makes it late, what only looks as if it did, and who holds its replay up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from blocks.postgres import Postgres
from journal import clock
from runbook import Permanent
from sandbox.rehearsal import wait
from tasks.postgres.replication import Holders, Replay, read_holders, read_replay, read_stream
from tasks.postgres.selection import SessionsOf
from tests.tasks.replicas import Replicated
from tests.tasks.replicas import replicated as replicated  # noqa: PLC0414 # a fixture
from tests.tasks.replicas import replicated_servers as replicated_servers  # noqa: PLC0414 # a fixture

SOON, LATE = timedelta(milliseconds=200), timedelta(seconds=60)


def replay(servers: Replicated) -> Replay:
    return read_replay(servers.replica, over=SOON, too_late=LATE)


def reports(servers: Replicated, **more: Any) -> SessionsOf:
    address = servers.standby.address
    given: dict[str, Any] = {"role": address.roles.application, "holding_for": timedelta(milliseconds=1), **more}
    return SessionsOf(database=address.database, **given)


def snapshot(servers: Replicated, report: psycopg.Connection) -> Holders:
    """Let a report keep a snapshot of what its primary then removes; what is seen once replay waits for it."""
    servers.standby.never_ends_queries()
    report.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    report.execute("SELECT count(*) FROM marks")
    servers.execute("DELETE FROM marks", "VACUUM marks")
    return held(servers)


def held(servers: Replicated) -> Holders:
    def waits() -> Holders | None:
        seen = read_holders(servers.replica, reports(servers))
        return seen if seen.waits else None

    return wait(waits, within=20, what="replay to wait for the report")


def test_an_idle_primary_makes_its_last_commit_old_and_its_replica_not_late(replicated: Replicated) -> None:
    clock.sleep(0.5)
    seen = replay(replicated)
    assert seen.last_replayed is not None
    assert clock.now() - seen.last_replayed > timedelta(seconds=0.5), "the decoy: it is old"
    assert (seen.lag, seen.behind, seen.paused, seen.receives, seen.waits) == (timedelta(0), 0, False, True, False)


def test_a_paused_replica_receives_and_is_late_once_something_is_written(replicated: Replicated) -> None:
    replicated.standby.pause()
    assert replay(replicated).lag == timedelta(0), "nothing is missing yet"
    replicated.write()
    clock.sleep(0.3)
    seen = replay(replicated)
    assert seen.paused
    assert seen.receives
    assert seen.behind > 0
    assert seen.replayed == 0
    assert seen.lag >= timedelta(seconds=0.3)
    assert not seen.catches_up(timedelta(hours=1))
    assert "replay is paused" in str(seen)


BEHIND = 16 * 1024 * 1024


@pytest.fixture
def slow_way(replicated: Replicated) -> Iterator[Replicated]:
    """To who looks, the receiver knows that its primary has written more than has come."""
    reader = replicated.primary.address.roles.reader
    replicated.execute(
        "CREATE SCHEMA slow_way",
        f"CREATE VIEW slow_way.pg_stat_wal_receiver AS SELECT status, last_msg_receipt_time,"
        f" pg_last_wal_receive_lsn() + {BEHIND} AS latest_end_lsn FROM pg_catalog.pg_stat_wal_receiver",
        f"GRANT USAGE ON SCHEMA slow_way TO {reader}; GRANT SELECT ON slow_way.pg_stat_wal_receiver TO {reader}",
        f"ALTER ROLE {reader} SET search_path = slow_way, public, pg_catalog",
    )
    replicated.standby.catch_up()
    yield replicated
    replicated.execute(f"ALTER ROLE {reader} RESET search_path", "DROP SCHEMA slow_way CASCADE")


def test_a_replica_to_which_the_way_is_slow_is_late_although_all_that_came_is_replayed(slow_way: Replicated) -> None:
    clock.sleep(0.3)
    seen = replay(slow_way)
    assert (seen.receives, seen.behind) == (True, BEHIND)
    assert seen.lag >= timedelta(seconds=0.3)


def test_a_replica_that_is_cut_off_is_as_late_as_its_last_commit(replicated: Replicated) -> None:
    replicated.standby.cut_off()
    replicated.write()
    clock.sleep(0.3)
    seen = replay(replicated)
    assert (seen.receives, seen.silent, seen.behind) == (False, None, 0)
    assert seen.lag >= timedelta(seconds=0.3), "that all it received is replayed says nothing"
    stream = read_stream(replicated.database)
    assert (stream.receivers, stream.slots, stream.unused) == (0, 1, 1)
    assert "0 receive from the primary; of 1 slots for replicas 1 are not used" in str(stream)


def test_a_replay_that_is_held_outside_the_server_shows_nothing_but_that_it_stands_still(
    replicated: Replicated,
) -> None:
    replicated.standby.hold()
    replicated.write()
    clock.sleep(0.3)
    seen = replay(replicated)
    assert (seen.paused, seen.waits, seen.receives, seen.replayed) == (False, False, True, 0)
    assert seen.behind > 0
    assert seen.lag > timedelta(0)


def test_a_snapshot_on_the_replica_holds_replay_and_is_named(replicated: Replicated) -> None:
    with replicated.report() as report:
        seen = snapshot(replicated, report)
        assert [(one.pid, one.application, one.meant) for one in seen.sessions] == [
            (report.info.backend_pid, "report", True)
        ]
        state = replay(replicated)
        assert (state.waits, state.waits_for, state.tolerates) == (True, "RecoveryConflictSnapshot", None)
        for other in (reports(replicated, role="nobody"), reports(replicated, holding_for=timedelta(hours=1))):
            assert read_holders(replicated.replica, other).meant == ()
    replicated.standby.catch_up()
    after = read_holders(replicated.replica, reports(replicated))
    assert (after.waits, after.sessions, str(after)) == (False, (), "replay waits for no session")


def test_a_lock_on_the_replica_holds_replay_and_only_whoever_has_that_lock_is_named(replicated: Replicated) -> None:
    replicated.standby.never_ends_queries()
    with replicated.report() as report, replicated.report() as innocent:
        report.execute("SELECT count(*) FROM marks")
        innocent.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        innocent.execute("SELECT 1")
        replicated.execute("ALTER TABLE marks ADD COLUMN IF NOT EXISTS more int")
        seen = held(replicated)
        assert [one.pid for one in seen.sessions] == [report.info.backend_pid]
        assert replay(replicated).waits_for == "relation"


def test_a_query_that_the_replica_ended_by_itself_holds_nothing_any_more(replicated: Replicated) -> None:
    replicated.standby.ends_queries_at_once()
    with replicated.report() as report:
        report.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        report.execute("SELECT count(*) FROM marks")
        replicated.execute("DELETE FROM marks", "VACUUM marks")
        replicated.standby.catch_up()
        with pytest.raises(psycopg.Error, match="conflict with recovery"):
            report.execute("SELECT 1")
    assert not read_holders(replicated.replica, reports(replicated)).waits
    assert replay(replicated).lag == timedelta(0)


def test_the_primary_says_who_receives_and_how_far_behind_it_is(replicated: Replicated) -> None:
    replicated.standby.pause()
    replicated.write()
    seen = wait(
        lambda: found if (found := read_stream(replicated.database)).behind else None, within=20, what="it to be behind"
    )
    assert (seen.receivers, seen.slots, seen.unused) == (1, 1, 0)


def test_who_may_not_see_is_told_so_and_nobody_is_well(replicated: Replicated) -> None:
    blind = replicated.blind
    for look in (
        lambda: read_replay(blind.replica, over=SOON, too_late=LATE),
        lambda: read_holders(blind.replica, reports(replicated)),
        lambda: read_stream(blind.database),
    ):
        with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
            look()


def test_a_primary_is_no_replica_and_a_replica_no_primary(replicated: Replicated) -> None:
    with pytest.raises(Permanent, match="is no replica"):
        read_replay(replicated.database, over=SOON, too_late=LATE)
    with pytest.raises(Permanent, match="is no primary"):
        read_stream(replicated.replica)


GONE: dict[str, Any] = {
    "samples": 5,
    "over": SOON,
    "too_late": LATE,
    "pause": "not paused",
    "silent": timedelta(0),
    "behind_first": 9,
    "behind": 9,
    "received": 0,
    "replayed": 0,
    "held": 0,
    "waits_for": "",
    "lags": None,
    "last_replayed": None,
    "tolerates": None,
}


def test_a_replica_that_has_replayed_no_commit_yet_is_late_by_an_unknown_time() -> None:
    seen = Replay.model_validate(GONE)
    with pytest.raises(LookupError, match="not replayed any commit"):
        _ = seen.lag
    assert "an unknown time late" in str(seen)
    assert "replication lag" not in seen.figures()


@pytest.mark.parametrize(
    ("first", "last", "soon"), [(100, 50, True), (100, 99, False), (50, 100, False), (0, 0, False), (50, 0, True)]
)
def test_what_waits_is_caught_up_with_at_the_pace_of_the_moment(first: int, last: int, soon: bool) -> None:
    seen = Replay.model_validate({**GONE, "behind_first": first, "behind": last})
    assert seen.catches_up(timedelta(seconds=1)) is soon


def test_a_primary_that_was_not_heard_for_a_minute_is_lost() -> None:
    assert Replay.model_validate({**GONE, "silent": timedelta(seconds=60)}).receives
    assert not Replay.model_validate({**GONE, "silent": timedelta(seconds=61)}).receives


def test_a_replica_that_is_away_is_unknown(replicated: Replicated) -> None:
    away: Postgres = replicated.replica.model_copy(update={"port": 1})
    with pytest.raises(Exception, match="cannot be reached"):
        read_replay(away, over=SOON, too_late=LATE)
