"""The CPU of a service of Cloud Run: who is busy, what a request takes, and whether that came with a release."""

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
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.api.service import A_SECOND, CPU, Api
from sandbox.within.clock import PracticeClock
from tasks.cloudrun.cpu import Cpu, Work, read_cpu, read_cpu_around, read_work
from tests.tasks.cloud import THIRD, bakery
from tests.typing.bakery import SERVICE

FIVE = timedelta(minutes=5)


def used(busiest: float, mean: float, instances: float | None = 4, *, minutes: int = 5) -> Cpu:
    return Cpu(of="api", nearly=0.9, busiest=(busiest,) * minutes, mean=(mean,) * minutes, instances=instances)


@pytest.mark.parametrize(
    ("busiest", "mean", "instances", "others"),
    [
        pytest.param(1.0, 1.0, 4, 1.0, id="all"),
        pytest.param(1.0, 0.4, 4, 0.2, id="one of four"),
        pytest.param(1.0, 0.6, 2, 0.2, id="one of two"),
        pytest.param(1.0, 0.8, 4, 0.7333, id="three of four"),
    ],
)
def test_how_busy_the_others_are_follows_from_the_mean(
    busiest: float, mean: float, instances: int, others: float
) -> None:
    assert used(busiest, mean, instances).others() == pytest.approx(others, abs=0.001)


@pytest.mark.parametrize("instances", [None, 0, 1])
def test_whoever_is_alone_has_no_others(instances: float | None) -> None:
    with pytest.raises(LookupError, match="there are no others"):
        used(1.0, 1.0, instances).others()


def test_one_minute_with_room_is_not_hot_and_one_without_is_not_cool() -> None:
    mixed = Cpu(of="api", nearly=0.9, busiest=(0.95, 0.95, 0.5, 0.95, 0.95), mean=(0.5,) * 5, instances=2)
    assert not mixed.hot()
    assert not mixed.below(0.8)
    assert used(0.95, 0.5).hot()
    assert used(0.6, 0.5).below(0.8)


def test_of_fewer_than_five_minutes_nothing_is_known() -> None:
    few = used(0.99, 0.99, minutes=4)
    for question in (few.hot, few.others, lambda: few.below(0.8)):
        with pytest.raises(LookupError, match="only 4 of the newest 5 minutes"):
            question()
    assert not few.figures()
    assert "nobody knows" in str(few)


@pytest.mark.parametrize(("now", "before"), [(None, 0.3), (0.3, None), (0.3, 0.0)])
def test_what_a_request_takes_is_compared_with_what_is_known(now: float | None, before: float | None) -> None:
    with pytest.raises(LookupError, match="nobody knows how much CPU a request to api takes"):
        Work(service="api", now=now, before=before).times_as_much()
    assert Work(service="api", now=0.9, before=0.3).times_as_much() == pytest.approx(3)


# -- against the stand-in ---------------------------------------------------------------------------------------------


@pytest.fixture
def api() -> Iterator[Api]:
    with clock.use(PracticeClock(live=lambda: None)):
        run = bakery()
        made = Api(name=SERVICE, run=run, logs=Logs(cloud=run.cloud), monitoring=Monitoring(cloud=run.cloud))
        made.begin()
        made.service.most = 4
        made.past(timedelta(minutes=75))
        yield made


@pytest.fixture
def google(api: Api) -> Iterator[Google]:
    with standing(api.run.cloud) as found:
        yield found


def lives(api: Api, minutes: int) -> None:
    for _ in range(minutes):
        clock.sleep(60)
        api.turn()


def test_in_good_times_all_are_alike_and_a_request_takes_what_it_did(api: Api, google: Google) -> None:
    lives(api, 12)
    found = read_cpu(google, SERVICE, nearly=0.9)
    assert found.below(0.8)
    assert found.others() == pytest.approx(0.64)
    assert "the busiest of 2 instances uses 64% of its CPU" in str(found)
    assert read_work(google, SERVICE).times_as_much() == pytest.approx(1, abs=0.01)


def test_more_requests_take_more_together_and_no_more_each(api: Api, google: Google) -> None:
    api.a_second = 3 * A_SECOND
    lives(api, 12)
    found = read_cpu(google, SERVICE, nearly=0.9)
    assert found.hot()
    assert found.others() > 0.9
    assert read_work(google, SERVICE).times_as_much() == pytest.approx(1, abs=0.01)


def test_one_that_spins_is_seen_beside_the_others(api: Api, google: Google) -> None:
    api.scaling.spinning = 1
    lives(api, 12)
    found = read_cpu(google, SERVICE, nearly=0.9)
    assert found.hot()
    assert found.others() == pytest.approx(0.64)


def test_a_revision_that_takes_more_is_told_from_the_one_before(api: Api, google: Google) -> None:
    lives(api, 5)
    newest = api.deploy(Code(burns=3.0))
    lives(api, 10)
    (stream,) = (one for one in api.monitoring.streams if one.metric == CPU and newest in one.labels.values())
    stream.spread.pop(min(stream.spread))  # a minute that was not sampled
    assert read_work(google, SERVICE).times_as_much() == pytest.approx(3, abs=0.3)
    found = read_cpu_around(google, SERVICE, period=FIVE)
    assert found.began_it(0.9)
    assert not found.is_innocent(0.9)


def test_what_was_so_before_a_release_did_not_come_with_it(api: Api, google: Google) -> None:
    api.code_of(THIRD).burns = 3.0
    lives(api, 15)
    api.deploy(Code(burns=3.0))
    lives(api, 12)
    found = read_cpu_around(google, SERVICE, period=FIVE)
    assert found.is_innocent(0.9)
    assert not found.began_it(0.9)


def test_values_of_half_an_hour_ago_are_not_how_it_is_now(api: Api, google: Google) -> None:
    lives(api, 12)
    clock.sleep(1800)
    with pytest.raises(LookupError):
        read_cpu(google, SERVICE, nearly=0.9).hot()
    with pytest.raises(LookupError):
        read_work(google, SERVICE).times_as_much()


def test_of_a_service_that_says_not_who_answers_nothing_is_told(api: Api, google: Google) -> None:
    api.service.is_so = []
    with pytest.raises(Permanent, match="does not say which revision"):
        read_cpu(google, SERVICE, nearly=0.9)
