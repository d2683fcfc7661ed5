"""A series of Cloud Monitoring is read by Google's own client; what is empty, late or told in part is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from blocks.google import Google
from journal import clock
from runbook import Permanent, Temporary
from sandbox.google.monitoring import Monitoring, Stream
from sandbox.google.serving import READING, email, standing
from tasks.gcpmonitoring.read import PAGES, SETTLES, Metric, Series, read_series
from tests.tasks.cloud import bakery
from tests.typing.bakery import PROJECT, SERVICE

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
METRIC, RESOURCE = "run.googleapis.com/container/memory/utilizations", "cloud_run_revision"
MEMORY = Metric(
    name="memory",
    metric=METRIC,
    resource=RESOURCE,
    labels=((("resource", "labels", "service_name"), SERVICE),),
    within="ALIGN_MAX",
    across="REDUCE_MAX",
    unit="%",
    chart="memory",
)


def stream(*values: float, service: str = SERVICE, until: timedelta = timedelta(0)) -> Stream:
    """Values of one instance, one a minute, of which the last is from so long ago."""
    end = clock.now().replace(second=0, microsecond=0) - until
    at = (end - MINUTE * back for back in range(len(values) - 1, -1, -1))
    labels = {"service_name": service, "location": "europe-west3"}
    return Stream(metric=METRIC, resource=RESOURCE, labels=labels, points=dict(zip(at, values, strict=True)))


@pytest.fixture
def monitoring() -> Monitoring:
    return Monitoring(cloud=bakery().cloud)


@pytest.fixture
def google(monitoring: Monitoring) -> Iterator[Google]:
    with standing(monitoring.cloud) as found:
        yield found


def seen(google: Google, metric: Metric = MEMORY) -> Series:
    return read_series(google, metric, window=HOUR, period=MINUTE)


def test_the_series_of_a_service_is_one_across_its_instances_oldest_first(
    google: Google, monitoring: Monitoring
) -> None:
    monitoring.streams = [
        stream(*[40.0] * 6, 50, 60, 70, *[99.0] * 3),
        stream(*[45.0] * 12),
        stream(*[97.0] * 12, service="ovens"),
    ]
    found = seen(google)
    assert found.values[-4:] == (45, 50, 60, 70), "the last minutes are not shown by all instances yet"
    assert list(found.at) == sorted(found.at)
    assert {at.second for at in found.at} == {0}
    assert (found.latest(), found.highest()) == (70, 70)
    assert found.figures() == {"memory": (70, "%")}
    assert str(found) == "memory 70 %"
    assert found.asked_at - found.at[-1] >= SETTLES + MINUTE


def test_sums_and_means_are_asked_for_by_googles_words(google: Google, monitoring: Monitoring) -> None:
    monitoring.streams = [stream(*[10.0] * 9), stream(*[30.0] * 9)]
    summed = replace(MEMORY, within="ALIGN_SUM", across="REDUCE_SUM")
    assert seen(google, summed).latest() == 40
    found = seen(google, replace(MEMORY, across="REDUCE_MEAN"))
    assert (found.latest(), found.mean()) == (20, 20)
    assert found.total() == 20 * len(found.values)


# -- what is unknown --------------------------------------------------------------------------------------------------


def test_a_series_without_values_answers_no_question(google: Google) -> None:
    found = seen(google)
    assert str(found) == "no values of memory"
    for question in (found.latest, found.highest, found.total, found.mean):
        with pytest.raises(LookupError, match="Cloud Monitoring has no values of memory"):
            question()
    assert found.figures() == {}


def test_a_series_that_ended_has_no_latest_value(google: Google, monitoring: Monitoring) -> None:
    monitoring.streams = [stream(50, 95, until=timedelta(minutes=20))]
    found = seen(google)
    assert found.highest() == 95
    with pytest.raises(LookupError, match=r"the newest value of memory is (19|20|21) min"):
        found.latest()
    assert found.figures() == {}, "what is not known now is in no chart"


def test_values_that_are_late_are_waited_for_no_longer_than_is_said(google: Google, monitoring: Monitoring) -> None:
    monitoring.streams = [stream(*[50.0] * 30)]
    monitoring.late = SETTLES + MINUTE
    assert seen(google).latest() == 50
    monitoring.late = SETTLES + 4 * MINUTE
    with pytest.raises(LookupError, match="the newest value of memory"):
        seen(google).latest()


def test_what_is_told_in_part_is_unknown(google: Google, monitoring: Monitoring) -> None:
    monitoring.streams, monitoring.missing = [stream(*[50.0] * 9)], "A region did not answer."
    with pytest.raises(Temporary, match=r"only a part of memory \(A region did not answer\.\)"):
        seen(google)


def answered(**body: Any) -> JSONResponse:
    return JSONResponse(body)


def told(*values: dict[str, Any], end: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    points = [{"interval": {"startTime": end, "endTime": end}, "value": value} for value in values]
    return {"metric": {"type": METRIC}, "points": points}


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        ({"timeSeries": [told(), told()]}, Permanent, "is more than one series"),
        ({"timeSeries": [told({"distributionValue": {"count": "3"}})]}, Permanent, "other than numbers"),
        ({"timeSeries": [told({"stringValue": "up"})]}, Permanent, "other than numbers"),
        ({"timeSeries": [told({"doubleValue": 1}, end="now")]}, Permanent, "other than numbers"),
        ({"timeSeries": [{"points": [{"value": {"doubleValue": 1}}]}]}, Permanent, "other than numbers"),
        ({"unreachable": ["projects/x/locations/y"]}, Temporary, r"only a part of memory \(no reason\)"),
        ({"timeSeries": [told({"doubleValue": 1})], "nextPageToken": "more"}, Temporary, f"more than {PAGES} pages"),
    ],
)
def test_an_answer_that_is_no_series_is_none(
    google: Google, monitoring: Monitoring, body: dict[str, Any], kind: Any, why: str
) -> None:
    monitoring.cloud.instead["monitoring.projects.timeSeries.list"] = lambda _: answered(**body)
    with pytest.raises(kind, match=why):
        seen(google)


@pytest.mark.parametrize(
    ("value", "values"),
    [({"int64Value": "64"}, (64.0,)), ({"boolValue": True}, (1.0,)), ({"doubleValue": "NaN"}, ()), ({}, ())],
)
def test_whole_numbers_and_truths_are_numbers_and_what_is_none_is_left_out(
    google: Google, monitoring: Monitoring, value: dict[str, Any], values: tuple[float, ...]
) -> None:
    body = {"timeSeries": [told(value)]}
    monitoring.cloud.instead["monitoring.projects.timeSeries.list"] = lambda _: answered(**body)
    found = seen(google)
    assert found.values == values
    assert all(at == datetime.fromisoformat("2025-12-31T23:59:00+00:00") for at in found.at)


# -- who asks, and how ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ['a"b', 'x" OR metric.type = "y', "a\\", "b AND resource.type = c"])
def test_a_label_says_nothing_but_itself(google: Google, monitoring: Monitoring, name: str) -> None:
    monitoring.streams = [stream(*[50.0] * 9, service=name), stream(*[70.0] * 9)]
    named = replace(MEMORY, labels=((("resource", "labels", "service_name"), name),))
    assert seen(google, named).latest() == 50


def test_an_account_that_may_not_look_is_told_so(google: Google, monitoring: Monitoring) -> None:
    for held in monitoring.cloud.accounts.of(email(READING, PROJECT)).allowed.values():
        held.discard("monitoring.timeSeries.list")
    with pytest.raises(Permanent, match=f"does not allow {email(READING, PROJECT)} to read {METRIC}"):
        seen(google)


GOOD = {
    "filter": f'metric.type = "{METRIC}"',
    "interval.endTime": "2026-01-01T00:00:00Z",
    "aggregation.alignmentPeriod": "60s",
    "aggregation.perSeriesAligner": "ALIGN_MAX",
    "aggregation.crossSeriesReducer": "REDUCE_MAX",
}


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ({}, 200),
        ({"filter": ""}, 400),
        ({"filter": 'resource.type = "cloud_run_revision"'}, 400),
        ({"filter": "metric.type = run"}, 400),
        ({"filter": f'metric.type = "{METRIC}" OR metric.type = "x"'}, 400),
        ({"interval.endTime": "now"}, 400),
        ({"interval.endTime": ""}, 400),
        ({"interval.startTime": "2026-01-02T00:00:00Z"}, 400),
        ({"aggregation.alignmentPeriod": "1m"}, 400),
        ({"aggregation.alignmentPeriod": "30s"}, 400),
        ({"aggregation.perSeriesAligner": "MAX"}, 400),
        ({"aggregation.perSeriesAligner": "ALIGN_INTERPOLATE"}, 501),
        ({"view": "ALL"}, 400),
        ({"metric": "x"}, 400),
    ],
)
def test_a_request_that_is_none_is_refused(
    google: Google, monitoring: Monitoring, other: dict[str, str], status: int
) -> None:
    shown = {"Authorization": f"Bearer {monitoring.cloud.accounts.token(email(READING, PROJECT))}"}
    at = f"{google.endpoint_url}/v3/projects/{PROJECT}/timeSeries"
    answer = httpx.get(at, params={**GOOD, **other}, headers=shown)
    assert answer.status_code == status, answer.text
