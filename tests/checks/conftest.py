"""The journal that checks write in when a test calls them itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.store import Journal


@pytest.fixture
def journal(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """A journal of the test's own, in a home of its own."""
    url = f"sqlite:///{shutil.copy(migrated, tmp_path / 'journal.db')}"
    monkeypatch.setenv("CODEBLUE_HOME", str(tmp_path))
    monkeypatch.setenv("CODEBLUE_JOURNAL", url)
    with Journal.connect(url) as kept:
        yield kept
