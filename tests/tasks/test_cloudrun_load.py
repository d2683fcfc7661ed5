"""How long requests to a service of Cloud Run take, how many come, who could answer them, and who is let in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from blocks.google import Google
from journal import clock
from runbook import Permanent
from sandbox.google.logs import Logs
from sandbox.google.monitoring import Monitoring
from sandbox.google.run_kept import REVISION
from sandbox.google.serving import standing
from sandbox.switchboard.serving import served
from sandbox.systems.medicalcor.api.pages import serve
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.api.service import Api
from sandbox.within.clock import PracticeClock
from tasks.cloudrun.latencies import Latencies, read_late_around, read_latencies
from tasks.cloudrun.load import MOST, Load, bounds, read_load
from tasks.cloudrun.read import read_service, read_serving
from tasks.gcplogs.read import read_entries
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.web.looks import Looks, read_looks
from tests.tasks.cloud import SECOND, THIRD, bakery
from tests.typing.bakery import SERVICE

FIVE, HOUR = timedelta(minutes=5), timedelta(hours=1)
LATE = timedelta(seconds=2)


@pytest.fixture(autouse=True)
def practice() -> Iterator[None]:
    with clock.use(PracticeClock(live=lambda: None)):
        yield


@pytest.fixture
def api() -> Api:
    run = bakery()
    made = Api(name=SERVICE, run=run, logs=Logs(cloud=run.cloud), monitoring=Monitoring(cloud=run.cloud))
    made.begin()
    return made


@pytest.fixture
def google(api: Api) -> Iterator[Google]:
    with standing(api.run.cloud) as found:
        yield found


def lives(api: Api, minutes: float) -> None:
    """In turns of half a minute."""
    for _ in range(int(minutes * 2)):
        clock.sleep(30)
        api.turn()


def took(google: Google, revision: str = "") -> Latencies:
    return read_latencies(google, SERVICE, window=FIVE, late_after=LATE, revision=revision)


def load(google: Google) -> Load:
    return read_load(google, SERVICE, busier=2.0)


def looks(api: Api) -> Looks:
    with served(serve(api)) as url:
        return read_looks(f"{url}/ready", times=3)


# -- how long ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0, 1, 29, 59])
def test_five_whole_minutes_are_looked_at_whatever_the_second(api: Api, google: Google, seconds: int) -> None:
    lives(api, 12)
    clock.sleep(seconds)
    found = took(google)
    assert found.requests == pytest.approx(1200)
    assert found.prompt() is True
    assert found.late() is False


def test_slow_code_is_late(api: Api, google: Google) -> None:
    api.code_of(THIRD).works = 3.0
    lives(api, 12)
    assert took(google).late() is True
    assert took(google, THIRD).late() is True
    assert took(google).figures()["the API (P95)"][0] > 3000


def test_what_waits_before_a_container_has_it_is_late_and_in_no_log(api: Api, google: Google) -> None:
    api.service.most, api.a_second = 1, 8.0
    lives(api, 12)
    assert took(google).late() is True
    wanted = Wanted(fields=of_service(SERVICE), above=((("jsonPayload", "duration"), 2000.0),))
    assert read_entries(google, wanted, window=HOUR).total == 0


def test_only_slow_requests_are_above(api: Api, google: Google) -> None:
    lives(api, 2)
    api.code_of(THIRD).works = 3.0
    lives(api, 1)
    wanted = Wanted(fields=of_service(SERVICE), above=((("jsonPayload", "duration"), 2000.0),))
    assert read_entries(google, wanted, window=HOUR).total == 240


def test_one_in_ten_that_meets_a_new_instance_is_enough_to_be_late(api: Api, google: Google) -> None:
    api.scaling.cold = 10
    lives(api, 12)
    assert took(google).late() is True
    api.service.least = 1
    lives(api, 12)
    assert took(google).late() is False


def test_of_a_revision_without_requests_nothing_is_known(api: Api, google: Google) -> None:
    lives(api, 12)
    with pytest.raises(LookupError, match="too few to tell"):
        took(google, SECOND).late()
    assert took(google, SECOND).figures() == {}


def test_a_slow_revision_is_seen_to_begin_with_it(api: Api, google: Google) -> None:
    lives(api, 30)
    api.deploy(Code(works=3.0))
    lives(api, 15)
    found = read_late_around(google, SERVICE, period=FIVE)
    assert found.began_it(2000) is True
    assert found.is_innocent(2000) is False


def test_what_was_slow_before_did_not_begin_with_a_revision(api: Api, google: Google) -> None:
    api.code_of(THIRD).works = 3.0
    lives(api, 30)
    api.deploy(Code(works=3.0))
    lives(api, 15)
    assert read_late_around(google, SERVICE, period=FIVE).is_innocent(2000) is True


# -- how many ---------------------------------------------------------------------------------------------------------


def test_three_times_as_many_as_before_are_a_spike(api: Api, google: Google) -> None:
    api.service.most = 4
    api.past(timedelta(minutes=75))
    api.a_second = 12.0
    lives(api, 12)
    found = load(google)
    assert found.now == pytest.approx(720)
    assert found.usual == pytest.approx(240)
    assert found.grown() is True
    assert found.full() is True
    assert found.has_room() is False


def test_a_spike_that_is_over_is_none_of_now(api: Api, google: Google) -> None:
    api.past(timedelta(minutes=75))
    api.a_second = 12.0
    lives(api, 12)
    api.a_second = 0.0
    lives(api, 10)
    with pytest.raises(LookupError, match="how many requests come"):
        load(google).grown()


def test_as_many_as_before_are_none(api: Api, google: Google) -> None:
    api.service.most = 4
    api.past(timedelta(minutes=75))
    lives(api, 12)
    found = load(google)
    assert found.grown() is False
    assert found.full() is False
    assert found.has_room() is True


def test_without_an_hour_before_nobody_knows_what_is_usual(api: Api, google: Google) -> None:
    with pytest.raises(LookupError, match="how many instances there are"):
        load(google).full()
    lives(api, 12)
    with pytest.raises(LookupError, match="how many came before"):
        load(google).grown()
    assert "? before" in str(load(google))


def test_bounds_of_instances_are_the_service_s_and_its_template_s() -> None:
    assert bounds({}) == (0, MOST)
    template = {"template": {"scaling": {"minInstanceCount": 1, "maxInstanceCount": 20}}}
    assert bounds(template) == (1, 20)
    assert bounds({**template, "scaling": {"minInstanceCount": 2, "maxInstanceCount": 5}}) == (2, 5)


# -- who answers ------------------------------------------------------------------------------------------------------


def test_the_revision_that_has_the_traffic_may_not_be_ready(api: Api, google: Google) -> None:
    assert read_serving(google, SERVICE).is_ready() is True
    service, name = api.service, api.deploy()
    service.is_so = [{"type": REVISION, "revision": name, "percent": 100}]
    service.revisions[-1].why = "The container failed to start."
    found = read_serving(google, SERVICE)
    assert found.is_ready() is False
    assert "failed to start" in str(found)
    assert name in str(found)


def test_where_no_revision_has_traffic_nobody_says_whether_it_is_ready(api: Api, google: Google) -> None:
    api.service.is_so = [{"type": REVISION, "revision": THIRD, "percent": 0}]
    with pytest.raises(Permanent, match="does not say which revision"):
        read_serving(google, SERVICE)


def test_from_where_it_may_be_called(api: Api, google: Google) -> None:
    assert read_service(google, SERVICE).closed is False
    api.service.ingress = "INGRESS_TRAFFIC_INTERNAL_ONLY"
    assert read_service(google, SERVICE).closed is True
    api.service.ingress = "INGRESS_TRAFFIC_UNSPECIFIED"
    with pytest.raises(LookupError, match="does not say from where"):
        _ = read_service(google, SERVICE).closed


# -- whether anybody is answered --------------------------------------------------------------------------------------


def test_in_good_times_everybody_is_answered(api: Api) -> None:
    found = looks(api)
    assert found.all_answered() is True
    assert found.none_answered() is False
    assert (found.denied(), found.cut_off()) == (0, 0)


def test_whoever_is_turned_away_says_how(api: Api) -> None:
    api.service.public = False
    assert looks(api).denied() == 3
    api.service.public, api.service.ingress = True, "INGRESS_TRAFFIC_INTERNAL_ONLY"
    assert looks(api).denied() == 3
    api.scaling.out = True
    assert looks(api).cut_off() == 3
    api.scaling.out, api.service.ingress = False, "INGRESS_TRAFFIC_ALL"
    api.code_of(THIRD).hangs = True
    assert looks(api).cut_off() == 3


def test_containers_that_end_answer_nobody(api: Api) -> None:
    api.code_of(THIRD).dies = "exit"
    found = looks(api)
    assert found.none_answered() is True
    assert (found.denied(), found.cut_off()) == (0, 0)
    assert "503" in str(found)


def test_from_a_place_that_knows_no_way_nothing_is_told() -> None:
    found = read_looks("http://nobody.invalid/ready", times=2)
    for ask in (found.none_answered, found.denied, found.cut_off):
        with pytest.raises(LookupError, match="this place's own fault"):
            ask()
