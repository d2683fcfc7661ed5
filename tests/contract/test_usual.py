"""How many times the usual something is says nothing beside next to nothing; the rule refuses what was planted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import CodeType
from typing import Any

import pytest

from flows.parts.usual import AskedUsual, usual
from flows.rung.high_latency import RUNBOOK
from runbook import Compared, Form, Runbook
from tasks.cloudwatch.read import Metric
from tests.contract.runbooks import RUNBOOKS

FAILED = Metric(name="failed", namespace="n", metric="failed", statistic="Sum")
ASKED = AskedUsual[Any, Form](usual("failures", lambda _: (FAILED, None)), "failures", points=1, floor=2)


def without_a_floor(runbook: Runbook[Any, Any]) -> Iterator[str]:
    """Sentences that ask for the ratio to the usual, and for no value that it must have at least."""
    for said in runbook.evidence():
        code: CodeType | None = getattr(said.holds, "__code__", None)
        asked = set(code.co_names) if said.probe.reads is Compared and code is not None else set[str]()
        if "ratio" in asked and not {"now", "above"} & asked:
            yield f"{runbook.name}: {said.sentence!r} has no floor: twice next to nothing is next to nothing"


@pytest.mark.parametrize("runbook", RUNBOOKS.values(), ids=RUNBOOKS.keys())
def test_what_is_usual_stands_beside_a_floor(runbook: Runbook[Any, Any]) -> None:
    assert list(without_a_floor(runbook)) == []


@pytest.mark.parametrize(
    ("holds", "refused"),
    [
        (lambda r: r.ratio > 3, True),
        (lambda r: r.now > 10 and r.ratio > 3, False),
        (lambda r: r.above(points=1, floor=2), False),
    ],
    ids=["ratio", "ratio and floor", "above"],
)
def test_a_ratio_alone_is_refused(holds: Callable[[Compared], bool], refused: bool) -> None:
    planted = replace(RUNBOOK, symptom=ASKED.probe.shows("failures are three times the usual", holds))
    said = list(without_a_floor(planted))
    assert bool(said) is refused
    assert all("has no floor: twice next to nothing" in one for one in said)
