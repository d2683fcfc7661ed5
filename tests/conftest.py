"""The running sandboxes that tests share: a world alone, and the whole rehearsal. Each is up once in a process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from prefect.client.orchestration import SyncPrefectClient

from deployments.stack import Stack
from deployments.stack_home import Home
from sandbox import World
from sandbox.drills.drill import Drill
from sandbox.rehearsal import Rehearsal, open_rehearsal
from sandbox.users import REFRESHED, run


@pytest.fixture(scope="session")
def running_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world that tests of the sandbox, of looks and of changes share; each puts back what it has changed."""
    with World.start(tmp_path_factory.mktemp("world"), max_connections=60) as world:
        run(world.facts.database, REFRESHED)  # a copied template knows nothing of its rows
        yield world


@pytest.fixture(scope="session")
def prefect_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Prefect's server without a worker, for tests that call flows themselves or keep blocks."""
    with Stack(Home.at(tmp_path_factory.mktemp("prefect")), workers=0) as running:
        yield running


@pytest.fixture(scope="module")
def prefect(prefect_alone: Stack) -> Iterator[SyncPrefectClient]:
    """A client of that server, which Prefect's own functions ask meanwhile."""
    with prefect_alone.client() as client:
        yield client


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the marks in a hook of its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs a whole file, a runbook's drills, all that shares a server: so each is started once.

    What needs the whole rehearsal comes last, so that none waits with nothing to do, and of that the drills, the
    runbook with the most first: they are what can be spread evenly.
    """
    many: Counter[str] = Counter()
    for item in items:
        assert isinstance(item, pytest.Function)
        if (drill := _drill(item)) is not None:
            many[drill.runbook] += 1
        shared = "prefect_alone" if "prefect_alone" in item.fixturenames else str(item.path)
        item.add_marker(pytest.mark.xdist_group(drill.runbook if drill else shared))
    rehearsing = {item.path for item in items if isinstance(item, pytest.Function) and "rehearsal" in item.fixturenames}

    def turn(item: pytest.Item) -> tuple[bool, int, str]:
        drill = _drill(item)
        return item.path in rehearsing, -many[drill.runbook] if drill else -1000, drill.runbook if drill else ""

    items.sort(key=turn)


def _drill(item: pytest.Item) -> Drill | None:
    given: object = getattr(getattr(item, "callspec", None), "params", {}).get("drill")
    return given if isinstance(given, Drill) else None


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """World and stack together, up once for the whole session."""
    with open_rehearsal(tmp_path_factory.mktemp("rehearsal")) as running:
        yield running
