from collections.abc import Iterator

import pytest

from sandbox.systems.rung.world import World


@pytest.fixture
def world(running_world: World) -> Iterator[World]:
    yield running_world
    running_world.heal()
