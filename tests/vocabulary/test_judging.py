"""Judging is pure: readings in, ranked verdicts out. Unknown adds nothing, and is shown."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.facts.words import Answer, Standing
from runbook import (
    Alert,
    Context,
    Drifted,
    Facts,
    Form,
    Hypothesis,
    NotSafe,
    Permanent,
    Reading,
    Strength,
    Temporary,
    Unreadable,
    look,
    probe,
)
from runbook.judging import judge, rank


class Level(Facts):
    level: float


@look("test:look", bound="one number")
def read_level() -> Level:
    return Level(level=0)


@probe(read_level, asks="How high?", source="devised")
def level(_: Context[Any, Form]) -> Level:
    return read_level()


@probe(read_level, asks="How high elsewhere?", source="devised")
def other(_: Context[Any, Form]) -> Level:
    return read_level()


HIGH = level.shows("it is high", lambda r: r.level > 10)
LOW = level.shows("it is low", lambda r: r.level < 1)
ODD = other.shows("it is odd there", lambda r: r.level % 2 == 1)
FAULTY = level.shows("it divides", lambda r: 1 / (r.level - r.level) > 0)


def seen(**levels: float | None) -> dict[str, Any]:
    now, took = datetime.now(UTC), timedelta(0)
    return {
        name: Unreadable(probe=name, at=now, took=took, why="denied")
        if value is None
        else Reading[Level](probe=name, at=now, took=took, value=Level(level=value))
        for name, value in levels.items()
    }


def hypothesis(**more: Any) -> Hypothesis[Any, Any]:
    return Hypothesis(
        name="h", claim="H.", source="devised", **{"supported_by": (HIGH,), "refuted_by": (LOW, ODD), **more}
    )


@pytest.mark.parametrize(
    ("readings", "standing"),
    [
        (seen(level=20, other=2), Standing.SUPPORTED),
        (seen(level=20, other=3), Standing.CONTESTED),
        (seen(level=0, other=2), Standing.REFUTED),
        (seen(level=5, other=2), Standing.UNDECIDED),
        (seen(level=None, other=None), Standing.UNDECIDED),
        ({}, Standing.UNDECIDED),
    ],
)
def test_the_standing_says_what_speaks(readings: dict[str, Any], standing: Standing) -> None:
    assert judge(hypothesis(), readings).standing is standing


def test_unknown_leaves_the_prior_alone_and_is_shown_with_its_reason() -> None:
    verdict = judge(hypothesis(prior=0.3), seen(level=None, other=None))
    assert verdict.score == pytest.approx(0.3)
    assert {finding.answer for finding in verdict.speaks_for} == {Answer.UNKNOWN}
    assert verdict.speaks_for[0].observed == "denied"


def test_a_predicate_that_fails_is_unknown_and_does_not_cost_the_others() -> None:
    verdict = judge(hypothesis(supported_by=(FAULTY, HIGH)), seen(level=20, other=2))
    assert [finding.answer for finding in verdict.speaks_for] == [Answer.UNKNOWN, Answer.YES]
    assert "ZeroDivisionError" in verdict.speaks_for[0].observed


def test_decisive_evidence_outweighs_a_hint() -> None:
    plain = judge(hypothesis(), seen(level=20, other=3))
    decisive = judge(hypothesis(strength=((HIGH, Strength.DECISIVE), (ODD, Strength.HINT))), seen(level=20, other=3))
    assert decisive.score > plain.score


@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=6), st.floats(0, 30), st.floats(0, 30))
def test_ranking_is_most_likely_first_and_the_same_every_time(priors: list[float], here: float, there: float) -> None:
    causes = [hypothesis(prior=prior) for prior in priors]
    ranking = rank(causes, seen(level=here, other=there))
    assert [v.score for v in ranking] == sorted((v.score for v in ranking), reverse=True)
    assert ranking == rank(causes, seen(level=here, other=there))


@pytest.mark.parametrize("missing", ["supported_by", "refuted_by"])
def test_a_hypothesis_without_both_kinds_of_evidence_cannot_be_declared(missing: str) -> None:
    with pytest.raises(ValueError, match="needs evidence for it and evidence against it"):
        hypothesis(**{missing: ()})


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="extra"):
        Alert(format="x", name="x", fingerprint="x", severitty="error")
    with pytest.raises(ValueError, match="extra"):
        Level(level=1, levle=2)


@pytest.mark.parametrize(
    "error", [Temporary("t", timedelta(seconds=2)), Permanent("p"), NotSafe("n"), Drifted("d")], ids=str
)
def test_errors_survive_pickling(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.args == error.args
