"""Whether something began with a release. What nobody can tell comes first."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from runbook import Around, Release, Releases, Since
from runbook.release import around, since
from tests.vocabulary.points import MINUTE, NOON, Made, made

DAY = timedelta(days=1)
STEP = made([0.01] * 40 + [0.3] * 10)
"""More fail from 12:40 on."""


def release(at: datetime, version: str = "8") -> Release:
    return Release(what="version", service="api", version=version, at=at, source="lambda")


def releases(*minutes: float, known_for: timedelta = 2 * DAY, late: timedelta = timedelta(0)) -> Releases:
    """Releases so many minutes after noon; it is one o'clock."""
    now = NOON + 60 * MINUTE
    newest = tuple(release(NOON + minute * MINUTE) for minute in sorted(minutes, reverse=True))
    return Releases(service="api", releases=newest, since=now - known_for, until=now - late, asked_at=now)


def seen(*minutes: float, points: Made = STEP, known_for: timedelta = 2 * DAY) -> Since:
    return since(points, releases(*minutes, known_for=known_for))


def test_without_an_onset_nobody_knows_whether_it_began_with_a_release() -> None:
    blind = seen(38, points=made([0.01] * 3))
    for ask in (blind.began_with_one, blind.began_before):
        with pytest.raises(LookupError, match="only 3 values"):
            ask()
    assert "only 3 values" in str(blind)


def test_releases_that_are_not_known_far_enough_back_clear_nobody() -> None:
    with pytest.raises(LookupError, match="known only from 2026-03-14 12:30:00"):
        seen(known_for=30 * MINUTE).began_with_one()
    with pytest.raises(LookupError, match="known only from"):
        releases(known_for=DAY / 2).none_for(DAY)


def test_a_record_that_is_late_clears_nobody_of_the_last_minutes() -> None:
    late = releases(-500, late=25 * MINUTE)
    with pytest.raises(LookupError, match="until 2026-03-14 12:35:00"):
        late.none_for(MINUTE * 60)
    with pytest.raises(LookupError, match="until 2026-03-14 12:35:00"):
        since(STEP, late).began_with_one()
    assert not since(STEP, releases(-500, late=15 * MINUTE)).began_with_one()


def test_a_release_in_a_gap_is_neither_before_nor_after() -> None:
    gap = made([*[0.01] * 20, *[None] * 20, *[0.3] * 10])
    with pytest.raises(LookupError, match="while nothing was seen"):
        seen(30, points=gap).began_with_one()
    with pytest.raises(LookupError, match="while nothing was seen"):
        seen(30, points=gap).began_before()


@pytest.mark.parametrize(
    ("minutes", "with_one", "before"),
    [
        ((38,), True, False),
        ((40.5,), True, False),
        ((20,), False, False),
        ((45,), False, True),
        ((45, 38), True, False),
        ((45, 10), False, False),
    ],
)
def test_it_began_with_a_release_or_before_it(minutes: tuple[float, ...], with_one: bool, before: bool) -> None:
    assert (seen(*minutes).began_with_one(), seen(*minutes).began_before()) == (with_one, before)


def test_without_a_release_it_did_not_begin_with_one() -> None:
    assert not seen().began_with_one()
    with pytest.raises(LookupError, match="no release of api was seen"):
        seen().began_before()


def test_nothing_was_released_for_a_day() -> None:
    assert releases().none_for(DAY)
    assert not releases(38).none_for(DAY)
    assert releases(-3000).none_for(DAY)


def test_what_is_always_so_began_before_any_release() -> None:
    always = seen(38, points=made([0.3] * 50))
    assert (always.began_with_one(), always.began_before()) == (False, True)


def test_releases_are_said_in_one_line() -> None:
    assert str(releases()) == "nothing of api was released since 2026-03-12 13:00:00 UTC"
    assert str(releases(38, 10)) == (
        "version 8 of api at 2026-03-14 12:38:00 UTC (lambda), the newest of 2 since 2026-03-12 13:00:00 UTC"
    )
    by = release(NOON).model_copy(update={"by": "ci"})
    assert str(by) == "version 8 of api at 2026-03-14 12:00:00 UTC by ci (lambda)"
    assert Since.model_validate(seen(38).model_dump(mode="json")) == seen(38)


# -- with a limit ------------------------------------------------------------------------------------------------------


def held(*values: float | None, at: float = 5) -> Around:
    return around(release(NOON + at * MINUTE), made(values), MINUTE)


def test_the_period_of_the_release_is_on_neither_side() -> None:
    seen = held(1, 2, 3, 4, at=1.5)
    assert (seen.before, seen.after) == ((1,), (3, 4))


def test_before_nothing_was_seen_nobody_knows_how_it_was() -> None:
    with pytest.raises(LookupError, match="how it was before"):
        held(9, 9, at=0).was_there(5)
    with pytest.raises(LookupError, match="not enough has been seen"):
        held(1, 1, 1, 1, 1, 1, at=5).followed(5)
    with pytest.raises(LookupError, match="how it was before"):
        held(9, 9, at=0).is_innocent(5)
    with pytest.raises(LookupError, match="how it was before"):
        held(9, 9, at=0).began_it(5)
    assert held(*[1.0] * 30, 9, at=0).began_it(5) is False, "however it was before, it did not follow"


def test_what_was_first_seen_hours_after_the_release_may_have_begun_at_any_time_since() -> None:
    late = held(*[1.0] * 5, *[None] * 300, 9, 9, 9, 9)
    for ask in (late.began_it, late.is_innocent):
        with pytest.raises(LookupError, match="nothing was seen soon after the release"):
            ask(5)
    well = held(*[1.0] * 5, *[None] * 300, 1, 9, 9, 9)
    assert (well.began_it(5), well.is_innocent(5)) == (False, True), "it was well long after the release"


def test_long_periods_have_a_few_of_them_for_soon() -> None:
    hours = made([1, 1, 9, 9, 9, 9, 9], every=timedelta(hours=1))
    assert around(release(NOON + 110 * MINUTE), hours, timedelta(hours=1)).soon == 3


def test_a_release_after_all_that_was_seen_is_not_cleared() -> None:
    for points in (made([0.01] * 50), STEP):
        with pytest.raises(LookupError, match="nothing was seen since 12:49:00"):
            seen(52, points=points).began_before()
        with pytest.raises(LookupError, match="nothing was seen since 12:49:00"):
            seen(52, points=points).began_with_one()


def test_a_limit_that_is_passed_after_the_release_and_not_before() -> None:
    began, was, late = held(1, 1, 1, 1, 1, 9, 9), held(1, 1, 1, 9, 9, 9, 9), held(*[1.0] * 30, 9)
    assert [one.began_it(5) for one in (began, was, late)] == [True, False, False]
    assert [one.is_innocent(5) for one in (began, was, late)] == [False, True, True]
