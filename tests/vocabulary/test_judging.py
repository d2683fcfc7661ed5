"""Judging is pure: readings in, ranked verdicts out. Unknown adds nothing, and is shown."""

from __future__ import annotations

import math
import pickle
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.facts.seen import Past, Verdict
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
from runbook.judging import SOMETHING_ELSE, TOGETHER, rank, shares
from runbook.sureness import as_told

NOBODY = Past()


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
EVEN = level.shows("it is even", lambda r: r.level % 2 == 0)
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
    said = {"name": "h", "claim": "H.", "supported_by": (HIGH,), "refuted_by": (LOW, ODD), **more}
    return Hypothesis(source="devised", **said)


def judge(cause: Hypothesis[Any, Any], readings: dict[str, Any], past: Past = NOBODY, **more: Any) -> Verdict:
    """One cause, judged beside nothing but something else."""
    return next(verdict for verdict in rank([cause], readings, past, **more) if verdict.hypothesis == cause.name)


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


def test_unknown_moves_nothing_and_is_shown_with_its_reason() -> None:
    verdict = judge(hypothesis(prior=0.3), seen(level=None, other=None), unnamed=0.3)
    assert verdict.score == pytest.approx(0.5)
    assert {finding.answer for finding in verdict.speaks_for} == {Answer.UNKNOWN}
    assert verdict.speaks_for[0].observed == "denied"


def test_something_else_is_always_a_candidate_and_the_likeliest_where_all_others_are_refuted() -> None:
    (first, *rest) = rank([hypothesis()], seen(level=0, other=2))
    assert (first.hypothesis, first.claim, first.standing) == ("other", SOMETHING_ELSE, Standing.POSSIBLE)
    assert [one.standing for one in rest] == [Standing.REFUTED]
    (last,) = [one for one in rank([hypothesis()], seen(level=20, other=2)) if one.hypothesis == "other"]
    assert last.score < first.score


def test_only_a_hint_makes_a_cause_possible_and_says_what_would_tell() -> None:
    hinted = hypothesis(supported_by=(HIGH, EVEN), strength=((HIGH, Strength.HINT),), prior=0.6)
    verdict = judge(hinted, seen(level=21, other=2))
    assert verdict.standing is Standing.POSSIBLE
    assert verdict.short_of == ("only a hint speaks for it; look whether it is even",)
    assert judge(hinted, seen(level=20, other=2)).standing is Standing.SUPPORTED


def test_an_unknown_sentence_that_would_rule_it_out_makes_a_cause_possible() -> None:
    blind = seen(level=20, other=None)
    assert judge(hypothesis(), blind).standing is Standing.SUPPORTED
    verdict = judge(hypothesis(strength=((ODD, Strength.DECISIVE),)), blind)
    assert verdict.standing is Standing.POSSIBLE
    assert verdict.short_of == ("nobody could see whether it is odd there, which would rule it out",)


def test_a_cause_that_does_not_stand_clear_of_the_others_is_possible() -> None:
    causes = [hypothesis(name=name) for name in ("one", "two", "three")]
    ranking = rank(causes, seen(level=20, other=2))
    assert {one.standing for one in ranking} == {Standing.POSSIBLE}
    assert "not likelier than all others together" in ranking[0].short_of[0]


def test_a_cause_that_does_not_stand_clear_of_something_else_is_possible() -> None:
    verdict = judge(hypothesis(), seen(level=20, other=2), unnamed=0.5)
    assert verdict.score > 0.5
    assert verdict.standing is Standing.POSSIBLE
    assert "something that this page does not name is" in verdict.short_of[0]


def test_only_a_supported_cause_is_told_as_surer_than_its_share() -> None:
    (share,), _ = shares([0.3 / 0.7 * math.exp(2)], 0.1 / 0.9)
    supported = judge(hypothesis(prior=0.3), seen(level=20, other=2))
    assert (supported.standing, supported.score) == (Standing.SUPPORTED, as_told(round(share, 4)))
    assert supported.score > share
    blind = judge(hypothesis(prior=0.3, strength=((ODD, Strength.DECISIVE),)), seen(level=20, other=None))
    assert (blind.standing, blind.score) == (Standing.POSSIBLE, round(share, 4))


def test_two_causes_that_both_show_decisively_are_both_supported() -> None:
    causes = [hypothesis(name=name, prior=0.3, strength=((HIGH, Strength.DECISIVE),)) for name in ("one", "two")]
    ranking = rank(causes, seen(level=20, other=2))
    assert [one.standing for one in ranking] == [Standing.SUPPORTED, Standing.SUPPORTED, Standing.POSSIBLE]


weights = st.lists(st.floats(0.001, 500), min_size=1, max_size=5)


@given(weights, st.floats(0.01, 5))
def test_the_scores_are_the_shares_of_all_sets_of_causes_and_something_else(found: list[float], other: float) -> None:
    sets = [chosen for size in range(1, len(found) + 1) for chosen in combinations(range(len(found)), size)]
    mass = {chosen: TOGETHER ** (len(chosen) - 1) * math.prod(found[i] for i in chosen) for chosen in sets}
    total = sum(mass.values()) + other
    scores, left = shares(found, other)
    assert left == pytest.approx(other / total)
    for i, score in enumerate(scores):
        assert score == pytest.approx(sum(one for chosen, one in mass.items() if i in chosen) / total)
    assert sum(scores) + left >= 1 - 1e-9, "every possibility is in a score"


@given(weights, st.floats(0.01, 5))
def test_without_coincidences_the_scores_add_up_to_one(found: list[float], other: float) -> None:
    scores, left = shares(found, other, together=1e-9)
    assert sum(scores) + left == pytest.approx(1, rel=1e-3)


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
