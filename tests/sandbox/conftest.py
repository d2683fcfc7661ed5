from collections.abc import Iterator

import pytest

from sandbox import World


@pytest.fixture(scope="session")
def running_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.start(tmp_path_factory.mktemp("world"), max_connections=60) as world:
        yield world


@pytest.fixture
def world(running_world: World) -> Iterator[World]:
    yield running_world
    running_world.heal()
