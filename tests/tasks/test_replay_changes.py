"""The replay of a real replica is resumed and paused again; and only who holds it there is cancelled or ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, Permanent
from tasks.postgres.replay import EndHolders, ResumeReplay
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.replicas import Replicated
from tests.tasks.replicas import replicated as replicated  # noqa: PLC0414 # a fixture
from tests.tasks.replicas import replicated_servers as replicated_servers  # noqa: PLC0414 # a fixture
from tests.tasks.test_replication import held, replay, reports, snapshot


def resume(servers: Replicated) -> ResumeReplay:
    return ResumeReplay(replica=servers.replica)


@pytest.mark.case(ResumeReplay, NEEDED, GUARDRAIL, UNKNOWN, UNDO)
def test_a_paused_replay_goes_on_and_is_paused_again(replicated: Replicated, guarded: Guarded) -> None:
    replicated.standby.pause()
    replicated.write()
    change = resume(replicated)
    plan = planned(change)
    guarded(plan)
    away = ResumeReplay(replica=replicated.replica.model_copy(update={"dbname": "gone"}))
    with pytest.raises(Permanent, match="no database gone"):
        away.landed(plan)
    assert "does not tell who paused it" in plan.warnings[0]
    assert change.landed(plan)[0] is Answer.NO
    assert change.undone(plan)[0] is Answer.YES
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    replicated.standby.catch_up()
    assert not replay(replicated).paused
    assert change.undone(plan)[0] is Answer.NO
    assert change.undo(plan, WARRANT).results[0].done
    assert change.undone(plan)[0] is Answer.YES
    assert replay(replicated).paused
    assert not change.undo(plan, WARRANT).results[0].done, "harmless when it is paused already"


@pytest.mark.case(ResumeReplay, NOT_NEEDED)
def test_what_is_not_paused_need_not_be_resumed(replicated: Replicated) -> None:
    assert isinstance(resume(replicated).plan(), NotNeeded)


@pytest.mark.case(ResumeReplay, DRIFTED)
def test_another_pause_than_was_approved_is_left_alone(replicated: Replicated) -> None:
    replicated.standby.pause()
    plan = planned(resume(replicated))
    replicated.standby.resume()
    with pytest.raises(Drifted):
        resume(replicated).apply(plan, WARRANT)
    replicated.write()
    replicated.standby.catch_up()
    replicated.standby.pause()
    with pytest.raises(Drifted):
        resume(replicated).apply(plan, WARRANT)
    assert replay(replicated).paused
    assert resume(replicated).landed(plan)[0] is Answer.YES, "the pause that was approved is over"


def test_a_primary_has_no_replay_to_resume(replicated: Replicated) -> None:
    with pytest.raises(Permanent, match="is no replica"):
        ResumeReplay(replica=replicated.replica.model_copy(update={"port": replicated.database.port})).plan()


def let_go(servers: Replicated, **more: Any) -> EndHolders:
    return EndHolders(database=servers.replica, whose=reports(servers, **more), grace=timedelta(milliseconds=500))


@pytest.mark.case(EndHolders, NEEDED, GUARDRAIL, UNKNOWN)
def test_a_query_that_holds_replay_is_cancelled_and_its_session_stays(replicated: Replicated, guarded: Guarded) -> None:
    with replicated.report() as report, replicated.report() as innocent:
        innocent.execute("SELECT 1")
        replicated.standby.never_ends_queries()
        report.execute("SELECT count(*) FROM marks")
        report.pgconn.send_query(b"SELECT pg_sleep(60)")
        replicated.execute("ALTER TABLE marks ADD COLUMN IF NOT EXISTS other int")
        held(replicated)
        change = let_go(replicated)
        plan = planned(change)
        guarded(plan)
        with pytest.raises(Permanent, match="grant it pg_read_all_stats"):
            let_go(replicated.blind).landed(plan)
        assert [one.pid for one in plan.targets] == [report.info.backend_pid]
        assert change.landed(plan)[0] is Answer.NO
        assert "0 had to be ended" in change.apply(plan, WARRANT).note
        assert change.landed(plan)[0] is Answer.YES
        replicated.standby.catch_up()
        result = report.pgconn.get_result()
        assert result is not None
        assert b"canceling statement due to user request" in result.error_message


def test_a_session_that_holds_replay_and_does_nothing_is_ended(replicated: Replicated) -> None:
    with replicated.report() as report:
        snapshot(replicated, report)
        plan = planned(let_go(replicated))
        assert "1 had to be ended" in let_go(replicated).apply(plan, WARRANT).note
        replicated.standby.catch_up()
        with pytest.raises(psycopg.OperationalError):
            report.execute("SELECT 1")


@pytest.mark.case(EndHolders, DRIFTED)
def test_whoever_has_let_go_is_left_alone(replicated: Replicated) -> None:
    with replicated.report() as report:
        snapshot(replicated, report)
        plan = planned(let_go(replicated))
        report.rollback()
        replicated.standby.catch_up()
        with pytest.raises(Drifted):
            let_go(replicated).apply(plan, WARRANT)
        report.execute("SELECT 1")


@pytest.mark.case(EndHolders, NOT_NEEDED)
def test_a_session_that_is_in_nobodys_way_is_none_to_end(replicated: Replicated) -> None:
    with replicated.report() as report:
        report.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        report.execute("SELECT count(*) FROM marks")
        assert isinstance(let_go(replicated).plan(), NotNeeded)
        assert isinstance(let_go(replicated, holding_for=timedelta(hours=1)).plan(), NotNeeded)
