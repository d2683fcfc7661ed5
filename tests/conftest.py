"""The one running rehearsal (world and stack) that every test shares which needs the whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.drills.drill import Drill
from sandbox.rehearsal import Rehearsal, open_rehearsal


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """World and stack together, up once for the whole session."""
    with open_rehearsal(tmp_path_factory.mktemp("rehearsal")) as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay together when the suite runs in several processes (`pytest -n 2 --dist loadgroup`).

    A file stays together, since its tests share what they start. Drills are one file but many incidents, and stay
    together by runbook.
    """
    for item in items:
        call = getattr(item, "callspec", None)
        drill = call.params.get("drill") if call is not None else None
        group = drill.runbook if isinstance(drill, Drill) else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
