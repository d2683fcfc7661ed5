"""Each look at Redis on a real server, in six cases: healthy, sick, empty, refused, late, odd."""

from __future__ import annotations

import importlib
import json
import pkgutil
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from redis.exceptions import AuthenticationError, NoPermissionError

import tasks.redis
from blocks.redis import Redis
from blocks.redis_errors import Away, Refused
from journal import clock
from journal.clock import Machine
from runbook import Facts, Look, NotSafe, Permanent, Temporary
from sandbox.rehearsal import wait
from tasks.redis.backlog import read_backlog
from tasks.redis.clients import ClientsOf, read_clients
from tasks.redis.entrance import read_entrance
from tasks.redis.kept import read_persistence, read_replication
from tasks.redis.keys import KEPT, NONE, OTHERS, read_big_keys, read_prefixes
from tasks.redis.letters import item_of, read_letters
from tasks.redis.read import read_memory, read_ping, read_server
from tasks.redis.slow import read_slow
from tests.tasks.valkey import DEAD, LIMITS, MB, ODD, Valkey, entered, loading, nobody, silent

SHORT = timedelta(milliseconds=300)
PHONE = "+49 151 23456789"


def letters(redis: Redis) -> Any:
    return read_letters(redis, DEAD)


def backlog(redis: Redis) -> Any:
    return read_backlog(redis, DEAD)


def memory(redis: Redis) -> Any:
    return read_memory(redis, between=timedelta(milliseconds=200))


def clients(redis: Redis) -> Any:
    return read_clients(redis, ClientsOf(user="app", idle_for=timedelta(0)))


def entrance(redis: Redis) -> Any:
    return read_entrance(redis, between=timedelta(milliseconds=100))


ASKED: dict[Look[..., Any], Callable[[Redis], Any]] = {
    read_ping: read_ping,
    read_server: read_server,
    read_memory: memory,
    read_persistence: read_persistence,
    read_replication: read_replication,
    read_prefixes: read_prefixes,
    read_big_keys: read_big_keys,
    read_letters: letters,
    read_backlog: backlog,
    read_slow: read_slow,
    read_clients: clients,
    read_entrance: entrance,
}

Case = tuple[Callable[[Valkey], AbstractContextManager[Any]], Callable[[Any], bool]]
"""What is made so, and what the look must then say."""


def letter(number: int, **more: Any) -> str:
    at = clock.now().timestamp() - 3600 + number
    return json.dumps({"id": f"e{number}", "type": "crm.sync", "failed_at": at, "phone": PHONE, **more})


def nothing(valkey: Valkey) -> AbstractContextManager[Any]:
    return nullcontext()


def some_keys(valkey: Valkey) -> AbstractContextManager[Any]:
    valkey.admin.mset({f"session:{number}": "x" * 1000 for number in range(40)})
    return nullcontext()


def counters_fill_it(valkey: Valkey) -> AbstractContextManager[Any]:
    some_keys(valkey)
    for first in range(0, 3000, 500):
        with valkey.admin.pipeline(transaction=False) as many:
            for number in range(first, first + 500):
                many.set(f"{LIMITS}{number}", "1", ex=600 if number % 2 else None)
            many.execute()
    return nullcontext()


class Meanwhile(Machine):
    """A clock in whose pauses something happens."""

    def __init__(self, happens: Callable[[], Any]) -> None:
        self._happens = happens

    def sleep(self, seconds: float) -> None:
        self._happens()


@contextmanager
def full(valkey: Valkey) -> Generator[None]:
    """Writes are refused while somebody looks."""

    def write() -> None:
        with pytest.raises(Exception, match="maxmemory"):
            valkey.admin.set("more", "x")

    valkey.owner("CONFIG", "SET", "maxmemory", MB // 2)
    with clock.use(Meanwhile(write)):
        yield


@contextmanager
def evicting(valkey: Valkey) -> Generator[None]:
    """It makes place for each write while somebody looks."""

    def write() -> None:
        used = valkey.admin.info("memory")["used_memory"]
        valkey.owner("CONFIG", "SET", "maxmemory-policy", "allkeys-random", "maxmemory", used - 4 * MB)
        valkey.admin.set("more", "x")

    valkey.admin.mset({f"session:{number}": "x" * MB for number in range(8)})
    with clock.use(Meanwhile(write)):
        yield


@contextmanager
def strangers_ask(valkey: Valkey) -> Generator[None]:
    """Between two looks somebody comes with a wrong password, and somebody asks for what they may not do."""

    def ask() -> None:
        with pytest.raises(AuthenticationError), entered(valkey.port, "nobody") as wrong:
            wrong.execute_command("AUTH", "nobody", "guessed")
        with pytest.raises(NoPermissionError), entered(valkey.port, "nobody") as right:
            right.get("session:1")

    with clock.use(Meanwhile(ask)):
        yield


def one_large(valkey: Valkey) -> AbstractContextManager[Any]:
    some_keys(valkey)
    valkey.admin.set("report:all", "x" * 20 * MB)
    return nullcontext()


def strange_keys(valkey: Valkey) -> AbstractContextManager[Any]:
    """Bytes that are no text, glob characters, names of people, and keys in another database."""
    valkey.admin.mset({b"\xff\x00\x01": "x", f"{ODD}1": "x", "4915123456789:cart": "x", "ana@example.org:cart": "x"})
    valkey.admin.mset({"oddxx:1": "x"})
    with entered(valkey.port) as other:
        other.execute_command("SELECT", 3)
        other.mset({"elsewhere:1": "x", "elsewhere:2": "x"})
    return nullcontext()


def dead_letters(valkey: Valkey) -> AbstractContextManager[Any]:
    valkey.admin.rpush(DEAD, *(letter(number) for number in range(300)))
    return nullcontext()


def letters_that_came_back(valkey: Valkey) -> AbstractContextManager[Any]:
    """Four are new, and two of those had been processed again."""
    known = valkey.block().letters(DEAD)
    bodies = [letter(number) for number in (0, 1, 3596, 3597, 3598, 3599)]
    valkey.admin.rpush(DEAD, *bodies)
    for body in bodies[-2:]:
        item = item_of(body.encode(), known)
        assert item is not None
        valkey.admin.hset(known.moved, item.id, 1)
    return nullcontext()


def one_dead_letter(valkey: Valkey) -> AbstractContextManager[Any]:
    valkey.admin.rpush(DEAD, letter(3599))
    return nullcontext()


def strange_letters(valkey: Valkey) -> AbstractContextManager[Any]:
    """Without an id, no JSON, no object, bytes, and moments in other forms."""
    odd = ['{"type": "x"}', "not json", "[1]", b"\xff\xfe", '{"id": true}', '{"id": ""}', "[" * 5000]
    valkey.admin.rpush(DEAD, *odd, letter(1, failed_at="yesterday"), letter(2, failed_at="2026-01-02T03:04:05Z"))
    return nullcontext()


def slow_script(valkey: Valkey) -> AbstractContextManager[Any]:
    valkey.owner("CONFIG", "SET", "slowlog-log-slower-than", 0)
    valkey.owner("SET", "token", "sesame-open-1234")
    valkey.owner("CONFIG", "SET", "slowlog-log-slower-than", 10_000)
    valkey.owner("DEBUG", "SLEEP", "0.05")
    return nullcontext()


def binary_command(valkey: Valkey) -> AbstractContextManager[Any]:
    valkey.owner("CONFIG", "SET", "slowlog-log-slower-than", 0)
    valkey.owner("SET", b"\xff\x00", b"\xfe")
    valkey.owner("CONFIG", "SET", "slowlog-log-slower-than", 10_000)
    return nullcontext()


@contextmanager
def idle_clients(valkey: Valkey) -> Generator[None]:
    with valkey.client("worker"), valkey.client("worker"):
        wait(lambda: read_idle(valkey) == 2 or None, within=60, what="them to be idle")
        yield


def read_idle(valkey: Valkey) -> int:
    valkey.grant(read_clients.permissions)
    return clients(valkey.block()).meant


@contextmanager
def waiting_clients(valkey: Valkey) -> Generator[None]:
    """A subscriber and one that is in a transaction: both stand still on purpose."""
    with valkey.client("listener") as first, valkey.client("buyer") as second:
        listens = first.pubsub()
        listens.subscribe("news")
        listens.get_message(timeout=5)
        with second.pipeline() as turn:
            turn.watch("stock")
            turn.execute_command("MULTI")
            wait(lambda: _all_idle(valkey) or None, within=60, what="them to stand still")
            yield
        listens.close()


def _all_idle(valkey: Valkey) -> bool:
    told = [one for one in valkey.admin.client_list() if one["name"] in {"listener", "buyer"}]
    return all(int(one["idle"]) > 0 for one in told)


@contextmanager
def as_replica(valkey: Valkey) -> Generator[None]:
    valkey.owner("REPLICAOF", "127.0.0.1", "1")
    yield
    valkey.owner("REPLICAOF", "NO", "ONE")


@contextmanager
def as_strict_replica(valkey: Valkey) -> Generator[None]:
    valkey.owner("CONFIG", "SET", "replica-serve-stale-data", "no")
    with as_replica(valkey):
        yield


@contextmanager
def no_place_for_snapshots(valkey: Valkey) -> Generator[None]:
    """A folder stands where the snapshot belongs."""
    some_keys(valkey)
    file = valkey.folder / "dump.rdb"
    file.unlink(missing_ok=True)
    file.mkdir()
    snapshot(valkey, "err")
    yield
    file.rmdir()
    snapshot(valkey, "ok")


def snapshot(valkey: Valkey, comes_to: str) -> None:
    valkey.owner("BGSAVE")
    wait(lambda: valkey.admin.info("persistence")["rdb_last_bgsave_status"] == comes_to or None, within=60, what="it")


def without_limit(valkey: Valkey) -> AbstractContextManager[Any]:
    valkey.owner("CONFIG", "SET", "maxmemory", 0)
    return nullcontext()


def unjudged(judge: Callable[[], Any]) -> bool:
    with pytest.raises(LookupError):
        judge()
    return True


@contextmanager
def full_of_clients(valkey: Valkey) -> Generator[None]:
    valkey.owner("CONFIG", "SET", "maxclients", 1)
    yield
    valkey.owner("CONFIG", "SET", "maxclients", 100)


HEALTHY: dict[Look[..., Any], Case] = {
    read_ping: (nothing, lambda r: r.answers and 0 < r.usual_ms <= r.slowest_ms and "answers" in str(r)),
    read_server: (some_keys, lambda r: (r.role, r.databases, r.cluster, r.elsewhere) == ("primary", {0: 40}, False, 0)),
    read_memory: (some_keys, lambda r: 0 < r.share < 0.5 and (r.evicted, r.refused, r.policy) == (0, 0, "noeviction")),
    read_persistence: (some_keys, lambda r: r.well and r.changes >= 40 and not r.loading and "no log" in str(r)),
    read_replication: (nothing, lambda r: (r.role, r.linked) == ("primary", None) and "0 replicas" in str(r)),
    read_prefixes: (
        some_keys,
        lambda r: r.share("session:") == r.taken / r.used > 0 and r.seen == r.of == 40 and r.share(LIMITS) == 0,
    ),
    read_big_keys: (some_keys, lambda r: len(r.keys) == 10 and r.share < 0.01 and r.keys[0].kind == "string"),
    read_letters: (one_dead_letter, lambda r: r.length == 1 and r.oldest < timedelta(minutes=5) and r.share < 0.01),
    read_backlog: (
        dead_letters,
        lambda r: (r.length, r.read, r.named, r.lately, r.returned) == (300, 200, 200, 0, 0) and r.come_no_more,
    ),
    read_slow: (nothing, lambda r: r.commands == {} and "no slow command" in str(r)),
    read_clients: (nothing, lambda r: (r.of_selection, r.meant, r.limit) == (0, 0, 100) and 0 < r.share < 0.5),
    read_entrance: (nothing, lambda r: not r.in_trouble and r.reached and "lets us in" in str(r)),
}

SICK: dict[Look[..., Any], Case] = {
    read_ping: (full_of_clients, lambda r: r.reason == "clients" and "maxclients is reached" in str(r)),
    read_server: (as_replica, lambda r: r.role == "replica"),
    read_memory: (full, lambda r: r.share > 1 and r.refused == 1 and "writes refused" in str(r)),
    read_persistence: (no_place_for_snapshots, lambda r: not r.well and "failed" in str(r)),
    read_replication: (as_replica, lambda r: r.linked is False and "has not heard its primary" in str(r)),
    read_prefixes: (
        counters_fill_it,
        lambda r: r.share(LIMITS) > 0.6 * r.taken / r.used and 0.3 < r.lasting(LIMITS) < 0.7 and r.used > r.taken,
    ),
    read_big_keys: (
        one_large,
        lambda r: r.keys[0].name == "report:all" and r.keys[0].taken > 20 * MB and r.share > 0.3,
    ),
    read_letters: (
        dead_letters,
        lambda r: (
            (r.length, r.read, r.nameless, r.kinds) == (300, 200, 0, {"crm.sync": 200}) and r.oldest > timedelta(0)
        ),
    ),
    read_backlog: (
        letters_that_came_back,
        lambda r: (r.named, r.lately, r.returned) == (6, 2, 2) and not r.still_come and "2 came back" in str(r),
    ),
    read_slow: (slow_script, lambda r: r.slowest_ms >= 50 and next(iter(r.commands)).startswith("DEBUG")),
    read_clients: (
        idle_clients,
        lambda r: r.meant == r.of_selection == 2 and "app as worker from 127.0.0.1 2" in str(r),
    ),
    read_entrance: (
        strangers_ask,
        lambda r: r.in_trouble and (r.strangers, r.without_rights, r.crowded) == (1, 1, 0) and r.reached,
    ),
}

EMPTY: dict[Look[..., Any], Case] = {
    read_ping: (nothing, lambda r: r.answers),
    read_server: (nothing, lambda r: r.databases == {} and "no keys" in str(r)),
    read_memory: (nothing, lambda r: r.used > 0 and r.share > 0),
    read_persistence: (nothing, lambda r: r.snapshot_well),
    read_replication: (nothing, lambda r: r.replicas == 0),
    read_prefixes: (nothing, lambda r: r.prefixes == {} and unjudged(lambda: r.share(LIMITS)) and "no keys" in str(r)),
    read_big_keys: (nothing, lambda r: r.keys == () and unjudged(lambda: r.share) and "no keys" in str(r)),
    read_letters: (nothing, lambda r: (r.length, r.oldest, r.taken) == (0, None, 0) and "no dead letters" in str(r)),
    read_backlog: (nothing, lambda r: not r.waits and r.come_no_more and r.figures()["dead letters"] == (0, "items")),
    read_slow: (nothing, lambda r: r.commands == {}),
    read_clients: (nothing, lambda r: r.of_selection == r.meant == 0),
    read_entrance: (full_of_clients, lambda r: r.in_trouble and r.reached and unjudged(lambda: r.refused(r.strangers))),
}

ODD_CASES: dict[Look[..., Any], Case] = {
    read_ping: (as_strict_replica, lambda r: r.reason == "primary" and "MASTERDOWN" in str(r)),
    read_server: (strange_keys, lambda r: r.elsewhere == 2 and "db3 2 keys" in str(r)),
    read_memory: (without_limit, lambda r: unjudged(lambda: r.share) and "maxmemory 0" in str(r) and r.figures() == {}),
    read_persistence: (loading, lambda r: r.loading and "loads its data now" in str(r)),
    read_replication: (as_strict_replica, lambda r: r.linked is False),
    read_prefixes: (
        strange_keys,
        lambda r: (r.prefixes[NONE].keys, r.prefixes[ODD].keys, r.elsewhere, r.of) == (3, 1, 2, 5),
    ),
    read_big_keys: (
        strange_keys,
        lambda r: len(r.keys) == 5 and "4915123456789" not in repr(r) and "ana@" not in repr(r),
    ),
    read_letters: (
        strange_letters,
        lambda r: (r.length, r.nameless, r.unreadable) == (9, 3, 4) and r.oldest > timedelta(days=1),
    ),
    read_backlog: (
        strange_letters,
        lambda r: (r.length, r.named, r.undated) == (9, 2, 1) and unjudged(lambda: r.come_no_more),
    ),
    read_slow: (binary_command, lambda r: "SET" in r.commands and "\xff" not in repr(r)),
    read_clients: (waiting_clients, lambda r: (r.of_selection, r.meant) == (2, 0)),
    read_entrance: (loading, lambda r: r.in_trouble and r.unready and "LOADING" in str(r) and r.figures() == {}),
}


def test_each_look_of_redis_is_met_in_each_case() -> None:
    modules = [importlib.import_module(f"tasks.redis.{one.name}") for one in pkgutil.iter_modules(tasks.redis.__path__)]
    looks = {one for module in modules for one in vars(module).values() if isinstance(one, Look)}
    assert looks == set(ASKED) == set(HEALTHY) == set(SICK) == set(EMPTY) == set(ODD_CASES)


@dataclass(frozen=True, kw_only=True)
class Met:
    case: str
    look: Look[..., Any]
    made: Case


ALL = [
    Met(case=case, look=one, made=made)
    for case, table in (("healthy", HEALTHY), ("sick", SICK), ("empty", EMPTY), ("odd", ODD_CASES))
    for one, made in table.items()
]


@pytest.mark.parametrize("met", ALL, ids=lambda met: f"{met.look.name}-{met.case}")
def test_it_tells_what_is_so(valkey: Valkey, met: Met) -> None:
    prepare, holds = met.made
    valkey.grant(met.look.permissions)
    with prepare(valkey):
        valkey.grant(met.look.permissions)
        seen: Facts = ASKED[met.look](valkey.block())
        assert holds(seen), repr(seen)
    assert type(seen).model_validate_json(seen.model_dump_json()) == seen
    assert PHONE not in repr(seen)
    assert "sesame" not in repr(seen)


each = pytest.mark.parametrize("one", ASKED, ids=lambda one: one.name)


@each
def test_who_is_granted_nothing_is_told_so_and_never_that_all_is_well(valkey: Valkey, one: Look[..., Any]) -> None:
    if one is read_ping:
        assert read_ping(nobody(valkey)).reason == "permission"
        return
    with pytest.raises(Refused, match="grant what it lacks"):
        ASKED[one](nobody(valkey))


@each
def test_a_server_that_says_nothing_is_unreadable_in_time(valkey: Valkey, one: Look[..., Any]) -> None:
    valkey.grant(one.permissions)
    with silent(valkey):
        late = valkey.block(patience=SHORT)
        if one in (read_ping, read_entrance):
            assert one(late).reason == "silent"
            return
        with pytest.raises(Away, match=r"did not answer within 0\.3 s"):
            ASKED[one](late)


def test_a_look_is_bounded_and_says_how_much_it_saw(valkey: Valkey) -> None:
    valkey.grant(read_prefixes.permissions)
    counters_fill_it(valkey)
    seen = read_prefixes(valkey.block(), at_most=600)
    assert (seen.seen, seen.of) == (600, 3040)
    assert "seen 600 of 3040" in str(seen)
    assert read_prefixes(valkey.block(), within=timedelta(0)).seen < 3040


def test_many_prefixes_are_told_together_beyond_the_largest(valkey: Valkey) -> None:
    valkey.grant(read_prefixes.permissions)
    valkey.admin.mset({f"kind{number}:x": "x" * (200 if number < 10 else 10) for number in range(200)})
    seen = read_prefixes(valkey.block())
    assert len(seen.prefixes) == KEPT + 1
    assert seen.prefixes[OTHERS].keys == 200 - KEPT
    assert sum(one.keys for one in seen.prefixes.values()) == 200
    assert "and 41 more" in str(seen)


def test_evictions_are_told_from_counters_of_two_looks(valkey: Valkey) -> None:
    """They are in another section of INFO than the memory."""
    valkey.grant(read_memory.permissions)
    with evicting(valkey):
        seen = memory(valkey.block())
    assert seen.evicted > 0
    assert f"{seen.evicted} keys evicted" in str(seen)
    assert memory(valkey.block()).evicted == 0


def test_counters_that_were_reset_between_two_looks_tell_nothing(valkey: Valkey) -> None:
    valkey.grant(read_memory.permissions)
    with evicting(valkey):
        memory(valkey.block())
    with (
        clock.use(Meanwhile(lambda: valkey.owner("CONFIG", "RESETSTAT"))),
        pytest.raises(Temporary, match="were reset"),
    ):
        memory(valkey.block())


def test_dead_letters_are_looked_at_only_where_the_block_names_them(valkey: Valkey) -> None:
    with pytest.raises(NotSafe, match="does not name till:other among its dead letters"):
        read_letters(valkey.block(), "till:other")


def test_a_key_of_another_type_is_not_taken_for_none(valkey: Valkey) -> None:
    valkey.grant(read_letters.permissions)
    valkey.admin.set(DEAD, "x")
    with pytest.raises(Permanent, match="is a string, neither a list nor a stream"):
        letters(valkey.block())


def test_a_stream_is_read_as_well_and_its_entries_have_ids(valkey: Valkey) -> None:
    valkey.grant(read_letters.permissions)
    for number in range(5):
        valkey.admin.xadd(DEAD, {"type": "crm.sync", "phone": PHONE}, id=f"{1_000 + number}-0")
    seen = letters(valkey.block())
    assert (seen.form, seen.length, seen.kinds, seen.nameless) == ("stream", 5, {"crm.sync": 5}, 0)
    assert seen.oldest > timedelta(days=365)


def test_items_that_are_too_large_to_fetch_are_counted_and_not_read(valkey: Valkey) -> None:
    valkey.grant(read_letters.permissions)
    valkey.admin.rpush(DEAD, letter(1, body="x" * 20 * MB))
    seen = letters(valkey.block())
    assert (seen.length, seen.read, seen.oldest) == (1, 0, None)
    assert seen.taken > 20 * MB
    assert "of unknown age" in str(seen)


def test_of_a_backlog_too_large_to_fetch_nobody_says_that_nothing_waits(valkey: Valkey) -> None:
    valkey.grant(read_backlog.permissions)
    valkey.admin.rpush(DEAD, letter(1, body="x" * 20 * MB))
    seen = backlog(valkey.block())
    assert (seen.length, seen.read) == (1, 0)
    assert unjudged(lambda: seen.waits)


def test_who_is_no_redis_is_told_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            taken, _ = listening.accept()
            with taken:
                taken.recv(100)
                taken.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        block = Valkey(port=listening.getsockname()[1], admin=None, folder=None).block()  # pyright: ignore[reportArgumentType] # there is none
        assert not read_ping(block).answers
        thread.join()
