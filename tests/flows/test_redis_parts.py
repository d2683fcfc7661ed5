"""Shared parts about Redis: each sentence where it holds, where it does not, and where nobody can tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journal.facts.words import Answer
from runbook import Evidence, Facts, Mitigation, Reading, Unreadable
from runbook.change import CHANGES
from runbook.rendering import runbook_as_markdown
from tasks.redis.clients import Clients
from tasks.redis.keys import Prefix, Prefixes
from tasks.redis.letters import Letters
from tasks.redis.read import Memory, Ping
from tests.typing.till import CLIENTS, DEAD, LETTERS, LIMITED, LIMITS, MEMORY, PING, RUNBOOK

NOW, NO_TIME = datetime(2026, 1, 2, tzinfo=UTC), timedelta(0)


def ping(reason: Any = None) -> Ping:
    fast = 0.2 if reason is None else None
    return Ping(reason=reason, said="it does not", usual_ms=fast, slowest_ms=fast)


def memory(
    used: int, limit: int = 100, evicted: int = 0, refused: int | None = 0, policy: str = "noeviction"
) -> Memory:
    return Memory(used=used, limit=limit, policy=policy, evicted=evicted, refused=refused, between=NO_TIME)


def held(limits: int, others: int, lasting: int = 0) -> Prefixes:
    counted = {LIMITS: Prefix(keys=10, sampled=10, taken=limits, lasting=lasting)} if limits else {}
    rest = {"session:": Prefix(keys=10, sampled=10, taken=others, lasting=lasting)} if others else {}
    return Prefixes(prefixes={**counted, **rest}, seen=20, of=20, used=100, elsewhere=0, cluster=False)


def clients(total: int, meant: int = 0) -> Clients:
    return Clients(
        total=total, limit=100, blocked=0, rejected=0, holders={}, of_selection=meant, meant=meant, idle_for=NO_TIME
    )


def letters(length: int, taken: int = 0) -> Letters:
    return Letters(
        form="list", length=length, taken=taken, used=100, read=0, oldest=None, kinds={}, nameless=0, unreadable=0
    )


SENTENCES: list[tuple[Evidence[Any, Any], Facts, Facts]] = [
    (PING.silent, ping("refused"), ping()),
    (PING.answers, ping(), ping("loading")),
    (PING.unreached, ping("name"), ping("password")),
    (PING.password, ping("password"), ping("permission")),
    (PING.full_of_clients, ping("clients"), ping()),
    (PING.unready, ping("loading"), ping("silent")),
    (MEMORY.full, memory(95), memory(94)),
    (MEMORY.room, memory(89), memory(90)),
    (MEMORY.loses, memory(50, evicted=1, refused=None), memory(100)),
    (MEMORY.suffers, memory(95), memory(94)),
    (MEMORY.suffers, memory(50, refused=1), memory(100, policy="allkeys-lru")),
    (MEMORY.suffers, memory(100, evicted=1, policy="allkeys-lru"), memory(94, refused=None)),
    (MEMORY.loses, memory(100, refused=1), memory(50)),
    (LIMITED.holds_most, held(50, 50), held(49, 51)),
    (LIMITED.holds_little, held(9, 91), held(10, 90)),
    (LIMITED.holds_little, held(0, 91), held(10, 0)),
    (LIMITED.never_expires, held(1, 1, lasting=3), held(1, 1, lasting=2)),
    (LIMITED.lasting_hold_much, held(60, 40, lasting=5), held(50, 50, lasting=5)),
    (LIMITED.lasting_hold_little, held(18, 50, lasting=5), held(20, 50, lasting=5)),
    (LIMITED.others_expire, held(0, 50), held(0, 90, lasting=5)),
    (LIMITED.few_others_expire, held(50, 24), held(50, 25)),
    (CLIENTS.full, clients(95), clients(94)),
    (CLIENTS.room, clients(79), clients(80)),
    (CLIENTS.idle, clients(90, 34), clients(90, 33)),
    (CLIENTS.few_idle, clients(90, 9), clients(90, 10)),
    (LETTERS.some, letters(1), letters(0)),
    (LETTERS.none, letters(0), letters(1)),
    (LETTERS.hold_memory, letters(1, 50), letters(1, 49)),
    (LETTERS.hold_little, letters(1, 9), letters(1, 10)),
]

UNKNOWN: list[tuple[Evidence[Any, Any], Facts]] = [
    (MEMORY.full, memory(95, limit=0)),
    (MEMORY.room, memory(1, limit=0)),
    (MEMORY.loses, memory(50, refused=None)),
    (MEMORY.suffers, memory(1, limit=0)),
    (LIMITED.holds_most, held(0, 0)),
    (LIMITED.lasting_hold_much, held(0, 0)),
    (LIMITED.others_expire, held(0, 0)),
    (LIMITED.holds_little, held(0, 0)),
    (LIMITED.never_expires, held(0, 5)),
]


def answer(evidence: Evidence[Any, Any], value: Facts | None) -> Answer:
    name = evidence.probe.name
    if value is None:
        return evidence.find({name: Unreadable(probe=name, at=NOW, took=NO_TIME, why="kept out")}).answer
    seen: Any = Reading(probe=name, at=NOW, took=NO_TIME, value=value)
    return evidence.find({name: seen}).answer


@pytest.mark.parametrize(("evidence", "so", "not_so"), SENTENCES, ids=lambda one: getattr(one, "sentence", ""))
def test_it_holds_or_not_and_nobody_knows_who_could_not_look(
    evidence: Evidence[Any, Any], so: Facts, not_so: Facts
) -> None:
    assert [answer(evidence, one) for one in (so, not_so, None)] == [Answer.YES, Answer.NO, Answer.UNKNOWN]


@pytest.mark.parametrize(("evidence", "value"), UNKNOWN, ids=lambda one: getattr(one, "sentence", ""))
def test_where_nothing_can_be_judged_the_answer_is_unknown(evidence: Evidence[Any, Any], value: Facts) -> None:
    assert answer(evidence, value) is Answer.UNKNOWN


def test_every_sentence_of_the_parts_is_among_them() -> None:
    asked: tuple[Any, ...] = (PING, MEMORY, LIMITED, CLIENTS, LETTERS)
    told = [getattr(one, name) for one in asked for name in vars(type(one)) if not name.startswith("_")]
    made = {id(evidence) for evidence in told if isinstance(evidence, Evidence)}
    assert made == {id(evidence) for evidence, _, _ in SENTENCES}


def test_gauges_are_figures_of_their_readings() -> None:
    readings: dict[str, Facts] = {
        MEMORY.probe.name: memory(95),
        CLIENTS.probe.name: clients(95),
        LETTERS.probe.name: letters(1),
    }
    for evidence, _, _ in SENTENCES:
        if evidence.gauge is not None:
            assert evidence.gauge in readings[evidence.probe.name].figures()


def test_each_change_of_redis_is_offered_by_a_part_and_rendered() -> None:
    page = runbook_as_markdown(RUNBOOK)
    offered = {step.title for step in RUNBOOK.steps() if isinstance(step, Mitigation)}
    assert len(offered) == sum(name.startswith("redis.") for name in CHANGES) == 5
    assert all(title in page for title in ("Process the items of", "Let Redis take 134 MB for 1 h", "in small steps"))
    assert DEAD in page
