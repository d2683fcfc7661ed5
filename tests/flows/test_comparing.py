"""Which run is an incident's own, judged from its entries alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.comparing import unlike_opened
from flows.incident import opening
from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.opened import Opened
from journal.facts.words import Ending
from journal.redaction import redact
from journal.store import Journal
from sandbox.selftest.incident import RUNBOOK, Params

GIVEN = Params(environment="practice", case="a")


@pytest.fixture
def journal(migrated: Path, tmp_path: Path) -> Iterator[Journal]:
    with Journal.connect(f"sqlite:///{shutil.copy(migrated, tmp_path)}") as opened:
        yield opened


def entries(journal: Journal, opened: Opened | None = None, *, closed: bool = False) -> tuple[Entry, ...]:
    said = opened or opening(RUNBOOK, GIVEN, None, requested_by="ana")
    incident, _ = journal.open_incident(said)
    if closed:
        journal.append(incident.id, "closed", Closed(ending=Ending.RESOLVED, text="done"))
    return journal.entries(incident.id)


def test_the_run_that_was_opened_for_is_its_own(journal: Journal) -> None:
    assert unlike_opened(RUNBOOK, GIVEN, entries(journal)) is None


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"environment": "other"}, "environment"),
        ({"case": "b"}, "parameters"),
        ({"sabotage": "before closed"}, "parameters"),
        ({"case": "A"}, "parameters"),
        ({"case": "a\u200b"}, "parameters"),
        ({"environment": "Practice"}, "environment"),
        ({"environment": "practice "}, "environment"),
    ],
)
def test_other_parameters_or_another_environment_are_named(journal: Journal, change: dict[str, Any], what: str) -> None:
    wrong = unlike_opened(RUNBOOK, GIVEN.model_copy(update=change), entries(journal))
    assert wrong is not None
    assert set(wrong) == {what}


def test_another_runbook_and_another_version_are_named(journal: Journal) -> None:
    wrong = unlike_opened(replace(RUNBOOK, name="practice.other", version="2"), GIVEN, entries(journal))
    assert wrong == {
        "runbook": "runbook 'practice.other' instead of 'practice.incident'",
        "version": "version '2' instead of '1'",
    }


def test_a_closed_incident_may_be_undone_by_a_newer_version_but_not_with_other_parameters(journal: Journal) -> None:
    newer, closed = replace(RUNBOOK, version="2"), entries(journal, closed=True)
    assert unlike_opened(newer, GIVEN, closed) is None
    assert unlike_opened(newer, GIVEN.model_copy(update={"case": "b"}), closed) is not None


def test_an_opening_that_names_only_some_parameters_is_completed_by_the_form(journal: Journal) -> None:
    """A route gives those it maps; the form fills in the rest, for the opening as for the run."""
    some = opening(RUNBOOK, GIVEN, None, requested_by="alert:x").model_copy(update={"params": {"case": "a"}})
    found = entries(journal, some)
    assert unlike_opened(RUNBOOK, GIVEN, found) is None
    assert unlike_opened(RUNBOOK, GIVEN.model_copy(update={"case": "b"}), found) is not None


def test_a_parameter_that_was_stored_redacted_is_compared_redacted(journal: Journal) -> None:
    given = Params(environment="practice", case="ana.lovelace@example.org")
    found = entries(journal, opening(RUNBOOK, given, None, requested_by="ana"))
    assert isinstance(found[0].fact, Opened)
    assert found[0].fact.params["case"] == redact("ana.lovelace@example.org") != "ana.lovelace@example.org"
    assert unlike_opened(RUNBOOK, given, found) is None
    stored = given.model_copy(update={"case": found[0].fact.params["case"]})
    assert unlike_opened(RUNBOOK, stored, found) is None
    assert unlike_opened(RUNBOOK, given.model_copy(update={"case": "b"}), found) is not None


def test_parameters_that_the_form_does_not_take_any_more_are_others(journal: Journal) -> None:
    old = opening(RUNBOOK, GIVEN, None, requested_by="ana").model_copy(update={"params": {"case": "a", "gone": 1}})
    assert unlike_opened(RUNBOOK, GIVEN, entries(journal, old)) is not None
