"""Ending idle clients on a real server: exactly those that were approved, and never who waits on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
import redis

from blocks.notifier import Notifier
from blocks.redis_errors import Refused
from journal.facts.words import Answer
from journal.redaction import redact
from runbook import Drifted, NotNeeded, NotSafe, Plan
from sandbox.rehearsal import wait
from tasks.redis.clients import ClientsOf, read_clients
from tasks.redis.end import TOGETHER, ClientTarget, EndIdleClients
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.valkey import Valkey, nobody
from tests.typing.till import Till

NO_TIME = timedelta(0)


@pytest.fixture
def env(valkey: Valkey) -> Till:
    """What `guarded` judges guardrails in."""
    return Till(notifier=Notifier(), redis=valkey.block())


@pytest.fixture
def end(valkey: Valkey) -> EndIdleClients:
    """The change, meaning clients that were idle for a second."""
    valkey.grant((*EndIdleClients.reads, *read_clients.permissions), EndIdleClients.permissions)
    return EndIdleClients(redis=valkey.block(), whose=ClientsOf(user="app", idle_for=NO_TIME), least=NO_TIME)


@pytest.fixture
def worker(valkey: Valkey) -> Iterator[redis.Redis]:
    with valkey.client("worker") as client:
        yield client


def drawn(change: EndIdleClients, many: int = 1) -> Plan[ClientTarget]:
    """The plan, as soon as so many have been idle for a second."""
    wait(lambda: read_clients(change.redis, change.whose).meant == many or None, within=60, what="idle clients")
    return planned(change)


def ids(plan: Plan[ClientTarget]) -> list[int]:
    return [one.id for one in plan.targets]


def lives(client: redis.Redis, number: int) -> bool:
    try:
        return client.client_id() == number
    except redis.ConnectionError:
        return False


@pytest.mark.case(EndIdleClients, NEEDED, GUARDRAIL)
def test_an_idle_client_is_ended_and_gone(end: EndIdleClients, worker: redis.Redis, guarded: Guarded) -> None:
    number = worker.client_id()
    plan = drawn(end)
    guarded(plan)
    assert ids(plan) == [number]
    assert plan.targets[0].name == f"client {number} of worker"
    assert redact(plan.model_dump(mode="json")) == plan.model_dump(mode="json")
    assert end.landed(plan)[0] is Answer.NO
    assert end.apply(plan, WARRANT).results[0].done
    assert not lives(worker, number)
    assert end.landed(plan)[0] is Answer.YES


@pytest.mark.case(EndIdleClients, NOT_NEEDED)
def test_there_is_nothing_to_end_when_nobody_is_idle_for_long(end: EndIdleClients, worker: redis.Redis) -> None:
    change = replace(end, whose=replace(end.whose, idle_for=timedelta(hours=1)))
    told = change.plan()
    assert isinstance(told, NotNeeded)
    assert "No client of app has been idle for longer than 1 h" in told.why


def test_a_short_pause_is_not_taken_for_standing_still(end: EndIdleClients) -> None:
    with pytest.raises(NotSafe, match="paused for less than 1 min may be at work"):
        EndIdleClients(redis=end.redis, whose=replace(end.whose, idle_for=timedelta(seconds=59))).plan()


@pytest.mark.case(EndIdleClients, DRIFTED)
def test_a_client_that_works_again_since_the_approval_is_left_alone(end: EndIdleClients, worker: redis.Redis) -> None:
    number = worker.client_id()
    plan = drawn(end)
    later = replace(end, whose=replace(end.whose, idle_for=timedelta(hours=1)))
    with pytest.raises(Drifted, match="nobody was ended"):
        later.apply(plan, WARRANT)
    assert lives(worker, number)


def test_the_same_id_of_another_connection_is_another_client(end: EndIdleClients, worker: redis.Redis) -> None:
    """After a restart of the server ids begin anew."""
    number = worker.client_id()
    plan = drawn(end)
    other = plan.model_copy(
        update={"targets": tuple(t.model_copy(update={"began": t.began - 60}) for t in plan.targets)}
    )
    with pytest.raises(Drifted):
        end.apply(other, WARRANT)
    assert end.landed(other)[0] is Answer.YES
    assert lives(worker, number)


@pytest.mark.parametrize(
    ("other", "meant"),
    [
        ({"named": "worker"}, {"worker"}),
        ({"named": "work"}, set()),
        ({"named": "work*"}, set()),
        ({"named": ""}, {""}),
        ({"address": "127.0.0.1"}, {"worker", "worker-2", ""}),
        ({"address": "127.0.0"}, set()),
        ({"user": "ap"}, set()),
        ({"user": "default"}, set()),
    ],
)
def test_whose_clients_are_meant_is_meant_exactly(
    valkey: Valkey, end: EndIdleClients, other: dict[str, str], meant: set[str]
) -> None:
    with ExitStack() as held:
        for name in ("worker", "worker-2", ""):
            held.enter_context(valkey.client(name))
        drawn(end, 3)
        found = replace(end, whose=replace(end.whose, **other)).plan()
        names = {one.name.rpartition(" of ")[2] for one in found.targets} if isinstance(found, Plan) else set[str]()
    if other == {"user": "default"}:  # the owner's own connection, busy or not; never one of the application's
        assert not names & {"worker", "worker-2"}
    else:
        assert names == {name or "app" for name in meant}


def test_who_waits_on_purpose_is_never_ended(valkey: Valkey, end: EndIdleClients) -> None:
    """A subscriber, and one in a transaction: idle for long, and well."""
    with valkey.client("listener") as first, valkey.client("buyer") as second, second.pipeline() as turn:
        listens = first.pubsub()
        listens.subscribe("news")
        listens.get_message(timeout=5)
        turn.watch("stock")
        turn.execute_command("MULTI")
        told = {one["name"]: one for one in valkey.admin.client_list()}
        assert {told["listener"]["flags"], told["buyer"]["flags"]} == {"P", "x"}
        wait(lambda: all(int(o["idle"]) > 0 for o in _of_app(valkey)) or None, within=60, what="them to stand still")
        plan = end.plan()
        meant = {one.id for one in plan.targets} if isinstance(plan, Plan) else set[int]()
        assert not meant & {int(one["id"]) for one in _of_app(valkey) if one["flags"] != "N"}
        listens.close()


def _of_app(valkey: Valkey) -> list[dict[str, str]]:
    return [one for one in valkey.admin.client_list() if one["user"] == "app"]


def test_we_end_none_of_our_own(valkey: Valkey, end: EndIdleClients) -> None:
    with end.redis.reading() as client:
        client.time()
        wait(lambda: _idle(valkey, "reader") or None, within=60, what="us to stand still")
        assert isinstance(replace(end, whose=replace(end.whose, user="reader")).plan(), NotNeeded)


def _idle(valkey: Valkey, user: str) -> bool:
    return any(one["user"] == user and int(one["idle"]) > 0 for one in valkey.admin.client_list())


def test_more_than_are_read_at_a_time_are_ended_all(valkey: Valkey, end: EndIdleClients) -> None:
    with ExitStack() as held:
        for number in range(TOGETHER + 5):
            held.enter_context(valkey.client(f"leak-{number}"))
        plan = drawn(end, TOGETHER + 5)
        few = replace(end, at_most=3)
        assert len(planned(few).targets) == 3
        part = plan.model_copy(update={"targets": plan.targets[:7]})
        end.apply(part, WARRANT)
        assert end.landed(plan) == (Answer.NO, f"{TOGETHER - 2} of {TOGETHER + 5} approved clients are still there.")
        outcome = end.apply(plan, WARRANT)
        assert [one.done for one in outcome.results] == [False] * 7 + [True] * (TOGETHER - 2)
        assert end.landed(plan)[0] is Answer.YES


@pytest.mark.case(EndIdleClients, UNKNOWN)
def test_who_may_not_list_clients_cannot_say_whether_they_were_ended(
    valkey: Valkey, end: EndIdleClients, worker: redis.Redis
) -> None:
    plan = drawn(end)
    with pytest.raises(Refused, match="grant what it lacks"):
        replace(end, redis=nobody(valkey)).landed(plan)


def test_the_reading_identity_ends_nobody(end: EndIdleClients, worker: redis.Redis) -> None:
    with end.redis.reading() as client, pytest.raises(Exception, match=r"no permissions to run the 'client\|kill'"):
        client.execute_command("CLIENT", "KILL", "ID", worker.client_id())
