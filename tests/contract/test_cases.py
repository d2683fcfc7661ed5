"""Every change that a runbook makes is met in each case that it can come to, by tests that say so.

What the marks of those tests claim is watched while they run (`tests/tasks/conftest.py`); here only the marks are read.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from runbook import Change, Irreversible, NotNeeded, Reversible, WayBack
from runbook.change import CHANGES
from tests.contract.runbooks import made_by_runbooks
from tests.tasks.cases import CASES, NOT_NEEDED, UNDO, Met, alone, claims

TASKS = Path(__file__).parents[1] / "tasks"
each = pytest.mark.parametrize("change", made_by_runbooks(), ids=lambda change: change.name)


def marks_of(test: Any) -> Iterator[pytest.Mark]:
    """The marks of a test function or class, of what is in it, and of what it is parametrised with."""
    for mark in getattr(test, "pytestmark", ()):
        yield mark
        if mark.name == "parametrize":
            yield from (inner for given in mark.args[1] for inner in getattr(given, "marks", ()))
    if isinstance(test, type):
        for name, inner in vars(test).items():
            if name.startswith("test"):
                yield from marks_of(inner)


@pytest.fixture(scope="module")
def claimed() -> Met:
    """All cases that tests of changes are marked with."""
    try:
        modules = [importlib.import_module(f"tests.tasks.{file.stem}") for file in TASKS.glob("test_*.py")]
    except TypeError as error:
        pytest.fail(alone() or str(error))
    tests = [one for module in modules for name, one in vars(module).items() if name.lower().startswith("test")]
    return claims(mark for test in tests for mark in marks_of(test))


def can_come_to(change: type[Change[Any]]) -> set[str]:
    """The cases of a change: one without a way back has no undo; one whose plan is never `NotNeeded` says so."""
    never = set() if issubclass(change, Reversible) else {UNDO}
    if NotNeeded not in get_args(get_type_hints(change.plan)["return"]):
        never.add(NOT_NEEDED)
    return set(CASES) - never


@each
def test_it_is_met_in_every_case(change: type[Change[Any]], claimed: Met) -> None:
    met = {case for other, case in claimed if other is change}
    assert met == can_come_to(change), "mark the test that shows it with @pytest.mark.case, in tests/tasks"


@each
def test_it_has_a_way_back_or_says_why_not(change: type[Change[Any]]) -> None:
    for runbook, mitigation in made_by_runbooks()[change]:
        wanted = WayBack if issubclass(change, Reversible) else Irreversible
        assert isinstance(mitigation.undo, wanted), f"{runbook.name}.{mitigation.name}"
        if isinstance(mitigation.undo, Irreversible):
            assert len(mitigation.undo.why) > 10, f"{runbook.name}.{mitigation.name}"


def test_every_change_is_made_by_a_runbook() -> None:
    ours = {change for change in CHANGES.values() if change.__module__.startswith("tasks.")}
    assert ours == set(made_by_runbooks())
