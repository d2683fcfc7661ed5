"""Requests to a service of Cloud Run: how many fail, of all and of one revision, and how it was before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from blocks.google import Google
from journal import clock
from runbook import Around, Permanent, Temporary
from sandbox.google.logs import Logs
from sandbox.google.monitoring import Monitoring
from sandbox.google.serving import standing
from sandbox.systems.medicalcor.api.process import Code
from sandbox.systems.medicalcor.api.service import DEPLOYER, Api
from sandbox.within.clock import PracticeClock
from tasks.cloudrun.requests import Requests, read_around, read_requests
from tests.tasks.cloud import THIRD, bakery
from tests.typing.bakery import SERVICE

MINUTE, FIVE = timedelta(minutes=1), timedelta(minutes=5)
NEWEST = f"{SERVICE}-00004-new"


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


def requests(google: Google, revision: str = "") -> Requests:
    return read_requests(google, SERVICE, window=FIVE, period=MINUTE, revision=revision)


def beside(google: Google) -> Around:
    return read_around(google, SERVICE, period=FIVE)


def test_of_a_service_without_requests_nothing_is_known(google: Google) -> None:
    found = requests(google)
    with pytest.raises(LookupError, match="no request to api lately"):
        found.share()
    assert found.figures() == {}


def test_requests_of_long_ago_say_nothing_of_now(api: Api, google: Google) -> None:
    lives(api, 20)
    api.a_second = 0.0
    lives(api, 7)
    with pytest.raises(LookupError, match="lately"):
        requests(google).share()


def test_of_a_few_requests_there_is_no_share(api: Api, google: Google) -> None:
    api.a_second = 1 / 60
    lives(api, 20)
    with pytest.raises(LookupError, match="too few"):
        requests(google).share()


def test_a_part_that_is_missing_makes_it_unknown(api: Api, google: Google) -> None:
    lives(api, 10)
    api.monitoring.missing = "some shards did not answer"
    with pytest.raises(Temporary, match="only a part"):
        requests(google)


def test_where_no_request_ever_failed_none_does(api: Api, google: Google) -> None:
    lives(api, 20)
    found = requests(google)
    assert found.share() == 0
    assert found.figures() == {"requests that fail": (0.0, "%")}


def test_the_share_that_fails_is_of_all_requests(api: Api, google: Google) -> None:
    lives(api, 20)
    api.code_of(THIRD).throws = 0.25
    lives(api, 10)
    found = requests(google)
    assert found.share() == pytest.approx(0.25, abs=0.01)
    assert Requests.model_validate_json(found.model_dump_json()) == found


def test_of_one_revision_only_its_own_requests_count(api: Api, google: Google) -> None:
    lives(api, 10)
    api.deploy(Code(throws=0.5))
    lives(api, 10)
    assert requests(google, NEWEST).share() == pytest.approx(0.5, abs=0.02)
    with pytest.raises(LookupError):
        requests(google, THIRD).share()


def test_a_trouble_began_with_the_revision_that_brought_it(api: Api, google: Google) -> None:
    lives(api, 70)
    api.deploy(Code(throws=0.3))
    lives(api, 20)
    found = beside(google)
    assert found.release.version == NEWEST
    assert found.release.by == DEPLOYER
    assert found.began_it(0.05)
    assert not found.is_innocent(0.05)


@pytest.mark.parametrize("past_the_minute", [0, 61, 122, 183, 244])
def test_whether_a_revision_brought_it_is_known_at_every_minute_alike(
    api: Api, google: Google, past_the_minute: int
) -> None:
    clock.sleep(past_the_minute)
    api.turn()
    lives(api, 20)
    api.deploy(Code(throws=0.3))
    lives(api, 9)
    assert beside(google).began_it(0.05)


def test_a_revision_is_innocent_of_what_was_there_before(api: Api, google: Google) -> None:
    lives(api, 40)
    api.code_of(THIRD).throws = 0.3
    lives(api, 20)
    api.deploy(Code(throws=0.3))
    lives(api, 20)
    assert beside(google).is_innocent(0.05)


def test_a_revision_is_innocent_of_what_came_long_after(api: Api, google: Google) -> None:
    lives(api, 30)
    api.deploy()
    lives(api, 50)
    api.code_of(NEWEST).throws = 0.3
    lives(api, 20)
    assert beside(google).is_innocent(0.05)


def test_of_a_revision_that_is_too_new_nobody_knows(api: Api, google: Google) -> None:
    lives(api, 30)
    api.deploy(Code(throws=0.3))
    lives(api, 2)
    with pytest.raises(LookupError):
        beside(google).followed(0.05)


def test_where_no_revision_answers_it_is_unknown(api: Api, google: Google) -> None:
    api.run.services[SERVICE].is_so = [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]
    for one in api.run.services[SERVICE].revisions:
        one.why = "it did not start"
    with pytest.raises(Permanent, match="does not say which revision"):
        beside(google)
