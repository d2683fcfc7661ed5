"""What calls of models take: the pace beside the usual, who comes again and again, and nobody by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from blocks.google import Google
from journal import clock
from runbook import Permanent
from sandbox.google.logs import Logs
from sandbox.google.monitoring import Monitoring
from sandbox.google.serving import standing
from sandbox.switchboard.board import Wish
from sandbox.systems.medicalcor.api.usage import COUNTER, SCORING, Usage, board
from sandbox.within.clock import PracticeClock
from tasks.gcplogs.calls import Beside, Calls, Named, read_beside, read_calls
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.gcpmonitoring.read import Metric
from tasks.gcpmonitoring.usual import Pace, read_pace
from tests.tasks.cloud import bakery
from tests.typing.bakery import SERVICE

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
NAMED = Named(lead="leadHash", tokens="tokens", model="model", feature="feature")
WANTED = Wanted(fields=(*of_service(SERVICE), (("jsonPayload", "msg"), "ai_call")))
TOKENS = Metric(
    name="tokens",
    metric=COUNTER,
    resource="prometheus_target",
    labels=((("resource", "labels", "namespace"), SERVICE),),
    within="ALIGN_DELTA",
    across="REDUCE_SUM",
)


@pytest.fixture
def usage() -> Iterator[Usage]:
    with clock.use(PracticeClock(live=lambda: None)):
        cloud = bakery().cloud
        made = Usage(logs=Logs(cloud=cloud), monitoring=Monitoring(cloud=cloud), service=SERVICE, board=board())
        made.begin()
        yield made


@pytest.fixture
def google(usage: Usage) -> Iterator[Google]:
    with standing(usage.logs.cloud) as found:
        yield found


def lives(usage: Usage, minutes: int = 25) -> None:
    clock.sleep(60 * minutes)
    usage.turn()


def pace(google: Google, floor: float = 100_000) -> Pace:
    return read_pace(google, TOKENS, what="models an hour", floor=floor, unit="thousand tokens", one=1000)


def hour(google: Google) -> Calls:
    return read_calls(google, WANTED, NAMED, window=HOUR, times=5)


def lately(google: Google) -> Calls:
    return read_calls(google, WANTED, NAMED, window=QUARTER, times=2)


def beside(google: Google) -> Beside:
    return read_beside(google, WANTED, NAMED, window=QUARTER, times=5)


def test_in_good_times_it_is_as_in_other_weeks(usage: Usage, google: Google) -> None:
    lives(usage)
    found = pace(google)
    assert (found.now, found.usual, found.weeks) == (90, 90, 4)
    assert found.as_usual()
    assert not found.too_many()
    assert hour(google).is_even()
    assert lately(google).is_calm()
    seen = beside(google)
    assert (seen.larger(), seen.new_models()) == (1.0, ())
    assert seen.more_leads() == pytest.approx(1, abs=0.1)


def test_a_lead_that_comes_over_and_over_is_seen_and_over_once_scoring_is_off(usage: Usage, google: Google) -> None:
    usage.looping = 4
    lives(usage)
    assert pace(google).too_many()
    assert hour(google).repeats()
    assert not lately(google).is_calm()
    assert beside(google).more_leads() < 1.3, "the one that loops is one"
    wish = Wish(value=False, expires_after=3600, incident="i", reason="r")
    usage.board.set(SCORING, wish, version=usage.board.read(SCORING).version, request="1")
    lives(usage)
    assert lately(google).is_calm()
    assert lately(google).total == 0
    assert pace(google).as_usual()


def test_more_leads_are_no_loop(usage: Usage, google: Google) -> None:
    usage.a_minute = 3
    lives(usage)
    assert pace(google).too_many()
    assert hour(google).is_even()
    assert beside(google).more_leads() > 2.5


def test_another_model_that_takes_more_is_named(usage: Usage, google: Google) -> None:
    usage.model, usage.tokens = "o4-mini", 4500
    lives(usage)
    seen = beside(google)
    assert seen.larger() == pytest.approx(3)
    assert seen.new_models() == ("o4-mini",)


def test_far_above_the_usual_and_below_the_floor_is_not_too_many(usage: Usage, google: Google) -> None:
    usage.looping = 4
    lives(usage)
    assert not pace(google, floor=500_000).too_many()
    assert pace(google, floor=500_000).as_usual()


def test_of_two_weeks_nobody_knows_what_is_usual(usage: Usage, google: Google) -> None:
    usage.was(1, weeks=2)
    usage.looping = 4
    lives(usage)
    with pytest.raises(LookupError, match="2 weeks only"):
        pace(google).too_many()


def test_a_counter_that_nobody_tells_is_unknown(usage: Usage, google: Google) -> None:
    clock.sleep(7200)
    with pytest.raises(Permanent, match="has counted no models an hour for a quarter"):
        pace(google)


def test_of_few_calls_there_is_no_share(usage: Usage, google: Google) -> None:
    usage.logs.entries.clear()
    lives(usage, 6)
    found = hour(google)
    assert found.total == 5
    for question in (found.repeats, found.is_even, found.of_a_call, beside(google).new_models):
        with pytest.raises(LookupError):
            question()


@pytest.mark.parametrize("lead", ["Ioana Popescu", "+40 721 555 014", "40721555014", 40721555014])
def test_whoever_is_named_is_not_counted_and_not_told(usage: Usage, google: Google, lead: object) -> None:
    lives(usage)
    usage.logs.entries[-2]["jsonPayload"]["leadHash"] = lead
    with pytest.raises(Permanent, match="not as a hash; nothing of it was counted") as refused:
        hour(google)
    assert str(lead) not in str(refused.value)


def test_what_is_kept_holds_no_hash(usage: Usage, google: Google) -> None:
    usage.looping = 4
    lives(usage)
    hashes = {one["jsonPayload"]["leadHash"] for one in usage.logs.entries}
    seen = beside(google)
    assert not [one for one in hashes if one in seen.model_dump_json() + str(seen)]


def test_calls_for_nobody_leave_it_open_whether_leads_come_again(usage: Usage, google: Google) -> None:
    lives(usage)
    for one in usage.logs.entries[-60:]:
        del one["jsonPayload"]["leadHash"]
    assert not hour(google).is_even()
    assert not hour(google).repeats()


@pytest.mark.parametrize("tokens", [None, "many", -1, True])
def test_calls_without_their_tokens_are_unknown(usage: Usage, google: Google, tokens: object) -> None:
    lives(usage)
    usage.logs.entries[-2]["jsonPayload"]["tokens"] = tokens
    with pytest.raises(Permanent, match="does not say how many tokens"):
        hour(google)


def test_the_newest_of_too_many_are_not_all(usage: Usage, google: Google) -> None:
    usage.logs.endless = True
    found = hour(google)
    assert not found.complete
    for question in (found.is_even, found.is_calm, found.of_a_minute):
        with pytest.raises(LookupError, match="only the newest 0 calls"):
            question()


def test_of_no_call_nobody_says_that_none_comes_again_where_none_is_logged_by_that_name(google: Google) -> None:
    found = read_calls(google, Wanted(fields=((("jsonPayload", "msg"), "model_call"),)), NAMED, window=HOUR, times=5)
    for asked in (found.is_calm, found.is_even, found.of_a_minute):
        with pytest.raises(LookupError, match="may be called otherwise"):
            asked()
