"""Where the world lives by turns, a validation looks once a turn: between two nobody could see anything new."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.facts.done import Validated
from tests.flows.small import mend, runbook, small


def looks(folder: Path, turn: float, monkeypatch: pytest.MonkeyPatch) -> Validated:
    folder.mkdir()
    with small(folder, strengths={"leak": 40.0}) as here:
        monkeypatch.setattr(here.engine, "_turn", lambda: turn)
        incident, _ = here.follow(runbook(mend("leak")))
        (validated,) = here.facts(incident, Validated)
    assert validated.held
    return validated


def test_a_validation_looks_once_a_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    always, by_turns = looks(tmp_path / "one", 0.0, monkeypatch), looks(tmp_path / "other", 5.0, monkeypatch)
    assert by_turns.looks < always.looks
    assert by_turns.took >= always.took
