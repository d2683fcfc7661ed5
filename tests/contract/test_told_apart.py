"""Every runbook tells its causes apart; and each rule refuses an example that was planted for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from flows.rung.connection_exhaustion import RUNBOOK
from flows.rung.high_error_rate import RUNBOOK as ERRORS
from journal.facts.words import Ending
from runbook import Change, HandOff, Hypothesis, Mitigation, Runbook, Strength
from sandbox.drills.drill import Drill
from sandbox.drills.run import chosen
from tests.contract import told_apart
from tests.contract.runbooks import RUNBOOKS

every = pytest.mark.parametrize("runbook", RUNBOOKS.values(), ids=RUNBOOKS.keys())
of_drill = partial(Drill, runbook=RUNBOOK.name, alert="X", ending=Ending.UNRESOLVED, applied=(), healthy=False)


def made(runbook: Runbook[Any, Any], context: Any) -> Iterator[tuple[Mitigation[Any, Any], Change[Any]]]:
    for step in runbook.steps():
        if isinstance(step, Mitigation):
            yield step, step.change(context)


@every
def test_a_sentence_or_a_drill_tells_each_cause_from_each_other(runbook: Runbook[Any, Any]) -> None:
    assert list(told_apart.not_told_apart(runbook, chosen([]))) == []
    assert list(told_apart.without_a_sentence_of_its_own(runbook)) == []


@every
def test_each_mitigation_is_validated_by_its_own_cause(runbook: Runbook[Any, Any]) -> None:
    assert list(told_apart.validated_by_the_symptom_alone(runbook)) == []


@every
def test_each_change_touches_only_what_its_evidence_was_about(runbook: Runbook[Any, Any]) -> None:
    context = told_apart.anywhere()
    assert list(told_apart.not_about_the_same(runbook, made(runbook, context), context)) == []


@every
def test_whoever_is_handed_over_can_be_ruled_out_by_more_than_the_other_pages_symptom(
    runbook: Runbook[Any, Any],
) -> None:
    assert list(told_apart.handed_over_unasked(runbook)) == []


@every
def test_each_is_rehearsed_with_a_cause_that_it_does_not_name(runbook: Runbook[Any, Any]) -> None:
    assert list(told_apart.without_an_unnamed_cause(runbook, chosen([]))) == []


def planted(cause: Hypothesis[Any, Any]) -> Runbook[Any, Any]:
    """The runbook with one cause more."""
    return replace(RUNBOOK, hypotheses=(*RUNBOOK.hypotheses, cause))


def test_a_twin_that_nothing_tells_from_its_sibling_is_refused() -> None:
    leak = RUNBOOK.hypotheses[0]
    twin = planted(replace(leak, name="twin"))
    assert list(told_apart.not_told_apart(twin, ())) == [
        f"{RUNBOOK.name}: no sentence and no drill tells idle_leak from twin"
    ]
    assert list(told_apart.without_a_sentence_of_its_own(twin)) == [
        f"{RUNBOOK.name}: nothing of its own speaks well for {name}" for name in ("idle_leak", "twin")
    ]
    drilled = of_drill(name="twin", fault="idle_leak", top="twin")
    assert list(told_apart.not_told_apart(twin, [drilled])) == [], "a drill of the one tells them apart"


def test_a_cause_that_only_hints_speak_for_is_refused() -> None:
    leak = RUNBOOK.hypotheses[0]
    hinted = replace(leak, name="hinted", strength=tuple((said, Strength.HINT) for said in leak.supported_by))
    refused = list(told_apart.without_a_sentence_of_its_own(planted(hinted)))
    assert f"{RUNBOOK.name}: nothing of its own speaks well for hinted" in refused


def with_first(**more: Any) -> Runbook[Any, Any]:
    """The runbook with another first mitigation."""
    first, *rest = RUNBOOK.mitigations
    return replace(RUNBOOK, mitigations=(replace(first, **more), *rest))


def test_a_mitigation_that_is_validated_by_the_symptom_is_refused() -> None:
    (said,) = told_apart.validated_by_the_symptom_alone(with_first(validated_by=RUNBOOK.symptom))
    assert "end_idle_sessions is validated by" in said
    assert RUNBOOK.symptom.sentence[:40] in said


def test_a_mitigation_that_is_validated_by_what_validates_another_cause_is_refused() -> None:
    theirs = RUNBOOK.mitigations[1]
    assert isinstance(theirs, Mitigation)
    (said,) = told_apart.validated_by_the_symptom_alone(with_first(validated_by=theirs.validated_by))
    assert "end_idle_sessions is validated by 'fewer than one slot of the application in twenty" in said


@pytest.mark.parametrize("field", ["role", "database", "idle_for"])
def test_a_change_whose_filter_is_not_its_evidence_s_is_refused(field: str) -> None:
    context, first = told_apart.anywhere(), RUNBOOK.mitigations[0]
    assert isinstance(first, Mitigation)
    change: Any = first.change(context)
    stray = replace(change, whose=replace(change.whose, **{field: "another"}))
    (said,) = told_apart.not_about_the_same(RUNBOOK, [(first, stray)], context)
    assert "another" in said


def test_a_change_that_does_not_say_what_it_is_about_is_refused() -> None:
    class Silent:
        about = None

    first: Any = RUNBOOK.mitigations[0]
    silent: Any = Silent()
    (said,) = told_apart.not_about_the_same(RUNBOOK, [(first, silent)], told_apart.anywhere())
    assert said.endswith("does not say what it is about")


def test_a_runbook_that_is_never_rehearsed_with_an_unnamed_cause_is_refused() -> None:
    named = of_drill(name="leak", fault="idle_leak", top="idle_leak")
    (said,) = told_apart.without_an_unnamed_cause(RUNBOOK, [named])
    assert said == "rung.connection_exhaustion has no drill whose cause it does not name"
    unnamed = of_drill(name="unnamed", fault="pinged_leak", top=None, unnamed=True)
    assert list(told_apart.without_an_unnamed_cause(RUNBOOK, [unnamed])) == []


def test_who_is_handed_over_because_something_else_is_wrong_as_well_is_refused() -> None:
    (full,) = (cause for cause in ERRORS.hypotheses if cause.name == "no_connections")
    handed = [step for step in ERRORS.mitigations if isinstance(step, HandOff) and step.treats is full]
    kept = tuple(said for said in full.strength if said[0].probe.name == "slots")
    alone = replace(full, strength=kept)
    book = replace(
        ERRORS,
        hypotheses=(alone, *ERRORS.hypotheses[1:]),
        mitigations=(*(replace(step, treats=alone) for step in handed), *ERRORS.mitigations[1:]),
    )
    assert list(told_apart.handed_over_unasked(ERRORS)) == []
    assert list(told_apart.handed_over_unasked(book)) == [
        "rung.high_error_rate: no_connections is handed over to rung.connection_exhaustion for its symptom alone"
    ]
