"""The one running rehearsal (world and stack) that every test shares which needs the whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.rehearsal import Rehearsal, open_rehearsal


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """World and stack together, up once for the whole session."""
    with open_rehearsal(tmp_path_factory.mktemp("rehearsal")) as running:
        yield running
