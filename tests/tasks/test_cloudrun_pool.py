"""How many connections a service of Cloud Run may open, read by Google's own client from a project of our own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from blocks.google import Google
from runbook import Permanent
from sandbox.google.run import Run
from sandbox.google.serving import standing
from tasks.cloudrun.load import MOST
from tasks.cloudrun.pool import InstancePool, read_pool
from tests.tasks.cloud import bakery
from tests.typing.bakery import SERVICE

POOL = "DATABASE_POOL_SIZE"


@pytest.fixture
def run() -> Run:
    return bakery()


@pytest.fixture
def google(run: Run) -> Iterator[Google]:
    with standing(run.cloud) as found:
        yield found


def test_a_pool_is_its_size_and_the_instances_that_there_may_be(run: Run, google: Google) -> None:
    service = run.services[SERVICE]
    service.env |= {"DATABASE_URL": "postgres://secret", POOL: "12"}
    assert read_pool(google, SERVICE, POOL) == InstancePool(size=12, most=MOST)
    service.most = 4
    assert read_pool(google, SERVICE, POOL, SERVICE) == InstancePool(size=12, most=4)


@pytest.mark.parametrize(
    ("env", "container"), [({}, ""), ({POOL: "twelve"}, ""), ({POOL: "-1"}, ""), ({POOL: "12"}, "sidecar")]
)
def test_what_is_no_number_is_said_and_not_guessed(
    run: Run, google: Google, env: dict[str, str], container: str
) -> None:
    run.services[SERVICE].env |= env
    with pytest.raises(Permanent, match=f"does not set {POOL} to a number") as refused:
        read_pool(google, SERVICE, POOL, container)
    assert "twelve" not in str(refused.value)
