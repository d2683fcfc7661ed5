"""An alarm is not made duller where it may be right: what is made of each shape that a metric's past can have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.rung.false_positive_alerts import RUNBOOK
from journal.facts.words import Answer, Standing
from runbook import Reading
from runbook.judging import rank
from sandbox.overlay.simulators.alarm_past import MINUTES, SHAPES, share
from tasks.cloudwatch.noise import Noise
from tasks.cloudwatch.replay import Rule, replay

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def seen(shape: str, *, guards: bool, missing: str = "notBreaching", tells_ok: bool = True) -> dict[str, Reading]:
    limit = 10.0
    rule = Rule(comparison="GreaterThanThreshold", limit=limit, periods=1, datapoints=1, missing=missing)
    shares = [share(SHAPES[shape], ago) for ago in range(MINUTES, 0, -1)]
    past = replay(rule, [None if part is None else limit * part for part in shares])
    noise = Noise(
        alarm="an-alarm",
        window=timedelta(minutes=MINUTES),
        limit=limit,
        datapoints=1,
        periods=1,
        treats_missing=missing,
        for_little=False,
        went_off=past.went_off,
        silent=past.silent,
        runs=len(past.runs),
        singles=sum(length == 1 for length in past.runs),
        longest=max(past.runs, default=0),
        excess=past.excess,
        missing=past.missing,
        values=past.values,
        last=past.last,
        tells=True,
        tells_ok=tells_ok,
        near=past.near,
        near_before=past.near_before,
        beyond=past.beyond,
        spread=past.spread,
        guards=guards,
    )
    return {"noise": Reading(probe="noise", at=NOW, took=timedelta(0), value=noise)}


def blamed(readings: dict[str, Reading]) -> list[str]:
    found = rank(RUNBOOK.hypotheses, readings, unnamed=RUNBOOK.unnamed)
    return [one.hypothesis for one in found if one.standing is Standing.SUPPORTED]


def test_a_quiet_alarm_is_none_that_cries_wolf() -> None:
    assert RUNBOOK.symptom.find(seen("quiet", guards=True)).answer is Answer.NO


@pytest.mark.parametrize("guards", [True, False])
@pytest.mark.parametrize(
    ("shape", "cause"),
    [
        ("hovering", ["tight_limit"]),
        ("risen", []),
        ("batches", []),
        ("attack", ["true_problem"]),
        ("slow_attack", ["true_problem"]),
        ("slow_singles", ["true_problem"]),
    ],
)
def test_the_limit_is_moved_for_ordinary_ups_and_downs_alone(shape: str, cause: list[str], guards: bool) -> None:
    readings = seen(shape, guards=guards)
    assert RUNBOOK.symptom.find(readings).answer is Answer.YES
    assert blamed(readings) == cause


def test_single_values_are_waited_out_only_where_nobody_is_guarded() -> None:
    assert blamed(seen("single", guards=False)) == ["single_values"]
    assert blamed(seen("single", guards=True)) == []


def test_silence_and_alerts_that_are_never_closed_are_told_whatever_is_guarded() -> None:
    assert blamed(seen("sparse", guards=True, missing="breaching")) == ["silence"]
    assert blamed(seen("rare", guards=True, tells_ok=False)) == ["never_closes"]
