"""The running sandboxes that tests share: a world alone, and the whole rehearsal. Each is up once in a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox import World
from sandbox.rehearsal import Rehearsal, open_rehearsal
from sandbox.users import REFRESHED, run


@pytest.fixture(scope="session")
def running_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world that tests of the sandbox, of looks and of changes share; each puts back what it has changed."""
    with World.start(tmp_path_factory.mktemp("world"), max_connections=60) as world:
        run(world.facts.database, REFRESHED)  # a copied template knows nothing of its rows
        yield world


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the marks in a hook of its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs a whole file, and a runbook's drills, so that what they share is started once."""
    for item in items:
        drill = getattr(getattr(item, "callspec", None), "params", {}).get("drill")
        item.add_marker(pytest.mark.xdist_group(drill.runbook if drill else str(item.path)))


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """World and stack together, up once for the whole session."""
    with open_rehearsal(tmp_path_factory.mktemp("rehearsal")) as running:
        yield running
