"""Now beside the same hour of the weeks before. What is not known comes first."""

from __future__ import annotations

import pytest

from runbook import Compared, compared


def failing(now: float, *weeks: float | None) -> Compared:
    return compared("requests that fail", now, weeks, unit="%")


@pytest.mark.parametrize("weeks", [(), (1.0,), (1.0, 1.2), (1.0, None, None, 1.2)])
def test_of_two_weeks_nobody_knows_what_is_usual(weeks: tuple[float | None, ...]) -> None:
    seen = failing(9.0, *weeks)
    for ask in (lambda: seen.above(points=1, floor=2), lambda: seen.ratio):
        with pytest.raises(LookupError, match=r"of \d weeks only, too few to tell what is usual"):
            ask()
    assert "what is usual at this hour is not known" in str(seen)


def test_what_is_no_number_is_neither_usual_nor_unusual() -> None:
    with pytest.raises(LookupError, match="is no number now; that is unknown"):
        failing(float("nan"), 1.0, 1.0, 1.0)
    with pytest.raises(LookupError, match="of 2 weeks only"):
        failing(9.0, 1.0, float("inf"), 1.0, float("nan")).above(points=1, floor=2)


def test_nothing_is_so_many_times_what_is_usually_below_nothing() -> None:
    with pytest.raises(LookupError, match="so nothing is so many times that"):
        assert failing(9.0, -1.0, -1.0, -1.0).ratio


def test_three_weeks_are_enough() -> None:
    assert failing(9.0, 1.0, None, 1.2, 1.1).above(points=1, floor=2)


def test_below_the_floor_nothing_is_above_whatever_is_usual() -> None:
    assert not failing(1.9, 0.0, 0.0, 0.0, 0.0).above(points=0.1, floor=2)
    assert not failing(2.0).above(points=0.1, floor=2), "a floor needs no weeks"


def test_so_many_points_above_the_usual_and_not_a_share_of_it() -> None:
    weeks = (4.0, 4.0, 4.0, 4.0)
    assert not failing(4.5, *weeks).above(points=0.5, floor=1)
    assert failing(4.6, *weeks).above(points=0.5, floor=1)


def test_what_always_goes_up_and_down_must_go_up_further() -> None:
    calm, restless = (3.0, 3.1, 2.9, 3.0), (3.0, 6.0, 1.0, 4.0)
    assert failing(6.0, *calm).above(points=1, floor=1)
    assert not failing(6.0, *restless).above(points=1, floor=1)


def test_one_bad_week_does_not_make_it_usual() -> None:
    assert failing(20.0, 1.0, 1.1, 60.0, 0.9).above(points=1, floor=2)


def test_how_many_times_the_usual_it_is() -> None:
    assert compared("tokens", 300.0, (100.0, 100.0, 90.0, 110.0)).ratio == 3
    with pytest.raises(LookupError, match="there is usually no tokens at this hour"):
        _ = compared("tokens", 300.0, (0.0, 0.0, 0.0)).ratio


def test_it_is_said_in_one_line_and_charted() -> None:
    seen = failing(9.0, 1.0, 1.2, 0.9, 1.1)
    assert str(seen) == "requests that fail 9 %, at this hour usually 1.05 give or take 0.1 (4 weeks)"
    assert str(seen.model_copy(update={"of": 1200})).startswith("requests that fail 9 % of 1200, at this hour")
    assert dict(seen.figures()) == {"requests that fail": (9.0, "%")}
    assert Compared.model_validate(seen.model_dump(mode="json")) == seen
