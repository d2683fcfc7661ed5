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
from journal import clock
from journal.facts.words import Act
from runbook import Going, Permanent, Plan
from sandbox.google.documents import Method, methods
from sandbox.google.identity import GRANT
from sandbox.google.permissions import ASKS_ITSELF, NEEDS
from sandbox.google.server import Cloud
from sandbox.google.serving import practice, standing
from tasks.cloudrun.read import read_service
from tasks.cloudrun.service import Share
from tasks.cloudsql.grow import DiskTarget, GrowStorage
from tasks.cloudsql.read import read_storage
from tasks.gcplogs.read import read_entries
from tasks.gcplogs.wanted import Wanted
from tasks.gcpmonitoring.read import Metric, read_series
from tasks.logs.read import Kind
from tests.tasks.cases import WARRANT
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


SERVICE, ACTS, TOKEN = (
    "run.projects.locations.services.get",
    "iamcredentials.projects.serviceAccounts.generateAccessToken",
    "token",
)
METHODS = [name for name in PUBLISHED if name != TOKEN]
NOT_PUBLISHED = {
    "run.projects.locations.services.list",
    "run.projects.locations.services.patch",
    "run.projects.locations.services.revisions.get",
    "run.projects.locations.services.revisions.list",
    "run.projects.locations.services.testIamPermissions",
    "run.projects.locations.operations.get",
    "iam.projects.serviceAccounts.testIamPermissions",
    "redis.projects.locations.instances.get",
    "secretmanager.projects.secrets.testIamPermissions",
    "secretmanager.projects.secrets.versions.list",
}
"""Methods that are served, of whose answers no published example was found. Their documents alone judge."""


def named(name: str) -> Method:
    return next(one for one in methods() if one.id == name)


@pytest.fixture
def cloud() -> Cloud:
    cloud = practice(PROJECT)
    for name in set(METHODS) - {ACTS}:
        one = PUBLISHED[name]
        cloud.instead[name] = lambda _, one=one: JSONResponse(one["json"])
    return cloud


@pytest.fixture
def google(cloud: Cloud) -> Iterator[Google]:
    with standing(cloud) as found:
        yield found


def test_every_method_that_is_served_is_among_them() -> None:
    assert set(METHODS) | NOT_PUBLISHED == {*NEEDS, *ASKS_ITSELF}
    assert not NOT_PUBLISHED & set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_it_is_what_the_documents_say(name: str) -> None:
    one = PUBLISHED[name]
    assert one["page"].startswith("https://")
    named(name).check_answer(one["json"])


@pytest.mark.parametrize("name", METHODS)
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


def test_of_traffic_to_the_latest_revision_google_does_not_say_which_it_is(google: Google) -> None:
    found = read_service(google, "ejectrequest")
    assert found.traffic == (Share(percent=100, revision="ejectrequest-00002-ruh", latest=True),)
    assert (found.serving, found.ready, found.newest_failed) == ("ejectrequest-00002-ruh", True, False)


def test_a_service_that_does_not_say_how_it_is_is_not_called_ready(google: Google, cloud: Cloud) -> None:
    silent = {"terminalCondition", "trafficStatuses"}
    left = {name: told for name, told in PUBLISHED[SERVICE]["json"].items() if name not in silent}
    cloud.instead[SERVICE] = lambda _: JSONResponse(left)
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
    with pytest.raises(LookupError, match=r"is .* days.* old"):
        found.latest()


def test_an_audit_record(google: Google) -> None:
    policy = Kind(name="policy", pattern=r'"methodName": "SetIamPolicy"')
    found = read_entries(google, Wanted(), window=timedelta(hours=1), kinds=(policy,))
    assert (found.total, found.kinds, found.complete) == (1, {"policy": 1}, True)
    assert found.last == datetime.fromisoformat("2016-04-27T16:24:56.135+00:00")
    assert "user@example.com" not in found.model_dump_json()


def test_an_instance_and_its_disk(google: Google) -> None:
    found = read_storage(google, "orders")
    assert (found.state, found.size, found.kind, found.version) == ("RUNNABLE", 10, "PD_SSD", 1)
    assert found.itself == "Cloud SQL enlarges it by itself, without a limit"


def test_a_disk_is_enlarged_by_an_operation_of_which_only_ours_tells_the_end(google: Google, cloud: Cloud) -> None:
    """What is published shows 10 GB before and after, so that plans differ by what they wanted."""
    change = GrowStorage(google=google, instance="orders")
    target = DiskTarget(
        name="disk", before="8 GB", after="10 GB", instance="orders", old=8, new=10, version=1, latest=""
    )
    plan = Plan(change=change.name, summary="Enlarge it.", targets=(target,), out_of=1)
    assert change.progress(plan, Act.APPLY).going is Going.DONE
    smaller = target.model_copy(update={"old": 10, "new": 13})
    begun = plan.model_copy(update={"targets": (smaller,)})
    assert change.progress(begun, Act.APPLY).going is Going.NOT_BEGUN, "an operation of somebody else is none of ours"
    assert change.apply(begun, WARRANT).under_way
    ours = PUBLISHED["sql.operations.list"]["json"]
    ended = {**ours, "items": [{**ours["items"][0], "user": google.changing_account}]}
    cloud.instead["sql.operations.list"] = lambda _: JSONResponse(ended)
    failed = change.progress(begun, Act.APPLY)
    assert (failed.going, failed.note) == (
        Going.FAILED,
        "The disk of orders has 10 GB: Cloud SQL could not enlarge it (it does not say why).",
    )


def test_a_token(google: Google, cloud: Cloud) -> None:
    """As an account is let in by its key, and by the machine's own identity: the same of both is what we give."""
    published = PUBLISHED[TOKEN]["json"]
    email = google.reading_account
    cloud.accounts._tokens[published["access_token"]] = (email, clock.now() + timedelta(hours=1))
    given: list[str] = []
    cloud.accounts.let_in = lambda form: (given.append(form["grant_type"]), published)[1]  # pyright: ignore[reportAttributeAccessIssue] # as it is published
    read_service(google, "ejectrequest")
    assert given == [GRANT]


def test_a_time_finer_than_googles_library_reads_is_told_without_the_token(
    google: Google, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The example on Google's page has nanoseconds, which Google's own library refuses to read."""
    assert google.changing_key is not None
    (tmp_path / "own.json").write_text(google.changing_key.get_secret_value())
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "own.json"))
    cloud.instead[ACTS] = lambda _: JSONResponse(PUBLISHED[ACTS]["json"])
    with pytest.raises(Permanent, match=r"gives .* no token") as raised:
        read_service(google.model_copy(update={"reading_key": None}), "ejectrequest")
    assert PUBLISHED[ACTS]["json"]["accessToken"] not in str(raised.value)


def test_what_may_be_done(google: Google) -> None:
    wanted = ("resourcemanager.projects.get", "resourcemanager.projects.delete")
    assert asked_itself(google, "reading", f"projects/{PROJECT}", wanted) == {wanted[0]}
