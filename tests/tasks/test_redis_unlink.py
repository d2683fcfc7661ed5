"""Unlinking a prefix on a real server: only what comes again, in small steps, and only so many as were counted."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from blocks.notifier import Notifier
from blocks.redis_errors import Refused
from blocks.redis_parts import DeadLetters, Regenerating
from journal.facts.words import Answer
from journal.redaction import redact
from runbook import Drifted, NotNeeded, NotSafe, Permanent, Warrant
from tasks.redis.unlink import UnlinkPrefix
from tasks.redis.walk import STEP, Pace, Walk
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.valkey import DEAD, LIMITS, MB, ODD, QUEUE, Valkey, nobody
from tests.typing.till import Till


@pytest.fixture
def env(valkey: Valkey) -> Till:
    """What `guarded` judges guardrails in."""
    return Till(notifier=Notifier(), redis=valkey.block())


@pytest.fixture
def unlink(valkey: Valkey) -> UnlinkPrefix:
    """The change, with our users as granted for it; beside the counters stand a session and dead letters."""
    valkey.grant(UnlinkPrefix.reads, UnlinkPrefix.permissions)
    valkey.admin.set("session:1", "x")
    valkey.admin.rpush(DEAD, "x")
    return UnlinkPrefix(redis=valkey.block(), prefix=LIMITS)


def count(valkey: Valkey, many: int, prefix: str = LIMITS) -> None:
    for first in range(0, many, 1000):
        valkey.admin.mset({f"{prefix}{number}": "1" for number in range(first, min(first + 1000, many))})


@pytest.mark.case(UnlinkPrefix, NEEDED, NOT_NEEDED, GUARDRAIL)
def test_counters_are_unlinked_and_nothing_beside_them(valkey: Valkey, unlink: UnlinkPrefix, guarded: Guarded) -> None:
    assert isinstance(unlink.plan(), NotNeeded)
    count(valkey, 1200)
    plan = planned(unlink)
    guarded(plan)
    (target,) = plan.targets
    assert (target.keys, plan.out_of) == (1200, 2)
    assert unlink.landed(plan)[0] is Answer.NO
    outcome = unlink.apply(plan, WARRANT)
    assert outcome.note == "Unlinked 1200 of the 1200 keys that were counted."
    assert sorted(valkey.admin.keys()) == [b"session:1", DEAD.encode()]
    assert unlink.landed(plan)[0] is Answer.YES
    assert redact(plan.model_dump(mode="json")) == plan.model_dump(mode="json")


def test_nothing_is_unlinked_in_large_steps(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    count(valkey, 6000)
    plan = planned(unlink)
    valkey.owner("CONFIG", "RESETSTAT")
    unlink.apply(plan, WARRANT)
    stats = valkey.admin.info("commandstats")
    assert stats["cmdstat_unlink"]["calls"] >= 6000 / STEP
    assert stats["cmdstat_scan"]["calls"] >= 6000 / STEP
    assert not {"cmdstat_keys", "cmdstat_del", "cmdstat_eval", "cmdstat_flushdb"} & set(stats)


def test_a_slow_step_is_followed_by_a_smaller_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [0.0], list[float]()
    monkeypatch.setattr("journal.clock.monotonic", lambda: now[0])
    monkeypatch.setattr("journal.clock.sleep", slept.append)
    sizes: list[int] = []
    for step in Pace().steps([b"x"] * 2000):
        sizes.append(len(step))
        now[0] += 0.03 if len(sizes) < 3 else 0.0
    assert sizes[:5] == [500, 250, 125, 250, 500]
    assert sum(sizes) == 2000
    assert slept[:2] == pytest.approx([0.03, 0.03]), "as long as the step took, others have the server for themselves"


def test_glob_characters_of_a_prefix_mean_themselves(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    count(valkey, 10, ODD)
    valkey.admin.mset({"oddly:1": "x", "oddx1:2": "x", "odd*x1:3": "x"})
    odd = replace(unlink, prefix=ODD)
    plan = planned(odd)
    assert plan.targets[0].keys == 10
    odd.apply(plan, WARRANT)
    assert {b"oddly:1", b"oddx1:2", b"odd*x1:3"} < set(valkey.admin.keys())
    assert not [name for name in valkey.admin.scan_iter() if name.startswith(ODD.encode())]


def test_keys_whose_names_are_no_text_are_unlinked_too(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    valkey.admin.set(LIMITS.encode() + b"\xff\x00\n", "x")
    assert unlink.apply(planned(unlink), WARRANT).ok
    assert len(valkey.admin.keys()) == 2


def test_a_key_of_any_size_is_unlinked_at_once(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    valkey.admin.set(f"{LIMITS}large", "x" * 20 * MB)
    plan = planned(unlink)
    assert "about 2" in plan.targets[0].before
    assert unlink.apply(plan, WARRANT).ok


def test_another_database_is_not_touched(valkey: Valkey) -> None:
    valkey.admin.mset({f"{LIMITS}{number}": "1" for number in range(5)})
    third = valkey.block(db=3)
    valkey.grant(UnlinkPrefix.reads, UnlinkPrefix.permissions, third)
    change = UnlinkPrefix(redis=third, prefix=LIMITS)
    assert isinstance(change.plan(), NotNeeded)
    assert change.about != UnlinkPrefix(redis=valkey.block(), prefix=LIMITS).about
    assert len(valkey.admin.keys()) == 5


def test_no_more_are_unlinked_than_were_counted(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    count(valkey, 300)
    plan = planned(unlink)
    count(valkey, 900)
    unlink.apply(plan, WARRANT)
    assert len(valkey.admin.keys(f"{LIMITS}*")) == 600


def test_what_is_beyond_the_bound_is_left_and_said(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    count(valkey, 900)
    few = Regenerating(prefix=LIMITS, owner="the till's team", at_most=100, loses="limits start anew")
    plan = planned(replace(unlink, redis=valkey.block(prefixes=[few])))
    assert plan.targets[0].keys == 100
    assert "there may be more, which are left" in plan.summary
    assert plan.warnings[0] == "What is lost: limits start anew."


@pytest.mark.parametrize("prefix", ["session:", "limits", "*", ""])
def test_what_the_block_does_not_name_is_not_even_asked_for(unlink: UnlinkPrefix, prefix: str) -> None:
    with pytest.raises(NotSafe, match="among the prefixes that come again"):
        replace(unlink, prefix=prefix).plan()


def test_dead_letters_are_never_among_what_comes_again(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    wide = valkey.block(
        prefixes=[Regenerating(prefix="till:", owner="x")], dead_letters=[DeadLetters(key=DEAD, queue=QUEUE, owner="x")]
    )
    with pytest.raises(NotSafe, match=f"would reach {DEAD}, {QUEUE}, which must not be lost"):
        replace(unlink, redis=wide, prefix="till:").plan()


@pytest.mark.parametrize("prefix", ["a b", "a\nb", "ä:", "(x", "x"])
def test_a_prefix_that_no_line_of_the_acl_can_say_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        Regenerating(prefix=prefix, owner="x")


@pytest.mark.case(UnlinkPrefix, DRIFTED)
def test_counters_that_are_gone_meanwhile_are_drift(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    count(valkey, 10)
    plan = planned(unlink)
    valkey.admin.delete(*valkey.admin.keys(f"{LIMITS}*"))
    with pytest.raises(Drifted, match="nothing was unlinked"):
        unlink.apply(plan, WARRANT)


@pytest.mark.case(UnlinkPrefix, UNKNOWN)
def test_since_counters_come_again_half_of_them_tell_nothing(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    count(valkey, 1000)
    plan = planned(unlink)
    unlink.apply(plan, WARRANT)
    count(valkey, 500)
    answer, said = unlink.landed(plan)
    assert answer is Answer.UNKNOWN
    assert "nobody can tell" in said
    with pytest.raises(Refused, match="grant what it lacks"):
        replace(unlink, redis=nobody(valkey)).landed(plan)


def test_an_act_that_was_ended_half_way_is_told_and_may_go_on(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    count(valkey, 1000)
    plan = planned(unlink)
    half = plan.model_copy(update={"targets": (plan.targets[0].model_copy(update={"keys": 40}),)})
    unlink.apply(half, WARRANT)
    assert unlink.landed(plan)[0] is Answer.NO
    assert unlink.apply(plan, WARRANT).ok
    assert unlink.landed(plan)[0] is Answer.YES


def test_of_two_that_follow_one_plan_at_once_each_key_is_unlinked_by_one(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    count(valkey, 4000)
    plan = planned(unlink)
    notes: list[str] = []

    def follow() -> None:
        try:
            notes.append(unlink.apply(plan, WARRANT).note)
        except Drifted:
            notes.append("Unlinked 0 ")

    both = [threading.Thread(target=follow) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sum(int(note.split()[1]) for note in notes) == 4000
    assert sorted(valkey.admin.keys()) == [b"session:1", DEAD.encode()]


def test_a_replica_is_refused_before_and_while_it_acts(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    count(valkey, 10)
    plan = planned(unlink)
    valkey.owner("REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(NotSafe, match="is a replica and takes no writes"):
        unlink.plan()
    with pytest.raises(Refused, match=r"takes no writes \(READONLY\)"):
        unlink.apply(plan, WARRANT)
    valkey.owner("REPLICAOF", "NO", "ONE")
    assert len(valkey.admin.keys(f"{LIMITS}*")) == 10


def test_neither_identity_reaches_beyond_what_it_was_granted(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    valkey.admin.set(f"{LIMITS}1", "x")
    with unlink.redis.reading() as client, pytest.raises(Exception, match="no permissions to run the 'unlink' command"):
        client.unlink(f"{LIMITS}1")
    with unlink.redis.changing(WARRANT) as client:
        for name in ("session:1", DEAD):
            with pytest.raises(Exception, match="No permissions to access a key"):
                client.unlink(name)
        for words in (
            ("EVAL", "return 1", 0),
            ("KEYS", "*"),
            ("FLUSHALL",),
            ("DEL", f"{LIMITS}1"),
            ("GET", "session:1"),
        ):
            with pytest.raises(Exception, match="no permissions to run"):
                client.execute_command(*words)


@pytest.mark.parametrize("warrant", [None, "INC-1"])
def test_without_a_warrant_nothing_is_unlinked(valkey: Valkey, unlink: UnlinkPrefix, warrant: Any) -> None:
    count(valkey, 3)
    with pytest.raises(Permanent, match="without a warrant"):
        unlink.apply(planned(unlink), warrant)
    assert isinstance(WARRANT, Warrant)


def test_a_walk_tells_each_key_once_and_whether_it_saw_all(valkey: Valkey, unlink: UnlinkPrefix) -> None:
    count(valkey, 3000)
    with unlink.redis.reading() as client:
        walk = Walk(client, prefix=LIMITS, at_most=5000, within=unlink.within)
        names = [name for some in walk for name in some]
        assert len(names) == len(set(names)) == 3000
        assert walk.complete
        short = Walk(client, at_most=700, within=unlink.within)
        assert sum(len(some) for some in short) == 700
        assert not short.complete
