"""A shop to practise on: real parts, what can break in them, and whether customers suffer.

`open_world` is what the system names as its world. By hand: `python -m shop.world up FOLDER`, and meanwhile `break`,
`heal` and `suffers`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg import sql
from pydantic import SecretStr
from redis.exceptions import OutOfMemoryError

from blocks.notifier import Notifier
from blocks.postgres import Postgres
from deployments.permissions import granted, needs_of_system
from journal import clock
from journal.clock import Machine
from shop.environment import Shop
from shop.parts import SLOTS, Facts, running
from shop.valkey import Valkey

PRACTICE = "shop-practice"
PACE = 0.02
"""In practice a second of holding stands for 50."""
LONG_AGO = 60 * 24 * 3600
CART = "x" * 40_000
"""What a large cart holds."""
STALE_SECONDS = 2.5
"""How old a leaked session is by the time somebody is paged."""


@dataclass(kw_only=True)
class World:
    """The parts while they run, and what is broken in them."""

    facts: Facts
    leaked: list[psycopg.Connection[tuple[object, ...]]] = field(default_factory=list)

    def environments(self) -> Mapping[str, Shop]:
        """What the runbooks are rehearsed in, by the names that the drills give."""
        return {PRACTICE: environment(self.facts)}

    def break_(self, fault: str) -> None:
        """Break something, as production would."""
        FAULTS[fault](self)

    def heal(self) -> None:
        """Put everything right again."""
        while self.leaked:
            self.leaked.pop().close()
        with self.facts.valkey() as valkey:
            valkey.flushall()

    def suffers(self) -> tuple[str, ...]:
        """What customers complain about: asked as the service would."""
        told: list[str] = []
        try:
            with redis.Redis.from_url(self.facts.carts("shop_app")) as carts:
                carts.hset("cart:visitor", mapping={"product:1": 1, "note": CART})
                carts.delete("cart:visitor")
        except OutOfMemoryError:
            told.append("no cart can be kept")
        try:
            psycopg.connect(self.facts.database("shop_app"), connect_timeout=2).close()
        except psycopg.OperationalError:
            told.append("no product can be shown")
        return tuple(told)


def abandoned_carts(world: World) -> None:
    """Carts of the spring campaign, which never expire, until nothing fits."""
    _fill(world, lambda number: (f"cart:spring-{number}", {"note": CART, "touched_at": _now() - LONG_AGO - number}))


def many_carts(world: World) -> None:
    """More customers than Valkey has memory for; all of them are here today."""
    _fill(world, lambda number: (f"cart:today-{number}", {"note": CART, "touched_at": _now()}))


def large_key(world: World) -> None:
    """One page of the cache grows and grows."""
    _fill(world, lambda number: ("page:search", {f"query:{number}": CART}))


def idle_leak(world: World) -> None:
    """Sessions of the service that are never given back, until nobody is let in."""
    for _ in range(SLOTS):
        try:
            connection = psycopg.connect(world.facts.database("shop_app"), autocommit=True, connect_timeout=2)
        except psycopg.OperationalError:
            break
        connection.execute("select 1")
        world.leaked.append(connection)
    Machine().sleep(STALE_SECONDS)  # PostgreSQL lives by the machine's time, also where a rehearsal does not


FAULTS: Mapping[str, Callable[[World], None]] = {
    one.__name__: one for one in (abandoned_carts, many_carts, large_key, idle_leak)
}


def _now() -> int:
    return int(clock.now().timestamp())


def _fill(world: World, made: Callable[[int], tuple[str, Mapping[str, str | int]]]) -> None:
    with world.facts.valkey() as valkey, suppress(OutOfMemoryError):
        for number in range(10_000):
            key, content = made(number)
            fields: dict[Any, Any] = dict(content)
            valkey.hset(key, mapping=fields)


def environment(facts: Facts) -> Shop:
    """The environment block for a world."""
    words = facts.passwords
    return Shop(
        notifier=Notifier(),
        practice_pace=PACE,
        database=Postgres(
            host="127.0.0.1",
            port=facts.postgres_port,
            dbname="shop",
            reader="shop_reader",
            reader_password=SecretStr(words["shop_reader"]),
            changer="shop_changer",
            changer_password=SecretStr(words["shop_changer"]),
            sslmode="disable",
        ),
        valkey=Valkey(
            host="127.0.0.1",
            port=facts.valkey_port,
            reader="shop_reader",
            reader_password=SecretStr(words["shop_reader"]),
            changer="shop_changer",
            changer_password=SecretStr(words["shop_changer"]),
            tls=False,
        ),
    )


@contextmanager
def open_world(folder: Path) -> Generator[World]:
    """Start the parts, and grant our identities exactly what `codeblue permissions shop` prints."""
    with running(folder) as facts:
        found = granted(needs_of_system("shop"), environment(facts)).connections
        with facts.admin() as connection:
            for one in found["database"]:
                for statement in one.document:
                    connection.execute(sql.SQL(statement))  # pyright: ignore[reportArgumentType] # our own statement
        with facts.valkey() as valkey:
            for one in found["valkey"]:
                for line in one.document:
                    valkey.execute_command(*line.split())
            for user in ("shop_reader", "shop_changer"):
                valkey.execute_command("ACL SETUSER", user, f">{facts.passwords[user]}")
        yield World(facts=facts)


def main(arguments: list[str]) -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser("python -m shop.world", description="A shop to practise on.")
    parser.add_argument("verb", choices=("up", "break", "heal", "suffers"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", nargs="?", help="the fault to break")
    given = parser.parse_args(arguments)
    note: Path = given.folder / "world.json"
    if given.verb == "up":
        with open_world(given.folder) as world:
            note.touch(0o600)
            note.write_text(json.dumps(asdict(world.facts)))
            sys.stdout.write("The shop is up; it ends when its standard input closes (Ctrl-D).\n")
            sys.stdout.flush()
            sys.stdin.read()
        note.unlink()
        return 0
    world = World(facts=Facts(**json.loads(note.read_text())))
    if given.verb == "break":
        world.break_(given.what)
    elif given.verb == "heal":
        world.heal()
    suffering = world.suffers()
    sys.stdout.write(f"{', '.join(suffering) or 'nobody suffers'}\n")
    return 1 if suffering and given.verb == "suffers" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
