"""Answers that Google has published: they are what its documents say, and what our looks make of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

from blocks.google import Google
from blocks.google_held import tested as asked_itself
from sandbox.google.documents import Method, methods
from sandbox.google.server import Cloud
from sandbox.google.serving import practice, standing
from tasks.cloudrun.read import read_service
from tasks.gcplogs.read import read_entries
from tasks.gcplogs.wanted import Wanted
from tasks.gcpmonitoring.read import Metric, read_series
from tasks.logs.read import Kind
from tests.typing.bakery import PROJECT

PUBLISHED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "recorded" / "google" / "published.json").read_text("utf-8")
)
QUORUM = Metric(
    name="quorum",
    metric="spanner.googleapis.com/instance/dual_region_quorum_availability",
    resource="spanner_instance",
    within="ALIGN_MIN",
    across="REDUCE_MIN",
)


def named(name: str) -> Method:
    return next(one for one in methods() if one.id == name)


@pytest.fixture
def cloud() -> Cloud:
    cloud = practice(PROJECT)
    for name, one in PUBLISHED.items():
        cloud.instead[name] = lambda _, one=one: JSONResponse(one["json"])
    return cloud


@pytest.fixture
def google(cloud: Cloud) -> Iterator[Google]:
    with standing(cloud) as found:
        yield found


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_is_what_the_documents_say(name: str) -> None:
    one = PUBLISHED[name]
    assert one["page"].startswith("https://")
    named(name).check_answer(one["json"])


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_it_does_not_say_is_found_out(name: str) -> None:
    with pytest.raises(AssertionError, match="no_such_field"):
        named(name).check_answer({**PUBLISHED[name]["json"], "no_such_field": 1})


def test_a_service(google: Google) -> None:
    found = read_service(google, "ejectrequest")
    assert (found.newest_ready, found.changed_by.partition("@")[0]) == (
        "ejectrequest-00002-ruh",
        "service-92611791981",
    )
    assert [str(one) for one in found.wanted] == ["100% to the latest revision"]
    assert not found.pinned


def test_a_service_that_does_not_say_how_it_is_is_not_called_ready(google: Google) -> None:
    found = read_service(google, "ejectrequest")
    assert found.ready is None
    with pytest.raises(LookupError, match="does not say which revision"):
        _ = found.serving
    with pytest.raises(LookupError, match="under way"):
        _ = found.newest_failed


def test_a_series(google: Google) -> None:
    found = read_series(google, QUORUM, window=timedelta(hours=1), period=timedelta(minutes=1))
    assert found.values == (1.0,)
    assert found.at == (datetime.fromisoformat("2024-07-11T05:40:23+00:00"),)
    with pytest.raises(LookupError, match=r"is .* days .* old"):
        found.latest()


def test_an_audit_record(google: Google) -> None:
    policy = Kind(name="policy", pattern=r'"methodName": "SetIamPolicy"')
    found = read_entries(google, Wanted(), window=timedelta(hours=1), kinds=(policy,))
    assert (found.total, found.kinds, found.complete) == (1, {"policy": 1}, True)
    assert found.last == datetime.fromisoformat("2016-04-27T16:24:56.135+00:00")
    assert "user@example.com" not in found.model_dump_json()


def test_an_instance(google: Google) -> None:
    with google.reading("sqladmin") as sql:
        found = sql.ask(lambda api: api.instances().get(project=PROJECT, instance="orders"), "read orders")
    assert (found["state"], found["settings"]["dataDiskSizeGb"]) == ("RUNNABLE", "10")


def test_what_may_be_done(google: Google) -> None:
    wanted = ("resourcemanager.projects.get", "resourcemanager.projects.delete")
    assert asked_itself(google, "reading", f"projects/{PROJECT}", wanted) == {wanted[0]}
