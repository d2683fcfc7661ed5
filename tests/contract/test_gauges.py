"""What a sentence names as its gauge is a figure of its readings; and the symptom of whoever treats names one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.rung.connection_exhaustion import RUNBOOK
from runbook import Evidence, HandOff, Runbook
from tests.contract.runbooks import RUNBOOKS

RECORDED = Path(__file__).parents[1] / "recorded"


def figures(said: Evidence[Any, Any], recorded: Mapping[str, Any]) -> set[str]:
    """The names of all figures with a unit, of the recorded readings of a sentence; a mere count is none to compare."""
    values = (said.probe.reads.model_validate(one) for one in recorded[said.sentence].values())
    return {name for value in values for name, (_, unit) in value.figures().items() if unit}


def refused(runbook: Runbook[Any, Any]) -> Iterator[str]:
    system, _, name = runbook.name.partition(".")
    recorded = json.loads((RECORDED / system / f"{name}.json").read_text())
    for said in runbook.evidence():
        if said.gauge is not None and said.gauge not in figures(said, recorded):
            yield f"{runbook.name}: {said.gauge!r} is no figure of what {said.sentence!r} is about"
    treats = any(not isinstance(step, HandOff) for step in runbook.mitigations)
    if runbook.symptom.gauge is None and treats:
        yield f"{runbook.name}: it treats, and nothing would tell that its symptom has become worse"


@pytest.mark.parametrize("runbook", RUNBOOKS.values(), ids=RUNBOOKS.keys())
def test_every_symptom_is_measured_unless_nothing_is_changed(runbook: Runbook[Any, Any]) -> None:
    assert list(refused(runbook)) == []


@pytest.mark.parametrize(
    ("gauge", "why"), [("temperature", "is no figure of what"), (None, "nothing would tell that its symptom")]
)
def test_a_gauge_that_nothing_shows_is_refused(gauge: str | None, why: str) -> None:
    (said,) = refused(replace(RUNBOOK, symptom=replace(RUNBOOK.symptom, gauge=gauge)))
    assert why in said
