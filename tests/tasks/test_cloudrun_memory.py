"""The memory of a service of Cloud Run: whether it is short, grows by itself or with the requests, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from blocks.google import Google
from journal import clock
from runbook import Permanent, Release
from sandbox.google.logs import Logs
from sandbox.google.monitoring import Monitoring
from sandbox.google.serving import standing
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.api.service import Api
from sandbox.within.clock import PracticeClock
from tasks.cloudrun.memory import Bounds, Grown, Memory, Shortage, course, read_grown, read_memory
from tasks.gcplogs.read import Entries
from tasks.gcpmonitoring.read import Series
from tests.tasks.cloud import THIRD, bakery
from tests.typing.bakery import SERVICE

MINUTE, HOURS = timedelta(minutes=1), timedelta(hours=2)
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
BOUNDS = Bounds(nearly=0.9, soon=timedelta(hours=4), least=0.5, a_hour=0.02)
EVER = [240.0] * 60
SLOPE = [0.5 + 0.01 * minute for minute in range(35)]
STEP = [0.4] * 40 + [0.93] * 20
SAW = [0.37, 0.6, 0.84] * 20


def series(values: Sequence[float]) -> Series:
    """By minutes, up to the newest that is known whole."""
    at = tuple(NOW - timedelta(minutes=3 + len(values) - place) for place in range(len(values)))
    return Series(name="one", values=tuple(values), at=at, asked_at=NOW, period=MINUTE)


def seen(used: Sequence[float], came: Sequence[float] = EVER) -> Memory:
    return course("api", series(used), series(came), BOUNDS)


def climbing(a_minute: float) -> list[float]:
    return [240 + a_minute * minute for minute in range(60)]


def test_what_grows_while_requests_stay_as_they_are_grows_alone() -> None:
    assert seen(SLOPE).grows_alone()
    assert not seen(SLOPE).grows_along()
    assert not seen(SLOPE).is_level()


def test_what_grows_with_the_requests_does_not_grow_alone() -> None:
    assert seen(SLOPE, climbing(4)).grows_along()
    assert not seen(SLOPE, climbing(4)).grows_alone()
    assert seen(SLOPE, climbing(0.2)).grows_alone(), "a few requests more are no climb"


def test_a_step_is_level_afterwards() -> None:
    assert seen(STEP).is_level()
    assert not seen(STEP).grows()
    assert seen(STEP).nearly_full()


def test_what_fills_up_again_and_again_is_not_level() -> None:
    assert seen(SAW).fills_again_and_again()
    assert not seen(SAW).is_level()
    assert not seen([0.37] * 60).fills_again_and_again()


def test_what_comes_and_goes_since_minutes_neither_grows_nor_is_level() -> None:
    young = seen([0.37] * 50 + [0.6, 0.84, 0.37, 0.6, 0.84, 0.62, 0.84, 0.6, 0.84])
    assert young.going is None
    assert young.fills_again_and_again()
    assert not young.is_level()
    assert not young.grows_along()


@pytest.mark.parametrize(
    ("used", "fills"),
    [
        pytest.param(SLOPE, True, id="soon"),
        pytest.param([0.2 + 0.004 * minute for minute in range(60)], False, id="not yet half"),
        pytest.param([0.6 + 0.0001 * minute for minute in range(60)], False, id="in days"),
        pytest.param([0.9 - 0.005 * minute for minute in range(60)], False, id="falling"),
        pytest.param([0.6] * 60, False, id="level"),
    ],
)
def test_it_fills_where_it_is_full_soon_at_the_pace_that_it_has(used: list[float], fills: bool) -> None:
    assert seen(used).fills() is fills


def test_what_was_as_full_before_and_came_back_is_not_foretold() -> None:
    with pytest.raises(LookupError, match="came back"):
        seen([0.9] * 30 + [0.5 + 0.01 * minute for minute in range(30)]).fills()


def test_of_few_minutes_nothing_is_known() -> None:
    few = seen([0.95] * 5, EVER[:5])
    assert few.nearly_full()
    for question in (few.grows, few.fills, few.is_level, few.fills_again_and_again, few.more_requests):
        with pytest.raises(LookupError, match="too little is known"):
            question()


def test_old_values_are_not_how_it_is_now() -> None:
    old = series([0.95] * 20).model_copy(update={"asked_at": NOW + HOURS})
    with pytest.raises(LookupError):
        course("api", old, series(EVER), BOUNDS).nearly_full()
    came = series(EVER).model_copy(update={"asked_at": NOW + timedelta(minutes=20)})
    with pytest.raises(LookupError, match="too little is known of the requests"):
        course("api", series(STEP), came, BOUNDS).more_requests()


def test_requests_are_more_beside_those_of_an_hour_before() -> None:
    assert seen(STEP, [240.0] * 40 + [600.0] * 20).more_requests() == pytest.approx(2.5)
    assert seen(STEP).more_requests() == pytest.approx(1)
    with pytest.raises(LookupError):
        seen(STEP, [4.0] * 60).more_requests()


def short(used: Sequence[float], ended: int, *, complete: bool = True) -> Shortage:
    told = Entries(group="a log", total=ended, kinds={"memory": ended}, complete=complete, window=MINUTE)
    return Shortage(memory=seen(used), ended=told)


def test_memory_is_short_where_it_is_full_will_be_or_ended_somebody() -> None:
    assert short(STEP, 0).is_there()
    assert short(SLOPE, 0).is_there()
    assert short([0.37] * 60, 1).is_there()
    assert not short([0.37] * 60, 0).is_there()
    with pytest.raises(LookupError):
        short([0.37] * 60, 0, complete=False).is_there()


def test_who_was_ended_is_enough_where_memory_is_not_seen() -> None:
    assert short([], 3).is_there()
    with pytest.raises(LookupError):
        short([], 0).is_there()


def grown(before: Sequence[float], after: Sequence[float]) -> Grown:
    made = Release(what="revision", service="api", version="3", at=NOW, source="Cloud Run")
    return Grown(release=made, before=seen(before), after=seen(after))


def test_a_release_is_told_from_what_grew_before() -> None:
    assert grown([0.37] * 60, SLOPE).began_it()
    assert not grown([0.37] * 60, SLOPE).is_innocent()
    assert grown(SLOPE, SLOPE).is_innocent()
    assert not grown(SLOPE, SLOPE).began_it()
    assert grown([0.37] * 60, [0.9] * 20).is_innocent(), "it uses more and takes no more"


def test_what_nobody_saw_before_makes_no_release_innocent() -> None:
    for asked in (grown([], SLOPE).is_innocent, grown([], SLOPE).began_it):
        with pytest.raises(LookupError):
            asked()


# -- against the stand-in ---------------------------------------------------------------------------------------------


@pytest.fixture
def practice() -> Iterator[None]:
    with clock.use(PracticeClock(live=lambda: None)):
        yield


@pytest.fixture
def api(practice: None) -> Api:
    run = bakery()
    made = Api(name=SERVICE, run=run, logs=Logs(cloud=run.cloud), monitoring=Monitoring(cloud=run.cloud))
    made.begin()
    return made


@pytest.fixture
def google(api: Api) -> Iterator[Google]:
    with standing(api.run.cloud) as found:
        yield found


def lives(api: Api, minutes: int) -> None:
    for _ in range(minutes):
        clock.sleep(60)
        api.turn()


def test_a_leak_of_old_code_is_seen_with_the_time_until_it_is_full(api: Api, google: Google) -> None:
    lives(api, 20)
    api.code_of(THIRD).keeps = 0.027
    lives(api, 30)
    found = read_memory(google, SERVICE, window=HOURS, bounds=BOUNDS)
    assert found.grows_alone()
    assert found.fills()
    assert "full in about" in str(found)


def test_a_revision_that_leaks_is_told_from_the_one_before(api: Api, google: Google) -> None:
    lives(api, 20)
    api.deploy(Code(keeps=0.027))
    lives(api, 20)
    found = read_grown(google, SERVICE, bounds=BOUNDS)
    assert found.began_it()
    assert not found.is_innocent()


def test_of_a_service_that_says_not_who_answers_nothing_is_told(api: Api, google: Google) -> None:
    api.service.is_so = []
    with pytest.raises(Permanent):
        read_grown(google, SERVICE, bounds=BOUNDS)
    with pytest.raises(Permanent):
        read_memory(google, SERVICE, window=HOURS, bounds=BOUNDS)
