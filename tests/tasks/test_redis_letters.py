"""Processing dead letters again with a real queue and a real consumer: a few first, and none twice."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from blocks.notifier import Notifier
from blocks.redis_errors import Refused
from blocks.redis_parts import DeadLetters
from journal.facts.words import Answer
from journal.redaction import redact
from runbook import Drifted, NotNeeded, NotSafe, Permanent
from sandbox.rehearsal import wait
from tasks.redis.moves import Moves
from tasks.redis.reprocess import BATCH, CANARY, ReprocessLetters
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.valkey import DEAD, MB, QUEUE, Valkey, entered, nobody
from tests.typing.till import Till

PHONE = "+49 151 23456789"
MOMENT = timedelta(milliseconds=100)


@dataclass(kw_only=True)
class Application:
    """Takes work from the queue, and lays what fails among the dead letters, byte by byte as it was.

    It is told of before it leaves the queue, and moved in one step: whoever sees that the queue is empty sees all.
    """

    processed: Counter[str] = field(default_factory=Counter[str])
    failed: Counter[str] = field(default_factory=Counter[str])


@contextmanager
def working(
    valkey: Valkey, fails: Callable[[str], bool] = lambda _: False, *, begins_at: int = 1
) -> Generator[Application]:
    """It begins once so many items wait."""
    application, ended = Application(), threading.Event()

    def work() -> None:
        with entered(valkey.port, "app", "application") as client:
            while client.llen(QUEUE) < begins_at and not ended.wait(0.001):
                pass
            while not ended.wait(0.001):
                while (taken := client.lindex(QUEUE, -1)) is not None:
                    name = str(json.loads(taken)["id"])
                    if fails(name):
                        application.failed[name] += 1
                        client.lmove(QUEUE, DEAD, "RIGHT", "RIGHT")
                    else:
                        application.processed[name] += 1
                        client.rpop(QUEUE)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield application
    finally:
        ended.set()
        thread.join()


def letter(number: int, **more: Any) -> str:
    return json.dumps(
        {"id": f"e{number}", "type": "crm.sync", "failed_at": 1_700_000_000 + number, "to": PHONE, **more}
    )


def names(first: int, last: int) -> set[str]:
    return {f"e{number}" for number in range(first, last)}


@pytest.fixture
def env(valkey: Valkey) -> Till:
    """What `guarded` judges guardrails in."""
    return Till(notifier=Notifier(), redis=valkey.block())


@pytest.fixture
def again(valkey: Valkey) -> ReprocessLetters:
    """The change, with our users as granted for it; a consumer answers within a moment."""
    valkey.grant(ReprocessLetters.reads, ReprocessLetters.permissions)
    return ReprocessLetters(redis=valkey.block(), key=DEAD, settles=MOMENT, within=timedelta(seconds=30))


def left(valkey: Valkey) -> set[str]:
    found: Any = valkey.admin.lrange(DEAD, 0, -1)
    return {json.loads(one)["id"] for one in found}


@pytest.mark.case(ReprocessLetters, NEEDED, NOT_NEEDED, GUARDRAIL)
def test_they_are_processed_the_oldest_first_each_once(
    valkey: Valkey, again: ReprocessLetters, guarded: Guarded
) -> None:
    assert isinstance(again.plan(), NotNeeded)
    valkey.admin.lpush(DEAD, *(letter(number) for number in range(120)))
    plan = planned(again)
    guarded(plan)
    assert "failed" in plan.targets[0].before
    assert (len(plan.targets), plan.out_of) == (120, 120)
    assert PHONE not in repr(plan)
    assert redact(plan.model_dump(mode="json")) == plan.model_dump(mode="json")
    assert again.landed(plan)[0] is Answer.NO
    with working(valkey) as application:
        outcome = again.apply(plan, WARRANT)
        assert outcome.ok, outcome.note
        assert application.processed == Counter(dict.fromkeys(names(0, 120), 1))
    assert all(one.done for one in outcome.results)
    assert left(valkey) == set()
    assert again.landed(plan)[0] is Answer.YES


def test_at_most_so_many_as_their_owner_allows_and_the_oldest_of_them(valkey: Valkey, again: ReprocessLetters) -> None:
    few = DeadLetters(key=DEAD, queue=QUEUE, owner="x", at_most=10)
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(50, 0, -1)))
    with working(valkey) as application:
        change = replace(again, redis=valkey.block(dead_letters=[few]))
        change.apply(planned(change), WARRANT)
        assert set(application.processed) == names(1, 11)


def test_a_canary_that_fails_stops_it_at_once(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(100)))
    plan = planned(again)
    with working(valkey, fails=lambda _: True) as application:
        outcome = again.apply(plan, WARRANT)
        assert not outcome.ok
        assert outcome.note == "Moved 5 of 100 approved items; 5 failed again. Stopped: 5 of the last 5 failed again."
        assert application.failed == Counter(dict.fromkeys(names(0, CANARY), 1))
    assert left(valkey) == names(0, 100), "nothing is lost"
    assert {one.note for one in outcome.results} == {"failed again", "left alone: it was stopped"}


def test_it_stops_as_soon_as_more_than_a_tenth_of_a_batch_fails(valkey: Valkey, again: ReprocessLetters) -> None:
    """Of 500, those from the 200th on fail: the batch in which they are too many is the last."""
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(500)))
    plan = planned(again)
    with working(valkey, fails=lambda name: int(name[1:]) >= 200) as application:
        outcome = again.apply(plan, WARRANT)
        assert not outcome.ok
        last = CANARY + 4 * BATCH
        assert set(application.processed) == names(0, 200)
        assert set(application.failed) <= names(200, last + BATCH)
        assert max(application.processed.values()) == max(application.failed.values()) == 1
    assert left(valkey) == names(200, 500)


def test_a_few_that_fail_are_told_and_the_others_go_on(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(105)))
    plan = planned(again)
    with working(valkey, fails=lambda name: name in {"e10", "e20", "e60"}) as application:
        outcome = again.apply(plan, WARRANT)
        assert outcome.ok
        assert outcome.note == "Moved 105 of 105 approved items; 3 failed again."
        assert sum(application.processed.values()) == 102
    assert sum(one.note == "failed again" for one in outcome.results) == 3
    assert any("3 items had been moved before and came back" in one for one in planned(again).warnings)


def test_when_nobody_takes_work_it_stops_after_the_canary(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(20)))
    outcome = replace(again, within=MOMENT).apply(planned(again), WARRANT)
    assert not outcome.ok
    assert f"5 of 5 wait in {QUEUE} still: nobody takes them" in outcome.note
    assert (valkey.admin.llen(QUEUE), valkey.admin.llen(DEAD)) == (CANARY, 15)


def test_items_without_an_id_are_left_and_counted(valkey: Valkey, again: ReprocessLetters) -> None:
    odd = ['{"type": "x"}', "no json", "[1]", b"\xff\xfe", '{"id": null}', '{"id": {"a": 1}}', '{"id": 7, "x": 1}']
    valkey.admin.rpush(DEAD, *odd, letter(1), letter(1, attempt=2))
    plan = planned(again)
    assert len(plan.targets) == 2, "the number 7, and one of the two with the same id"
    assert "6 items without an id (id) or readable form are left." in plan.warnings
    assert "1 item with an id that lies there twice are left." in plan.warnings
    with working(valkey):
        assert again.apply(plan, WARRANT).ok
    assert valkey.admin.llen(DEAD) == 7


def test_if_none_has_an_id_its_owner_must_look(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, '{"type": "x"}')
    with pytest.raises(NotSafe, match="has an id"):
        again.plan()


@pytest.mark.case(ReprocessLetters, DRIFTED)
def test_items_that_have_changed_since_the_approval_are_left_alone(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, letter(1), letter(2))
    plan = planned(again)
    valkey.admin.delete(DEAD)
    valkey.admin.rpush(DEAD, letter(1, attempt=2))
    with pytest.raises(Drifted, match="nothing was moved"):
        again.apply(plan, WARRANT)
    assert valkey.admin.llen(QUEUE) == 0


@pytest.mark.case(ReprocessLetters, UNKNOWN)
def test_what_somebody_else_took_away_nobody_has_counted(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, letter(1))
    plan = planned(again)
    valkey.admin.delete(DEAD)
    assert again.landed(plan)[0] is Answer.UNKNOWN
    with pytest.raises(Refused, match="grant what it lacks"):
        replace(again, redis=nobody(valkey)).landed(plan)


def applying(change: ReprocessLetters, plan: Any) -> int:
    """Carry it out in a process of its own; its id."""
    pid = os.fork()
    if pid == 0:
        try:
            change.apply(plan, WARRANT)
        finally:
            os._exit(0)
    return pid


@pytest.mark.parametrize(("total", "moved"), [(120, 1), (120, 30), (120, 80), (500, 260)])
def test_nothing_is_processed_twice_after_a_kill(
    valkey: Valkey, again: ReprocessLetters, total: int, moved: int
) -> None:
    """Killed between intent and outcome: what was moved is known, and it goes on with the others."""
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(total)))
    plan = planned(again)
    pid = applying(replace(again, settles=timedelta(milliseconds=300)), plan)
    with working(valkey) as application:
        wait(lambda: valkey.admin.llen(DEAD) <= total - moved or None, within=60, every=0.001, what="some to be moved")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        answer, said = again.landed(plan)
        assert answer is (Answer.NO if valkey.admin.llen(DEAD) else Answer.YES), said
        outcome = again.apply(plan, WARRANT)
        assert outcome.ok, outcome.note
        assert application.processed == Counter(dict.fromkeys(names(0, total), 1))
    assert again.landed(plan)[0] is Answer.YES


def test_who_failed_before_the_kill_is_not_moved_again_although_it_looks_the_same(
    valkey: Valkey, again: ReprocessLetters
) -> None:
    """It came back byte by byte as it was approved; only the count tells."""
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(20)))
    plan = planned(again)
    pid = applying(replace(again, settles=timedelta(seconds=60)), plan)
    with working(valkey, fails=lambda _: True) as application:
        wait(lambda: sum(application.failed.values()) == CANARY or None, within=60, what="the canary to fail")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert left(valkey) == names(0, 20)
        assert again.landed(plan)[0] is Answer.NO
        outcome = again.apply(plan, WARRANT)
        assert not outcome.ok
        assert application.failed == Counter(dict.fromkeys(names(0, CANARY), 1)), "and no other was tried"
    later = planned(again)
    assert [one.moved for one in later.targets] == [1] * CANARY + [0] * 15
    with working(valkey) as application:
        assert again.apply(later, WARRANT).ok, "approved anew, they are moved again"
        assert set(application.processed) == names(0, 20)


def test_whoever_lets_all_fail_moves_each_once_all_the_same(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(20)))
    patient = replace(again, at_most_failing=1.0)
    plan = planned(patient)
    pid = applying(replace(patient, settles=timedelta(seconds=60)), plan)
    with working(valkey, fails=lambda _: True) as application:
        wait(lambda: sum(application.failed.values()) == CANARY or None, within=60, what="the canary to fail")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert patient.apply(plan, WARRANT).note == "Moved 20 of 20 approved items; 20 failed again."
        assert application.failed == Counter(dict.fromkeys(names(0, 20), 1))


def test_a_few_go_first_again_after_a_kill_while_the_first_wait_still(valkey: Valkey, again: ReprocessLetters) -> None:
    """Killed with five in the queue, of which nobody knows yet what becomes of them."""
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(60)))
    plan = planned(again)
    pid = applying(again, plan)
    wait(lambda: valkey.admin.llen(QUEUE) == CANARY or None, within=60, what="the canary to be moved")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with working(valkey, fails=lambda _: True, begins_at=CANARY + 1) as application:
        outcome = again.apply(plan, WARRANT)
        assert not outcome.ok
        assert outcome.note.startswith("Moved 10 of 60 approved items; 10 failed again.")
        assert application.failed == Counter(dict.fromkeys(names(0, 2 * CANARY), 1))
    assert left(valkey) == names(0, 60)


def test_of_two_that_follow_one_plan_each_item_is_moved_by_one(valkey: Valkey, again: ReprocessLetters) -> None:
    """The second has read the list before the first acts: only the count keeps it from moving what came back."""
    valkey.admin.rpush(DEAD, letter(1))
    (target,) = planned(again).targets
    with again.redis.changing(WARRANT) as client:
        moves = Moves(client=client, letters=again.redis.letters(DEAD))
        body = moves.lying().bodies[target.body]
        assert moves.move(body, target.item, target.moved)
        valkey.owner("LMOVE", QUEUE, DEAD, "RIGHT", "RIGHT")
        assert not moves.move(body, target.item, target.moved)
        assert valkey.admin.llen(QUEUE) == 0
        assert moves.move(body, target.item, target.moved + 1)


def test_a_full_server_lets_them_be_moved_since_that_takes_no_memory(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(10)))
    plan = planned(again)
    valkey.owner("CONFIG", "SET", "maxmemory", MB // 2)
    with pytest.raises(Exception, match="maxmemory"):
        valkey.admin.set("more", "x")
    with working(valkey) as application:
        assert again.apply(plan, WARRANT).ok
        assert set(application.processed) == names(0, 10)


def test_a_queue_of_another_type_loses_nothing(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, letter(1))
    plan = planned(again)
    valkey.admin.set(QUEUE, "no list")
    with pytest.raises(Refused, match="answered with an error"):
        again.apply(plan, WARRANT)
    assert left(valkey) == {"e1"}
    assert again.landed(plan)[0] is Answer.NO


@pytest.mark.parametrize("kind", ["stream", "set", "string"])
def test_dead_letters_of_another_type_since_the_approval_are_left_alone(
    valkey: Valkey, again: ReprocessLetters, kind: str
) -> None:
    valkey.admin.rpush(DEAD, letter(1))
    plan = planned(again)
    valkey.admin.delete(DEAD)
    make: dict[str, Callable[[], Any]] = {
        "stream": lambda: valkey.admin.xadd(DEAD, {"id": "e1"}),
        "set": lambda: valkey.admin.sadd(DEAD, letter(1)),
        "string": lambda: valkey.admin.set(DEAD, letter(1)),
    }
    make[kind]()
    with pytest.raises((NotSafe, Permanent), match=r"is a (stream|set|string)"):
        again.apply(plan, WARRANT)
    assert valkey.admin.exists(DEAD)
    assert not valkey.admin.exists(QUEUE)


def test_where_a_right_is_missing_nothing_is_moved_at_all(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, letter(1))
    plan = planned(again)
    for missing in ("lrem", "rpush", "lpush", "hincrby", "expire"):
        rights = [one for one in ReprocessLetters.permissions if one.split(":")[1] != missing]
        valkey.grant(ReprocessLetters.reads, rights)
        if missing == "rpush":
            continue  # work enters on the left here
        with pytest.raises(Refused):
            again.apply(plan, WARRANT)
        assert left(valkey) == {"e1"}, missing
        assert valkey.admin.llen(QUEUE) == 0, missing


def test_streams_and_lists_without_a_queue_are_left_to_their_owner(valkey: Valkey, again: ReprocessLetters) -> None:
    alone = valkey.block(dead_letters=[DeadLetters(key=DEAD, owner="the till's team")])
    with pytest.raises(Permanent, match="names no queue"):
        replace(again, redis=alone).plan()
    valkey.admin.xadd(DEAD, {"id": "x"})
    with pytest.raises(NotSafe, match="is a stream; have the till's team set its readers back"):
        again.plan()
    with pytest.raises(NotSafe, match="does not name till:other"):
        replace(again, key="till:other").plan()


def test_a_replica_is_refused(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, letter(1))
    plan = planned(again)
    valkey.owner("REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(NotSafe, match="is a replica"):
        again.plan()
    with pytest.raises(Refused, match="READONLY"):
        again.apply(plan, WARRANT)


def test_neither_identity_reaches_beyond_the_list_and_its_queue(valkey: Valkey, again: ReprocessLetters) -> None:
    valkey.admin.rpush(DEAD, letter(1))
    valkey.admin.rpush("other", "x")
    script = "return redis.call('LRANGE', 'other', 0, -1)"
    with again.redis.changing(WARRANT) as client:
        for words in (("LRANGE", "other", 0, -1), ("EVAL", script, 0), ("DEL", DEAD), ("LPUSH", "other", "x")):
            with pytest.raises(Exception, match=r"[Nn]o permissions|Script attempted to access"):
                client.execute_command(*words)
    with again.redis.reading() as client, pytest.raises(Exception, match="no permissions to run the 'lpush' command"):
        client.lpush(QUEUE, "x")
