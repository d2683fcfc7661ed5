"""One node of a cluster: it is told as such, nothing is changed there, and what it refuses has a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from blocks.redis_errors import Refused
from runbook import Change, NotSafe
from sandbox.postgres import free_port
from sandbox.rehearsal import wait
from tasks.redis.keys import read_prefixes
from tasks.redis.read import read_server
from tasks.redis.reprocess import ReprocessLetters
from tasks.redis.setting import SetMaxmemory
from tasks.redis.unlink import UnlinkPrefix
from tests.tasks.cases import WARRANT
from tests.tasks.valkey import DEAD, LIMITS, MB, QUEUE, Valkey, running


@pytest.fixture(scope="module")
def node() -> Iterator[Valkey]:
    with running(**{"cluster-enabled": "yes", "cluster-port": free_port()}) as valkey:
        reads = {need for one in (read_server, read_prefixes) for need in one.permissions}
        for change in (UnlinkPrefix, ReprocessLetters, SetMaxmemory):
            reads.update(change.reads)
        valkey.grant(reads, {*UnlinkPrefix.permissions, *ReprocessLetters.permissions})
        yield valkey


def test_it_says_that_it_is_one_node(node: Valkey) -> None:
    assert read_server(node.block()).cluster
    assert "one node of a cluster" in str(read_server(node.block()))
    assert str(read_prefixes(node.block())).endswith("one node of a cluster")


def changes(node: Valkey) -> list[Change[Any]]:
    return [
        UnlinkPrefix(redis=node.block(), prefix=LIMITS),
        ReprocessLetters(redis=node.block(), key=DEAD),
        SetMaxmemory(redis=node.block(), to=128 * MB, expires_after=timedelta(hours=1)),
    ]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_nothing_is_planned_for_a_part(node: Valkey, which: int) -> None:
    with pytest.raises(NotSafe, match="holds only a part; have its owner do it"):
        changes(node)[which].plan()


def test_what_it_does_not_hold_is_said_with_a_remedy(node: Valkey) -> None:
    with pytest.raises(Refused, match="is one node of a cluster") as down, node.block().changing(WARRANT) as client:
        client.unlink(f"{LIMITS}1")
    assert down.value.reason == "cluster"
    node.owner("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    wait(lambda: b"cluster_state:ok" in node.owner("CLUSTER", "INFO") or None, within=30, what="the cluster to be up")
    with node.block().changing(WARRANT) as client:
        assert client.unlink(f"{LIMITS}1") == 0
    with pytest.raises(Refused, match="is one node of a cluster"), node.block().changing(WARRANT) as client:
        client.eval("return 1", 2, DEAD, QUEUE)
