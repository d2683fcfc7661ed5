"""History moves a prior a little, in the right direction, and never far."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.facts.seen import History, Past
from runbook.judging import rank
from runbook.learning import MOST, WEIGHT, learned
from tasks import hypothesize
from tests.vocabulary.test_judging import hypothesis, judge, seen

priors = st.floats(0.01, 0.99)


def log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def test_the_formula_is_the_documented_one() -> None:
    assert learned(History(declared=0.4, confirmed=0, of=0)) == 0.4
    assert learned(History(declared=0.4, confirmed=5, of=7)) == round((0.4 * WEIGHT + 5) / (WEIGHT + 7), 4)


@given(priors, st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_prior_stays_a_probability_and_moves_by_a_hint_at_most(declared: float, confirmed: int, others: int) -> None:
    used = learned(History(declared=declared, confirmed=confirmed, of=confirmed + others))
    assert 0 < used < 1
    assert abs(log_odds(used) - log_odds(declared)) <= MOST + 0.02


@given(priors, st.integers(0, 300), st.integers(0, 300))
def test_one_more_confirmation_never_makes_a_cause_less_likely(declared: float, confirmed: int, others: int) -> None:
    of = confirmed + others
    before = learned(History(declared=declared, confirmed=confirmed, of=of))
    assert learned(History(declared=declared, confirmed=confirmed + 1, of=of + 1)) >= before
    assert learned(History(declared=declared, confirmed=confirmed, of=of + 1)) <= before


def test_without_a_past_the_verdict_is_the_declared_one() -> None:
    readings = seen(level=11, other=2)
    (plain, other), (empty, _) = rank([hypothesis()], readings), rank([hypothesis()], readings, Past())
    assert plain == empty
    assert (plain.prior, plain.history) == (0.2, None)
    assert (other.prior, other.history) == (0.1, None)


def test_the_verdict_shows_declared_prior_history_and_the_prior_that_was_used() -> None:
    readings = seen(level=11, other=2)
    before, after = judge(hypothesis(), readings), judge(hypothesis(), readings, Past(of=6, confirmed={"h": 6}))
    assert after.history == History(declared=0.2, confirmed=6, of=6)
    assert after.prior == learned(after.history) > before.prior
    assert after.score > before.score
    assert after.standing is before.standing, "history is no evidence"
    never = judge(hypothesis(), readings, Past(of=6, confirmed={"another": 6}))
    assert never.prior < before.prior


def test_a_page_whose_incidents_had_other_causes_believes_more_in_something_else() -> None:
    readings = seen(level=11, other=2)
    (_, before), (_, after) = (
        rank([hypothesis()], readings),
        rank([hypothesis()], readings, Past(of=6, confirmed={"other": 6})),
    )
    assert after.hypothesis == before.hypothesis == "other"
    assert after.prior > before.prior
    assert after.score > before.score


@pytest.mark.parametrize(("said", "of"), [(None, 4), ("on", 4), ("off", 0), (" OFF ", 0)])
def test_learning_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, said: str | None, of: int) -> None:
    monkeypatch.setattr(hypothesize, "past", lambda *_, **__: Past(of=4, confirmed={"h": 4}))
    if said is None:
        monkeypatch.delenv(hypothesize.LEARNING, raising=False)
    else:
        monkeypatch.setenv(hypothesize.LEARNING, said)
    case = SimpleNamespace(journal=None, runbook=SimpleNamespace(name="rung.practice"), incident="INC-1")
    assert hypothesize.earlier(cast("Any", case)).of == of
