"""Setting a server's memory for a while: within its owner's bounds, put back, and never what somebody else decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from blocks.notifier import Notifier
from blocks.redis_errors import Refused
from blocks.redis_parts import MemoryBounds
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, NotSafe
from tasks.redis.setting import SetMaxmemory, SetPolicy
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.valkey import DEAD, MB, USUAL, Valkey, nobody
from tests.typing.till import Till

HOUR = timedelta(hours=1)
BEFORE = int(USUAL["maxmemory"])
Either = SetMaxmemory | SetPolicy


@pytest.fixture
def env(valkey: Valkey) -> Till:
    """What `guarded` judges guardrails in."""
    return Till(notifier=Notifier(), redis=valkey.block())


def change_of(kind: type[Either], valkey: Valkey) -> Either:
    """One of the two changes, with our users as granted for it."""
    valkey.grant(kind.reads, kind.permissions)
    if kind is SetMaxmemory:
        return SetMaxmemory(redis=valkey.block(), to=128 * MB, expires_after=HOUR)
    return SetPolicy(redis=valkey.block(), to="volatile-lru", expires_after=HOUR)


def held(valkey: Valkey, change: Either) -> str:
    return str(valkey.admin.info("memory")[change.setting])


def decided(valkey: Valkey, change: Either) -> str:
    """Somebody sets it to something else meanwhile."""
    other = str(99 * MB) if isinstance(change, SetMaxmemory) else "allkeys-random"
    valkey.owner("CONFIG", "SET", change.setting.replace("_", "-"), other)
    return other


def both(*cases: str) -> pytest.MarkDecorator:
    """Each of the two, marked with what the test shows of it."""
    kinds = [pytest.param(kind, marks=pytest.mark.case(kind, *cases)) for kind in (SetMaxmemory, SetPolicy)]
    return pytest.mark.parametrize("kind", kinds)


@both(NEEDED, UNDO, GUARDRAIL)
def test_it_is_set_for_a_while_and_put_back(valkey: Valkey, kind: type[Either], guarded: Guarded) -> None:
    change = change_of(kind, valkey)
    before = held(valkey, change)
    plan = planned(change)
    guarded(plan)
    assert plan.targets[0].after.endswith("for 1 h")
    assert any("ends nothing by itself" in one for one in plan.warnings)
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert held(valkey, change) == change.wanted != before
    assert change.landed(plan)[0] is Answer.YES
    assert change.undone(plan)[0] is Answer.NO
    assert change.undo(plan, WARRANT).ok
    assert held(valkey, change) == before
    assert change.undone(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).ok, "it is safe to undo what is undone"


@both(NOT_NEEDED)
def test_what_is_so_already_needs_nothing(valkey: Valkey, kind: type[Either]) -> None:
    change = change_of(kind, valkey)
    change.apply(planned(change), WARRANT)
    assert isinstance(change.plan(), NotNeeded)


@both(DRIFTED)
def test_what_was_changed_since_the_approval_is_left_alone(valkey: Valkey, kind: type[Either]) -> None:
    change = change_of(kind, valkey)
    plan = planned(change)
    other = decided(valkey, change)
    with pytest.raises(Drifted, match="nothing was set"):
        change.apply(plan, WARRANT)
    assert held(valkey, change) == other


@both(UNKNOWN)
def test_what_became_of_it_cannot_be_told_when_others_followed_or_nobody_may_look(
    valkey: Valkey, kind: type[Either]
) -> None:
    change = change_of(kind, valkey)
    plan = planned(change)
    decided(valkey, change)
    assert change.landed(plan)[0] is Answer.UNKNOWN
    assert change.undone(plan)[0] is Answer.UNKNOWN
    with pytest.raises(Refused, match="grant what it lacks"):
        replace(change, redis=nobody(valkey)).landed(plan)


@both(NEEDED)
def test_putting_back_overwrites_nobody(valkey: Valkey, kind: type[Either]) -> None:
    change = change_of(kind, valkey)
    plan = planned(change)
    assert change.apply(plan, WARRANT).ok
    other = decided(valkey, change)
    outcome = change.undo(plan, WARRANT)
    assert not outcome.ok
    assert "which somebody else decided" in outcome.note
    assert held(valkey, change) == other


@pytest.mark.parametrize("kind", [SetMaxmemory, SetPolicy])
def test_a_replica_and_a_server_without_bounds_are_refused(valkey: Valkey, kind: type[Either]) -> None:
    change = change_of(kind, valkey)
    with pytest.raises(NotSafe, match="does not say how this server's memory may be set"):
        replace(change, redis=valkey.block(memory=None)).plan()
    valkey.owner("REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(NotSafe, match="is a replica"):
        change.plan()


@pytest.mark.parametrize("kind", [SetMaxmemory, SetPolicy])
def test_the_reading_identity_sets_nothing(valkey: Valkey, kind: type[Either]) -> None:
    change = change_of(kind, valkey)
    with change.redis.reading() as client, pytest.raises(Exception, match="no permissions to run"):
        client.execute_command("CONFIG", "SET", "maxmemory", 1)


@pytest.mark.parametrize(
    ("to", "why"),
    [
        (257 * MB, "may be 8388608 to 268435456"),
        (7 * MB, "may be 8388608 to 268435456"),
        (10 * MB, "bytes are in use, so a maxmemory of 10485760 would refuse or evict at once"),
    ],
)
def test_a_limit_out_of_bounds_or_below_what_is_used_is_refused(valkey: Valkey, to: int, why: str) -> None:
    change = change_of(SetMaxmemory, valkey)
    valkey.admin.set("large", "x" * 12 * MB)
    assert isinstance(change, SetMaxmemory)
    with pytest.raises(NotSafe, match=why):
        replace(change, to=to).plan()
    assert held(valkey, change) == str(BEFORE)


def test_more_than_the_machine_has_is_refused(valkey: Valkey) -> None:
    wide = MemoryBounds(owner="x", least=MB, most=2**60)
    change = replace(change_of(SetMaxmemory, valkey), redis=valkey.block(memory=wide))
    assert isinstance(change, SetMaxmemory)
    machine = int(valkey.admin.info("memory")["total_system_memory"])
    with pytest.raises(NotSafe, match=f"The machine has {machine} bytes"):
        replace(change, to=machine).plan()


def test_where_there_is_no_limit_any_limit_would_be_a_tighter_one(valkey: Valkey) -> None:
    valkey.owner("CONFIG", "SET", "maxmemory", 0)
    with pytest.raises(NotSafe, match="There is no maxmemory now"):
        change_of(SetMaxmemory, valkey).plan()
    with pytest.raises(NotSafe, match="nothing is ever evicted"):
        change_of(SetPolicy, valkey).plan()


def test_it_is_not_put_back_below_what_is_used_by_then(valkey: Valkey) -> None:
    change = change_of(SetMaxmemory, valkey)
    plan = planned(change)
    change.apply(plan, WARRANT)
    for number in range(7):
        valkey.admin.set(f"large:{number}", "x" * 10 * MB)
    outcome = change.undo(plan, WARRANT)
    assert not outcome.ok
    assert "would refuse or evict at once. Free memory first" in outcome.note
    valkey.owner("FLUSHALL")
    assert change.undo(plan, WARRANT).ok
    assert held(valkey, change) == str(BEFORE)


@pytest.mark.parametrize(
    ("to", "expires", "why"),
    [
        ("allkeys-lru", False, f"allkeys-lru may evict {DEAD}, which must not be lost"),
        ("volatile-lru", True, f"{DEAD} expires, so volatile-lru may evict it"),
        ("allkeys-random", False, "may be volatile-lru, allkeys-lru by what the environment says"),
    ],
)
def test_a_policy_that_may_evict_dead_letters_is_refused(valkey: Valkey, to: Any, expires: bool, why: str) -> None:
    change = change_of(SetPolicy, valkey)
    assert isinstance(change, SetPolicy)
    valkey.admin.rpush(DEAD, "x")
    if expires:
        valkey.admin.expire(DEAD, 600)
    with pytest.raises(NotSafe, match=why):
        replace(change, to=to).plan()


def test_a_server_that_does_not_offer_a_command_says_so(valkey: Valkey) -> None:
    """Those of providers often know no CONFIG."""
    other = valkey.block(reader="app", reader_password="works")
    with pytest.raises(Refused, match="its provider may do it by an API"), other.reading() as client:
        client.execute_command("CONFIGURE", "SET", "maxmemory", 1)
