"""MedicalCor's API as it is practised on: what it tells of itself is what really happened to its requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from blocks.google import Google
from journal import clock
from runbook import Temporary
from sandbox.errors import UnknownFault
from sandbox.google.logs import Logs
from sandbox.google.monitoring import Monitoring
from sandbox.google.run_kept import REVISION
from sandbox.google.serving import standing
from sandbox.switchboard.serving import served
from sandbox.systems.medicalcor.api.pages import serve
from sandbox.systems.medicalcor.api.providers import fail
from sandbox.systems.medicalcor.api.service import COUNT, Api
from sandbox.within.clock import PracticeClock
from tasks.cloudrun.read import read_service
from tasks.gcplogs.read import read_entries
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.logs.read import Kind
from tasks.prometheus.read import Counter, Histogram, read_rates
from tasks.statuspage.read import read_status
from tasks.web.parts import BREAKERS, CHECKS, DEPENDENCIES, read_parts
from tests.tasks.cloud import SECOND, THIRD, bakery
from tests.typing.bakery import SERVICE

TEN = timedelta(minutes=10)
REQUESTS = Counter(name="requests", metric="http_requests_total")
FAILED = Counter(name="failed", metric="http_requests_total", where=(("status", "5.."),), by="route")
TOOK = Histogram(name="took", metric="http_request_duration_seconds")
CALLED = Histogram(name="called", metric="medicalcor_external_service_duration_seconds", where=(("service", "openai"),))
SCORED = Counter(name="scored", metric="lead_scoring_total")
BY_RULES = Counter(name="by rules", metric="lead_scoring_fallback_total")
KINDS = (
    Kind(name="memory", pattern=r"^Memory limit of \d+ MiB exceeded"),
    Kind(name="code", pattern=r"^TypeError"),
    Kind(name="hubspot", pattern=r"hubspot"),
)


@pytest.fixture(autouse=True)
def practice() -> Iterator[PracticeClock]:
    time = PracticeClock(live=lambda: None)
    with clock.use(time):
        yield time


@pytest.fixture
def api() -> Api:
    run = bakery()
    made = Api(name=SERVICE, run=run, logs=Logs(cloud=run.cloud), monitoring=Monitoring(cloud=run.cloud))
    made.begin()
    return made


def goes_on(api: Api, time: timedelta = TEN) -> None:
    clock.sleep(time.total_seconds())
    api.turn()


def counted(api: Api, kind: str, revision: str = THIRD) -> float:
    return sum(
        sum(one.points.values())
        for one in api.monitoring.streams
        if (one.metric, one.labels["revision_name"], one.kind.get("response_code_class")) == (COUNT, revision, kind)
    )


@contextmanager
def google(api: Api) -> Iterator[Google]:
    with standing(api.run.cloud) as found:
        yield found


def test_in_good_times_every_request_is_served_and_only_webhooks_are_logged(api: Api) -> None:
    goes_on(api)
    assert counted(api, "2xx") == 2400
    assert not counted(api, "5xx")
    logged = [one["httpRequest"] for one in api.logs.entries]
    assert len(logged) == 2400 / 3
    assert all(one["status"] == 200 and "/webhooks/" in one["requestUrl"] for one in logged)
    assert list(api.complaints()) == []


def test_a_bad_revision_fails_and_the_one_before_does_not(api: Api) -> None:
    goes_on(api)
    api.code_of(THIRD).throws = 0.3
    goes_on(api)
    assert counted(api, "5xx") == pytest.approx(720, abs=2)
    assert any("requests fail" in one for one in api.complaints())
    api.run.services[SERVICE].is_so = [{"type": REVISION, "revision": SECOND, "percent": 100}]
    goes_on(api)
    assert counted(api, "2xx", SECOND) == 2400
    assert list(api.complaints()) == []


def test_traffic_is_split_as_the_service_says(api: Api) -> None:
    api.run.services[SERVICE].is_so = [
        {"type": REVISION, "revision": SECOND, "percent": 25},
        {"type": REVISION, "revision": THIRD, "percent": 75},
    ]
    goes_on(api)
    assert counted(api, "2xx", SECOND) == 600


def test_logs_metrics_and_monitoring_tell_the_same(api: Api) -> None:
    with google(api) as found, served(serve(api)) as url:
        api.process()
        api.code_of(THIRD).throws = 0.25
        rates = read_rates(f"{url}/metrics", (REQUESTS, FAILED), (TOOK,), apart=TEN)
        wanted = Wanted(fields=(*of_service(SERVICE), (("jsonPayload", "level"), "error")))
        entries = read_entries(found, wanted, window=timedelta(hours=1), kinds=KINDS)
    assert rates.of("requests") == 2400
    assert rates.of("failed") == counted(api, "5xx") == entries.of("code") == 600
    assert rates.quantile("took", 0.5) < 0.3


def test_a_process_that_takes_too_much_memory_is_ended_and_another_one_begins(api: Api) -> None:
    with google(api) as found, served(serve(api)) as url:
        api.process()
        api.code_of(THIRD).keeps = 40.0
        with pytest.raises(Temporary, match="Another process"):
            read_rates(f"{url}/metrics", (REQUESTS,), apart=TEN)
        entries = read_entries(found, Wanted(fields=of_service(SERVICE)), window=TEN, kinds=KINDS)
    assert entries.of("memory") == counted(api, "5xx") > 100
    assert any("memory" in one for one in api.complaints())


def test_a_provider_that_fails_opens_a_breaker_and_the_pages_say_so(api: Api) -> None:
    api.providers["hubspot"].fails = 1.0
    api.providers["hubspot"].page = "major"
    goes_on(api)
    with served(serve(api)) as url:
        assert read_parts(f"{url}/health/circuit-breakers", BREAKERS).states["hubspot"] == "down"
        assert read_parts(f"{url}/health/deep", DEPENDENCIES).down("circuit:hubspot")
        assert read_status("HubSpot", "statuspage", f"{url}/status/hubspot/api/v2/summary.json").troubled
        assert read_status("Stripe", "statuspage", f"{url}/status/stripe/api/v2/summary.json").well
    assert counted(api, "5xx") == 400
    api.providers["hubspot"].fails = 0.0
    goes_on(api)
    assert list(api.complaints()) == []


def test_a_request_that_has_something_else_to_say_does_not_fail(api: Api) -> None:
    api.providers["openai"].fails = 1.0
    goes_on(api)
    assert not counted(api, "5xx")
    assert api.logs.entries


def test_a_refusal_that_nobody_publishes_is_none(api: Api) -> None:
    with pytest.raises(UnknownFault, match="refuses nothing as 'moody'"):
        fail(api.providers["hubspot"], "moody")


def test_a_provider_that_answers_late_keeps_a_call_for_as_long_as_the_api_waits(api: Api) -> None:
    fail(api.providers["openai"], "slow", share=0.5)
    with served(serve(api)) as url:
        api.process()
        rates = read_rates(f"{url}/metrics", (SCORED, BY_RULES), (CALLED,), apart=TEN)
    assert rates.share("by rules", among="scored") == pytest.approx(0.5, abs=0.01)
    assert rates.exceeds("called", 0.6, 9.0)


def test_a_breaker_that_is_stuck_lets_nothing_through_until_the_process_begins_anew(api: Api) -> None:
    api.process()
    for one in api.running():
        one.breakers["whatsapp"].stuck = True
    goes_on(api)
    assert all(
        "Circuit breaker is open" in one["jsonPayload"]["msg"] for one in api.logs.entries if "jsonPayload" in one
    )
    assert any("whatsapp" in one for one in api.complaints())
    api.deploy()
    goes_on(api)
    assert list(api.complaints()) == []


def test_a_message_that_could_not_be_sent_is_kept_and_others_are_not(api: Api) -> None:
    lost: list[int] = []
    api.undelivered = lost.append
    fail(api.providers["hubspot"])
    goes_on(api)
    assert sum(lost) == 0
    fail(api.providers["whatsapp"], "number", share=0.25)
    goes_on(api)
    assert sum(lost) == 100


def test_a_database_that_is_down_fails_every_request_and_the_service_is_not_ready(api: Api) -> None:
    api.why_not = lambda: ("connect ECONNREFUSED 10.20.0.3:5432", "")
    goes_on(api, timedelta(minutes=1))
    with served(serve(api)) as url:
        found = read_parts(f"{url}/ready", CHECKS)
    assert (found.status, found.down("database"), found.well("redis")) == (503, True, True)
    assert not counted(api, "2xx")


def test_a_service_without_a_revision_that_is_ready_does_not_answer(api: Api) -> None:
    for one in api.run.services[SERVICE].revisions:
        one.why = "The user-provided container failed to start."
    goes_on(api, timedelta(minutes=1))
    assert list(api.complaints()) == ["the API does not answer"]
    assert not api.monitoring.streams
    with google(api) as found:
        assert read_service(found, SERVICE).newest == THIRD
