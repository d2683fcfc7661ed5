"""When an alarm goes off, by its rule and the values it saw."""

import pytest

from tasks.cloudwatch.replay import Rule, replay, states

X = None


def rule(
    periods: int = 1, datapoints: int = 1, missing: str = "missing", comparison: str = "GreaterThanThreshold"
) -> Rule:
    return Rule(comparison=comparison, limit=10, periods=periods, datapoints=datapoints, missing=missing)


def letters(given: Rule, values: list[float | None], before: str = "OK") -> str:
    return "".join(state[0] for state in states(given, values, before))


@pytest.mark.parametrize(
    ("given", "values", "course"),
    [
        (rule(), [1, 11, 10, 12], "OAOA"),
        (rule(comparison="GreaterThanOrEqualToThreshold"), [1, 10, 9], "OAO"),
        (rule(comparison="LessThanThreshold"), [1, 10, 11], "AOO"),
        (rule(comparison="LessThanOrEqualToThreshold"), [10, 11], "AO"),
        (rule(2, 2), [11, 1, 11, 11, 1], "OOOAO"),
        (rule(3, 2), [11, 1, 11, 1, 1], "OOAOO"),
        (rule(2, 2), [11, X, 11, 11], "OOOA"),
        (rule(missing="missing"), [1, X, 11], "OIA"),
        (rule(2, 1, "missing"), [1, X, X], "OOI"),
        (rule(missing="breaching"), [1, X, 1], "OAO"),
        (rule(missing="notBreaching"), [11, X], "AO"),
        (rule(missing="ignore"), [11, X, 1, X], "AAOO"),
    ],
)
def test_the_state_after_each_period(given, values, course):
    assert letters(given, values) == course


def test_an_alarm_that_takes_gaps_for_no_change_keeps_the_state_it_had():
    assert letters(rule(missing="ignore"), [X, X], before="ALARM") == "AA"


def test_what_it_would_have_done_is_counted():
    seen = replay(rule(missing="breaching"), [1, 11, 12, 1, X, X, 1, 30, X])
    assert (seen.went_off, seen.silent, seen.runs) == (3, 1, (2, 1))
    assert (seen.missing, seen.values, seen.last) == (3, 9, "ALARM")
    assert seen.excess == pytest.approx(2.0)


def test_an_alarm_without_any_value_has_done_nothing():
    seen = replay(rule(), [X, X])
    assert (seen.went_off, seen.runs, seen.excess, seen.last) == (0, (), 0.0, "INSUFFICIENT_DATA")


def test_excess_over_a_limit_of_zero_counts_in_ones():
    at_zero = Rule(comparison="GreaterThanThreshold", limit=0, periods=1, datapoints=1, missing="missing")
    assert at_zero.excess(3) == 3.0


def test_ordinary_ups_and_downs_pass_just_before_the_limit_and_bursts_do_not():
    ups, bursts = [7, 8, 9, 10, 11, 8, 9, 11, 9], [0, 1, 11, 0, 1, 11, 2]
    assert (replay(rule(), ups).near, replay(rule(), ups).beyond) == (6, 2)
    assert (replay(rule(), bursts).near, replay(rule(), bursts).beyond) == (0, 2)
    little = rule(comparison="LessThanThreshold")
    assert (replay(little, [11, 12, 9, 30]).near, replay(little, [11, 12, 9, 30]).beyond) == (2, 1)


def test_nothing_lies_before_a_limit_of_zero():
    at_zero = Rule(comparison="GreaterThanThreshold", limit=0, periods=1, datapoints=1, missing="missing")
    assert replay(at_zero, [0, 0, 0, 1]).near == 0


@pytest.mark.parametrize(
    ("began", "spread"), [([3, 6], None), ([3, 13, 23, 33], 0.0), ([3, 12, 23, 33], 0.08), ([1, 3, 20, 44], 0.63)]
)
def test_how_evenly_breaches_come_is_told_from_four_on(began, spread):
    assert replay(rule(), [11 if minute in began else 0 for minute in range(50)]).spread == (
        None if spread is None else pytest.approx(spread, abs=0.02)
    )
