"""Where a series is going, and when it gets there. What nobody can tell comes first."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from runbook import Trend, trend
from runbook.trends import AT_MOST, roughly
from tests.vocabulary.points import NOON, Made, made

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GB = 1e9


def going(values: list[float | None], *, every: timedelta = HOUR) -> Trend:
    return trend(made(values, every=every))


def falling(count: int = 72, *, a_day: float = -4.8, start: float = 40.0, noise: float = 0.05) -> list[float | None]:
    """Free space in GB, a value an hour."""
    chance = Random(7)
    return [start + a_day * hour / 24 + chance.gauss(0, noise) for hour in range(count)]


def test_of_too_few_values_there_is_no_trend() -> None:
    with pytest.raises(LookupError, match="only 7 values, too few for a trend"):
        going(falling(7))


def test_values_of_one_moment_are_no_trend() -> None:
    hours = made(range(4), every=timedelta(hours=1))
    with pytest.raises(LookupError, match="only 4 values"):
        trend(Made(hours.values * 3, hours.at * 3))


def test_what_has_just_changed_its_level_has_no_trend_yet() -> None:
    with pytest.raises(LookupError, match="only 4 values since its level changed at"):
        going([100.0] * 60 + [50.0] * 4)


@pytest.mark.parametrize("seed", range(10))
def test_ups_and_downs_go_nowhere(seed: int) -> None:
    chance = Random(seed)
    seen = going([20 + chance.gauss(0, 1) for _ in range(72)])
    assert abs(seen.a_day) < 1
    with pytest.raises(LookupError):
        seen.until(0)


def test_what_stands_still_goes_nowhere() -> None:
    seen = going([20.0] * 72)
    assert (seen.a_day, seen.moves) == (0, False)
    with pytest.raises(LookupError, match="neither clearly rises nor falls"):
        seen.until(0)


def test_a_limit_behind_is_never_reached() -> None:
    with pytest.raises(LookupError, match="it moves away from 100"):
        going(falling()).until(100)


def test_an_hour_tells_nothing_of_next_week() -> None:
    with pytest.raises(LookupError, match="0 is too far to tell from the pace of 60 minutes"):
        going(falling(61, a_day=-4.8 / 60, noise=0), every=timedelta(minutes=1)).until(0)


def test_where_it_may_be_tomorrow_as_well_as_in_a_week_nobody_knows_when() -> None:
    seen = Trend(a_day=-4, low=-20, high=-1, now=20, at=NOON, seen_for=3 * DAY)
    with pytest.raises(LookupError, match="0 may be reached in 24 hours as well as after 3 days"):
        seen.until(0)


def test_the_time_until_a_limit_is_reached() -> None:
    seen = going(falling())
    assert seen.a_day == pytest.approx(-4.8, abs=0.1)
    assert seen.low <= seen.a_day <= seen.high < 0
    assert seen.until(10) / DAY == pytest.approx((40 - 71 * 0.2 - 10) / 4.8, rel=0.05)
    assert roughly(seen.until(10)) == "3 days"


@pytest.mark.parametrize("a_day", [-1e-300, -1e-9])
def test_what_hardly_moves_never_gets_there(a_day: float) -> None:
    with pytest.raises(LookupError, match="too far to tell"):
        Trend(a_day=a_day, low=a_day, high=a_day, now=1e12, at=NOON, seen_for=DAY).until(0)


def test_rising_reaches_what_is_above() -> None:
    assert going([60.0 + hour for hour in range(30)]).until(100) / HOUR == pytest.approx(12, abs=1)


def test_a_few_values_that_stray_bend_nothing() -> None:
    values = falling()
    for place in (5, 40, 70):
        values[place] = 500.0
    assert going(values).a_day == pytest.approx(-4.8, abs=0.1)


def test_missing_values_bend_nothing() -> None:
    values = falling()
    values[20:40] = [None] * 20
    assert going(values).a_day == pytest.approx(-4.8, abs=0.1)


def test_a_jump_of_yesterday_is_no_trend() -> None:
    chance = Random(1)
    values = [(90.0 if hour < 40 else 45.0) + chance.gauss(0, 0.05) for hour in range(72)]
    with pytest.raises(LookupError):
        going([*values, 45.0]).until(0)


def test_after_a_jump_the_pace_since_then_counts() -> None:
    values = [90.0] * 40 + [45.0 - hour for hour in range(30)]
    seen = going(list(values))
    assert seen.a_day == pytest.approx(-24, abs=1)
    assert seen.seen_for == 29 * HOUR


def until_cleared(hours: int, *, after: int) -> list[float | None]:
    """A disk that logs fill, and that is cleared after so many hours, again and again."""
    return [100.0 - hour % after for hour in range(hours)]


@pytest.mark.parametrize("after", [6, 12, 24, 36])
@pytest.mark.parametrize("hours", range(60, 72, 3))
def test_what_is_filled_and_cleared_again_and_again_is_not_full_soon(hours: int, after: int) -> None:
    with pytest.raises(LookupError):
        going(until_cleared(hours, after=after)).until(0)


def bumped(hours: int) -> list[float | None]:
    """Free space that was down at 30 for five hours, came back, and falls again by 4 an hour for so many hours."""
    return [*[100.0] * 20, *[30.0] * 5, *[100.0] * 20, *(96.0 - 4 * hour for hour in range(hours))]


def test_what_was_there_before_and_came_back_may_do_so_again() -> None:
    seen = going(bumped(10))
    assert seen.a_day == pytest.approx(-96, abs=1)
    with pytest.raises(LookupError, match="it was at 64 and beyond before, and came back"):
        seen.until(0)


def test_what_is_further_than_ever_is_told_although_it_came_back_before() -> None:
    assert going(bumped(20)).until(0) / HOUR == pytest.approx(6, abs=1)


def test_one_value_that_strayed_is_no_coming_back() -> None:
    values = [100.0] * 40 + [60.0 - hour for hour in range(12)]
    values[30] = 1.0
    assert not going(list(values)).was_there


def test_many_values_are_taken_together() -> None:
    seen = trend(made([40.0 - 0.01 * minute for minute in range(AT_MOST * 12)], every=timedelta(minutes=1)))
    assert seen.a_day == pytest.approx(-14.4, abs=0.1)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(days=3.2), "3 days"),
        (timedelta(days=1.6), "2 days"),
        (timedelta(hours=30), "30 hours"),
        (timedelta(minutes=95), "2 hours"),
        (timedelta(minutes=80), "80 minutes"),
        (timedelta(seconds=5), "1 minute"),
        (timedelta(0), "1 minute"),
    ],
)
def test_a_forecast_is_no_more_exact_than_it_can_be(span: timedelta, said: str) -> None:
    assert roughly(span) == said


def test_a_trend_is_said_in_one_line() -> None:
    seen = going(falling(noise=0)).model_copy(update={"unit": "GB"})
    assert str(seen).startswith("26 GB, -4.8 GB a day (-4.8 GB to -4.8 GB)")
    assert str(going([20.0] * 9)) == "20, neither clearly rising nor falling"
    assert Trend.model_validate(seen.model_dump(mode="json")) == seen


@pytest.mark.parametrize(
    ("a_day", "within", "reaches"),
    [
        pytest.param(-4.8, 10, True, id="soon enough"),
        pytest.param(-4.8, 2, False, id="later"),
        pytest.param(4.8, 10, False, id="away from it"),
        pytest.param(0.0, 10, False, id="nowhere"),
    ],
)
def test_a_limit_is_reached_within_a_time_or_not(a_day: float, within: int, reaches: bool) -> None:
    assert going(falling(a_day=a_day)).reaches(0, timedelta(days=within)) is reaches


def test_whether_a_limit_that_may_be_far_is_reached_nobody_knows() -> None:
    soon = going(falling(24))
    with pytest.raises(LookupError, match="too far to tell"):
        soon.reaches(0, timedelta(days=30))
