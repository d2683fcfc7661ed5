"""An instance of Memorystore as Google tells it; what is not told, not there or not allowed is never called well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse

from blocks.google import Google
from blocks.google_answers import NotThere
from runbook import Permanent
from sandbox.google.memorystore import Memorystore
from sandbox.google.serving import READING, REGION, email, practice, standing
from tasks.memorystore.read import read_instance

PROJECT, NAME = "bakery-prod", "ovens"


@pytest.fixture
def kept() -> Memorystore:
    usual: dict[str, Any] = {"state": "READY", "tier": "STANDARD_HA", "memorySizeGb": 4}
    return Memorystore(cloud=practice(PROJECT), region=REGION, instances={NAME: usual})


@pytest.fixture
def google(kept: Memorystore) -> Iterator[Google]:
    with standing(kept.cloud) as found:
        yield found


@pytest.mark.parametrize(
    ("state", "serves"),
    [("READY", True), ("UPDATING", True), ("MAINTENANCE", True), ("REPAIRING", False), ("FAILING_OVER", False)],
)
def test_it_serves_or_not_as_google_says(google: Google, kept: Memorystore, state: str, *, serves: bool) -> None:
    kept.instances[NAME] |= {"state": state, "statusMessage": "a zone is away"}
    found = read_instance(google, NAME)
    assert (found.serves, found.stands_by, found.gigabytes) == (serves, True, 4)
    assert str(found) == f"ovens: {state}, a zone is away; STANDARD_HA, 4 GB"
    assert type(found).model_validate_json(found.model_dump_json()) == found


def test_one_of_the_basic_tier_has_nothing_to_fail_over_to(google: Google, kept: Memorystore) -> None:
    kept.instances[NAME]["tier"] = "BASIC"
    assert not read_instance(google, NAME).stands_by


def test_one_that_is_not_there_is_told_from_one_that_is_down(google: Google) -> None:
    with pytest.raises(NotThere, match=r"knows nothing there when trying to read the instance mixers"):
        read_instance(google, "mixers")


def test_who_may_not_look_is_told_so(google: Google, kept: Memorystore) -> None:
    kept.cloud.accounts.of(email(READING, PROJECT)).allowed.clear()
    with pytest.raises(Permanent, match="grant it the generated roles"):
        read_instance(google, NAME)


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"name": "x", "tier": "BASIC", "memorySizeGb": 1}),
        JSONResponse({"state": "READY"}),
        HTMLResponse("<h1>Sign in</h1>"),
    ],
    ids=["no state", "no size", "no JSON"],
)
def test_an_answer_that_says_too_little_is_unreadable(google: Google, kept: Memorystore, answer: Any) -> None:
    kept.cloud.instead["redis.projects.locations.instances.get"] = lambda _: answer
    with pytest.raises(Permanent):
        read_instance(google, NAME)
