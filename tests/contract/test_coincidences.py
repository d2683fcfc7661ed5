"""That something began when something else was released never decides by itself; and the rule refuses what was planted.

A cause for which nothing else speaks may be given to a person and is never treated by a change. It may refute
decisively: what was there before a release did not come with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import CodeType
from typing import Any

import pytest

from flows.rung.high_error_rate import BAD_RELEASE, FUNCTION, RELEASE, RUNBOOK
from runbook import Coincidence, Evidence, Hypothesis, Mitigation, Runbook, Since, Strength
from tasks.awslambda.read import Function
from tests.contract.runbooks import RUNBOOKS


def coincident(said: Evidence[Any, Any]) -> bool:
    """Whether a sentence is about when something was released or began, and about nothing else."""
    code: CodeType | None = getattr(said.holds, "__code__", None)
    young = said.probe.reads is Function and code is not None and bool({"age", "published"} & set(code.co_names))
    return young or issubclass(said.probe.reads, Coincidence)


def decided_by_coincidence(runbook: Runbook[Any, Any]) -> Iterator[str]:
    """Causes that a coincidence speaks for decisively, and changes that treat what nothing else speaks for."""
    changed = {cause.name for step in runbook.steps() if isinstance(step, Mitigation) for cause in step.causes}
    for one in runbook.hypotheses:
        about = [said for said in one.supported_by if coincident(said)]
        for said in about:
            if one.weight_of(said) >= Strength.DECISIVE.value:
                yield f"{runbook.name}: that {said.sentence} is a coincidence, and decides for {one.name}"
        if one.name in changed and len(about) == len(one.supported_by):
            yield f"{runbook.name}: a change treats {one.name}, and nothing but a coincidence speaks for it"
    if coincident(runbook.symptom):
        yield f"{runbook.name}: its symptom is a coincidence"


@pytest.mark.parametrize("runbook", RUNBOOKS.values(), ids=RUNBOOKS.keys())
def test_no_coincidence_decides_by_itself(runbook: Runbook[Any, Any]) -> None:
    assert list(decided_by_coincidence(runbook)) == []


def test_the_rule_knows_what_it_is_about() -> None:
    ours = {said.sentence for said in BAD_RELEASE.supported_by if coincident(said)}
    assert ours == {RELEASE.began_it.sentence, FUNCTION.fresh.sentence}


def with_cause(cause: Hypothesis[Any, Any]) -> Runbook[Any, Any]:
    others = tuple(one for one in RUNBOOK.hypotheses if one is not BAD_RELEASE)
    steps = tuple(step for step in RUNBOOK.mitigations if step.treats is not BAD_RELEASE)
    return replace(RUNBOOK, hypotheses=(*others, cause), mitigations=steps)


@pytest.mark.parametrize("said", [RELEASE.began_it, FUNCTION.fresh], ids=["began", "fresh"])
def test_a_release_that_decides_is_refused(said: Evidence[Any, Any]) -> None:
    planted = replace(BAD_RELEASE, strength=((said, Strength.DECISIVE),))
    (refused,) = decided_by_coincidence(with_cause(planted))
    assert refused == f"rung.high_error_rate: that {said.sentence} is a coincidence, and decides for bad_release"


def test_a_change_for_which_a_release_alone_speaks_is_refused() -> None:
    alone = replace(BAD_RELEASE, supported_by=(RELEASE.began_it, FUNCTION.fresh))
    assert list(decided_by_coincidence(with_cause(alone))) == [], "a person may be asked to go back"
    change = next(step for step in RUNBOOK.mitigations if isinstance(step, Mitigation))
    planted = with_cause(alone)
    planted = replace(planted, mitigations=(*planted.mitigations, replace(change, name="back", treats=alone)))
    (refused,) = decided_by_coincidence(planted)
    assert refused == "rung.high_error_rate: a change treats bad_release, and nothing but a coincidence speaks for it"


@pytest.mark.parametrize(
    "holds",
    [lambda r: r.began_with_one(), lambda r: not r.releases.none_for(timedelta(days=1))],
    ids=["onset", "lately"],
)
def test_an_onset_beside_releases_is_refused_like_them(holds: Callable[[Since], bool]) -> None:
    probe: Any = replace(RELEASE.probe, name="since", reads=Since)
    said = probe.shows("it began with a release", holds)
    planted = replace(
        BAD_RELEASE, supported_by=(said, *BAD_RELEASE.supported_by), strength=((said, Strength.DECISIVE),)
    )
    (refused,) = decided_by_coincidence(with_cause(planted))
    assert "it began with a release is a coincidence" in refused


def test_a_release_as_the_symptom_is_refused() -> None:
    (refused,) = decided_by_coincidence(replace(RUNBOOK, symptom=RELEASE.began_it))
    assert refused == "rung.high_error_rate: its symptom is a coincidence"
