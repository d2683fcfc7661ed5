"""When the level of a series changed last. What is no change, and what nobody can tell, comes first."""

from __future__ import annotations

from datetime import timedelta
from math import nan
from random import Random

import pytest

from runbook import Onset, onset
from tests.vocabulary.points import MINUTE, NOON, Made, made, noisy

QUARTER = timedelta(minutes=15)


def began(seen: Made, *, little: float = 0.0) -> int | None:
    """The minute after noon at which the level changed."""
    at = onset(seen, little=little).at
    return None if at is None else round((at - NOON) / MINUTE)


@pytest.mark.parametrize("many", [0, 1, 7])
def test_of_too_few_values_nobody_knows_when_the_level_changed(many: int) -> None:
    with pytest.raises(LookupError, match=f"only {many} values"):
        onset(made([5.0] * many))


def test_what_is_no_number_is_no_value() -> None:
    with pytest.raises(LookupError, match="only 7 values"):
        onset(made([5.0] * 7 + [nan, float("inf")]))


@pytest.mark.parametrize("tail", [[90.0], [90.0, 91.0]])
def test_newest_values_that_are_off_may_be_a_spike_as_well_as_a_change(tail: list[float]) -> None:
    with pytest.raises(LookupError, match="too few to tell a change from a spike"):
        onset(made([*noisy(10, 30), *tail]))


@pytest.mark.parametrize("seed", range(40))
def test_ups_and_downs_are_no_change(seed: int) -> None:
    seen = made([*noisy(10, 120, seed=seed), *[10.0] * 3])  # quiet at the end, so that no last one is off
    assert began(seen) is None


@pytest.mark.parametrize("spike", [[200.0], [200.0, 210.0], [200.0, 1.0], [0.0]])
def test_a_spike_is_no_change(spike: list[float]) -> None:
    assert began(made([*noisy(10, 30), *spike, *noisy(10, 20, seed=2)])) is None


@pytest.mark.parametrize("by", [0.01, 0.1, 1.0, -0.05])
def test_a_slow_drift_is_no_change(by: float) -> None:
    assert began(made([10 + by * place for place in range(150)])) is None


def test_a_slow_drift_with_ups_and_downs_is_no_change() -> None:
    chance = Random(3)
    assert began(made([50 + 0.2 * place + chance.gauss(0, 1) for place in range(150)])) is None


def test_a_difference_that_the_author_calls_little_is_no_change() -> None:
    few_fail = made([0.0] * 20 + [0.004] * 10)
    assert began(few_fail) == 20
    assert began(few_fail, little=0.01) is None


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("to", [20.0, 5.0])
def test_a_step_up_or_down_is_found_at_its_first_values(seed: int, to: float) -> None:
    assert began(made([*noisy(10, 40, seed=seed), *noisy(to, 12, seed=seed + 100), to])) in {
        39,
        40,
    }  # the one before may stray that way


def test_where_nothing_ever_failed_three_failures_in_a_row_are_another_level() -> None:
    seen = onset(made([0.0] * 20 + [0.3, 0.2, 0.3]))
    assert (seen.at, seen.was, seen.now) == (NOON + 20 * MINUTE, 0.0, 0.3)


def test_the_last_of_several_changes_counts() -> None:
    assert began(made(noisy(10, 20) + noisy(40, 20) + noisy(90, 20))) == 40


def test_what_came_and_went_changed_when_it_ended() -> None:
    assert began(made(noisy(10, 30) + noisy(60, 5) + noisy(10, 10, seed=2))) == 35
    assert began(made(noisy(10, 30) + noisy(60, 15) + noisy(10, 10, seed=2))) == 45


def test_a_leak_began_where_it_began_to_rise() -> None:
    assert began(made([*[10.0] * 30, *(12.0 + 2 * place for place in range(40))])) == 30


def test_a_spike_before_the_step_does_not_move_it() -> None:
    assert began(made([*noisy(10, 30), 300.0, *noisy(10, 10, seed=2), *noisy(25, 10, seed=3)])) == 41


def test_missing_values_do_not_move_a_change_nor_make_one() -> None:
    values: list[float | None] = [*noisy(10, 40), *noisy(30, 12, seed=2)]
    for place in (3, 4, 5, 17, 30, 44):
        values[place] = None
    assert began(made(values)) == 40
    assert began(made([*noisy(10, 20), *[None] * 60, *noisy(10, 20, seed=2)])) is None


def test_values_in_another_order_are_the_same_series() -> None:
    seen = made(noisy(10, 30) + noisy(30, 10))
    assert onset(Made(seen.values[::-1], seen.at[::-1])) == onset(seen)


# -- before or after a moment -----------------------------------------------------------------------------------------

STEP = onset(made([1.0] * 30 + [9.0] * 5))


@pytest.mark.parametrize(
    ("minute", "soon"), [(29, True), (30, True), (30.5, True), (31, False), (15, True), (14, False)]
)
def test_a_change_is_soon_after_a_moment_and_not_before_it(minute: float, soon: bool) -> None:
    moment = NOON + minute * MINUTE
    assert STEP.soon_after(moment, QUARTER) is soon
    assert STEP.before(moment) is (minute >= 31)


def test_in_a_gap_nobody_knows_which_was_first() -> None:
    seen = onset(made([*[1.0] * 30, *[None] * 20, *[9.0] * 5]))
    in_the_gap = NOON + 40 * MINUTE
    for ask in (lambda: seen.before(in_the_gap), lambda: seen.soon_after(in_the_gap, QUARTER)):
        with pytest.raises(LookupError, match="changed while nothing was seen, after 12:29:00"):
            ask()
    assert not seen.before(NOON + 20 * MINUTE)
    assert seen.before(NOON + 54 * MINUTE)


@pytest.mark.parametrize("seen", [made([1.0] * 30), made([*[9.0] * 20, *[1.0] * 10])])
def test_after_the_newest_value_nobody_knows_what_the_level_did(seen: Made) -> None:
    came = NOON + 29.5 * MINUTE
    for ask in (lambda: onset(seen).before(came), lambda: onset(seen).soon_after(came, QUARTER)):
        with pytest.raises(LookupError, match="nothing was seen since 12:29:00"):
            ask()


def test_a_moment_counts_once_however_often_it_is_told() -> None:
    level = made(noisy(10, 30))
    again = Made((*level.values, 90.0, 90.0, 90.0), (*level.at, *[NOON + 30 * MINUTE] * 3))
    with pytest.raises(LookupError, match="too few to tell a change from a spike"):
        onset(again)
    with pytest.raises(LookupError, match="only 4 values"):
        onset(Made((5.0,) * 12, made([5.0] * 4).at * 3))


def test_a_level_that_never_changed_was_there_before_all_that_was_seen() -> None:
    seen = onset(made([1.0] * 30))
    assert seen.before(NOON + 5 * MINUTE)
    assert not seen.soon_after(NOON + 5 * MINUTE, QUARTER)
    with pytest.raises(LookupError, match="nothing was seen before 12:00:00"):
        seen.before(NOON - MINUTE)


def test_an_onset_is_said_in_one_line() -> None:
    assert str(STEP) == "the level went from 1 to 9 at 2026-03-14 12:30:00 UTC"
    assert str(onset(made([1.0] * 9))) == "the level is 1, as ever since 2026-03-14 12:00:00 UTC"
    assert Onset.model_validate(STEP.model_dump(mode="json")) == STEP
