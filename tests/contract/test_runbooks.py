"""What must be true of every runbook: one walk over all of them, so that a new one needs no new test."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import flows
from deployments.deployed import listed
from deployments.systems import system_of
from journal.facts.words import Answer, Effect, Ending
from runbook import (
    Approval,
    Attested,
    Examination,
    HandOff,
    Irreversible,
    Manual,
    Mitigation,
    Reading,
    Runbook,
    Wait,
    WayBack,
)
from runbook.change import CHANGES
from sandbox.drills.run import chosen
from sandbox.selftest.procedure import PROCEDURE
from tasks.step import step
from tests.contract.runbooks import MODULES, RUNBOOKS

ROOT = Path(__file__).parents[2]
SOURCE = re.compile(r"(devised|[a-z]+\.[a-z]\d+[a-z]?)( [a-z]+\.[a-z]\d+[a-z]?)*")
every = pytest.mark.parametrize("runbook", RUNBOOKS.values(), ids=RUNBOOKS.keys())
DECLARED = {**RUNBOOKS, PROCEDURE.name: PROCEDURE}
"""These, and one that is a procedure, since no system may have one."""


def test_every_incident_module_is_deployed() -> None:
    found = {
        module.name
        for module in pkgutil.walk_packages(flows.__path__, "flows.")
        if not module.ispkg and module.name.count(".") == 2 and not module.name.endswith(".system")
        if not module.name.startswith("flows.parts.")
    }
    assert found == set(MODULES)


def test_probes_that_stand_beside_a_runbook_are_named_after_it() -> None:
    beside = {file.relative_to(ROOT).with_suffix("") for file in (ROOT / "flows").glob("*/probes/[!_]*.py")}
    assert beside
    for found in beside:
        system, name = found.parts[1], found.name
        asked = importlib.import_module(f"flows.{system}.probes.{name}")
        assert MODULES[f"flows.{system}.{name}"].Params is asked.Params
        assert not hasattr(asked, "RUNBOOK"), "the declaration stays whole in its own file"


@every
def test_module_flow_deployment_drill_and_document_share_one_name(runbook: Runbook[Any, Any]) -> None:
    system, _, name = runbook.name.partition(".")
    module = MODULES[f"flows.{system}.{name}"]
    flow = getattr(module, f"{system}_{name}")
    spec = next(spec for spec in listed() if spec.entrypoint == f"flows.{system}.{name}.{system}_{name}")
    assert (flow.name, spec.name) == (runbook.name, name)
    assert importlib.import_module(f"{system_of(system).drills}.{name}").DRILLS
    assert (ROOT / "docs" / "runbooks" / system / f"{name}.md").exists()
    assert f"system:{system}" in spec.tags


@every
def test_every_sentence_is_said_once_and_has_a_reading_where_it_holds_and_one_where_not(
    runbook: Runbook[Any, Any],
) -> None:
    system, _, name = runbook.name.partition(".")
    recorded = json.loads((ROOT / "tests" / "recorded" / system / f"{name}.json").read_text())
    sentences = [evidence.sentence for evidence in runbook.evidence()]
    assert sorted(sentences) == sorted(set(sentences))
    assert set(recorded) == set(sentences)
    for evidence in runbook.evidence():
        for answer, said in ((Answer.YES, "holds"), (Answer.NO, "not")):
            value = evidence.probe.reads.model_validate(recorded[evidence.sentence][said])
            reading = Reading(probe=evidence.probe.name, at=datetime.now(UTC), took=timedelta(0), value=value)
            finding = evidence.find({evidence.probe.name: reading})
            assert finding.answer is answer, f"{evidence.sentence!r} with the reading {said!r}: {finding}"


@every
def test_every_look_is_bounded_and_says_what_it_needs(runbook: Runbook[Any, Any]) -> None:
    for probe in runbook.probes().values():
        assert timedelta(0) < probe.timeout <= timedelta(seconds=60), probe.name
        assert probe.uses, f"{probe.name} declares no reader, so its permissions are unknown"
        assert probe.permissions
        assert all(used.bound for used in probe.uses)
        assert SOURCE.fullmatch(probe.source), probe.source


@every
def test_every_cause_can_be_refuted_by_something_other_than_what_supports_it(runbook: Runbook[Any, Any]) -> None:
    for hypothesis in runbook.hypotheses:
        assert not {id(e) for e in hypothesis.supported_by} & {id(e) for e in hypothesis.refuted_by}
        assert SOURCE.fullmatch(hypothesis.source), hypothesis.source


@pytest.mark.parametrize("runbook", DECLARED.values(), ids=DECLARED.keys())
def test_every_treatment_says_what_it_risks_and_how_far_it_reaches(runbook: Runbook[Any, Any]) -> None:
    for treatment in runbook.steps():
        assert SOURCE.fullmatch(treatment.source), treatment.source
        if isinstance(treatment, Mitigation):
            assert treatment.guardrail.at_most > 0
            assert 0 < treatment.guardrail.at_most_share <= 1
            assert treatment.holds_for <= treatment.within
            if isinstance(treatment.approval, Approval):
                assert len(treatment.approval.risk) > 10
            if isinstance(treatment.undo, Irreversible):
                assert len(treatment.undo.why) > 10
        elif isinstance(treatment, Examination):
            assert treatment.guardrail.at_most > 0
            assert 0 < treatment.guardrail.at_most_share <= 1
            if isinstance(treatment.approval, Approval):
                assert len(treatment.approval.risk) > 10
            assert treatment.then_asks, f"{treatment.name}: say what sees more by it"
        elif isinstance(treatment, Manual):
            assert treatment.steps
        elif isinstance(treatment, Wait):
            assert len(treatment.says) > 10
            assert treatment.until is not runbook.symptom, f"{treatment.name}: the symptom is asked as well"
        else:
            assert isinstance(treatment, HandOff)


@pytest.mark.parametrize("runbook", [one for one in DECLARED.values() if one.procedure is not None])
def test_every_step_of_a_procedure_is_validated_by_what_is_looked_at(runbook: Runbook[Any, Any]) -> None:
    assert runbook.procedure is not None
    for one in runbook.procedure.steps:
        assert one.validated_by is not runbook.symptom, f"{one.name}: a procedure goes on whatever the symptom says"
        assert not issubclass(one.validated_by.probe.reads, Attested), one.name
        assert isinstance(one, Manual) or isinstance(one.undo, WayBack | Irreversible)
    assert list(runbook.steps()) == list(runbook.procedure.steps)
    of_this = [drill for drill in chosen([]) if drill.runbook == runbook.name]
    ended = {drill.ending for drill in of_this}
    assert runbook is PROCEDURE or {Ending.CONTAINED, Ending.UNRESOLVED} <= ended, "rehearse it whole, and stopped"


@every
def test_every_runbook_is_rehearsed(runbook: Runbook[Any, Any]) -> None:
    of_this = [drill for drill in chosen([]) if drill.runbook == runbook.name]
    ends = [
        t
        for t in runbook.mitigations
        if isinstance(t, Wait | Examination) or (isinstance(t, HandOff) and not t.returns)
    ]
    fixable = {cause.name for t in runbook.mitigations if t not in ends for cause in t.causes}
    waited = {t.treats.name for t in runbook.mitigations if isinstance(t, Wait)}
    assert waited <= {drill.top for drill in of_this if drill.ending is Ending.RECOVERED}, "no wait ends by itself"
    fixed = {drill.top for drill in of_this if drill.ending is Ending.RESOLVED}
    assert fixable <= fixed, f"no drill fixes {fixable - fixed}"
    assert any(drill.fault is None and drill.ending is Ending.NOT_REPRODUCED for drill in of_this), "no false alarm"
    assert any(drill.environment.endswith("blind") and not drill.applied for drill in of_this), "no blind run"


def test_every_runbook_is_to_be_read_again() -> None:
    """Without a date, the check of reviews would never ask for it."""
    assert [name for name, runbook in RUNBOOKS.items() if runbook.review_by is None] == []


def test_the_symptom_of_one_cause_is_rehearsed_with_another_at_work() -> None:
    decoys = [drill for drill in chosen([]) if drill.decoy and drill.runbook.startswith("rung.")]
    assert len(decoys) >= 5, [drill.name for drill in decoys]
    # A cause that something speaks against is contested: nobody is sure of it, and nothing may be changed.
    assert all(drill.top is not None or not drill.applied for drill in decoys), "a decoy has a cause to find"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_declares_what_it_needs(change: Any) -> None:
    assert change.permissions
    assert change.reads
    assert change.effect in Effect
    assert re.fullmatch(r"[a-z0-9]+\.[a-z_]+", change.name)


def test_nothing_is_ever_answered_from_a_cache() -> None:
    made = step("look", lambda: 1, shown="Look", retries=2)
    assert type(made.cache_policy).__name__ == "_None"
    assert made.persist_result is False
    assert made.retry_condition_fn is not None


def calls(tree: ast.AST) -> set[str]:
    """Names that are called in a module."""
    return {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }


def asks(read: ast.AST) -> bool:
    """Whether a run is suspended with a form, that somebody answers; without one, only the watch lets it go on."""
    return any(
        isinstance(call, ast.Call)
        and (call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")) == "suspend"
        and not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value is None)
        for call in ast.walk(read)
    )


def test_only_the_pipeline_asks_for_approval_and_makes_warrants() -> None:
    for room in ("runbook", "journal", "blocks", "tasks", "flows", "deployments"):
        for file in (ROOT / room).rglob("*.py"):
            read = ast.parse(file.read_text())
            called = calls(read)
            if file != ROOT / "flows" / "follow.py":
                assert "Warrant" not in called, file
                assert file == ROOT / "tasks" / "channel.py" or not asks(read), file
            if file != ROOT / "tasks" / "engine_prefect.py":
                assert not called & {"suspend_flow_run", "pause_flow_run"}, file
