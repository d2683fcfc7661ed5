"""A variable of a service's template is changed and put back, by Google's own client, on a project of our own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import JSONResponse

from blocks.google import Google
from blocks.notifier import Notifier
from journal import clock
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, NotSafe, Permanent
from sandbox.google.run import Run
from sandbox.google.run_kept import REVISION
from sandbox.google.secrets import Secrets
from sandbox.google.serving import CHANGING, READING, email, standing
from tasks.cloudrun.template import RefreshSecret, SetVariable
from tasks.cloudrun.told import read_deployed, read_variables
from tasks.secretmanager.read import read_versions
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.cloud import CI, THIRD, bakery
from tests.typing.bakery import PROJECT, SERVICE, Bakery

KEY, VARIABLE, OVEN = "oven-key", "OVEN_KEY", "OVEN_DEGREES"
OTHERS = "postgres://baker:0practice@db/oven"
HELD = ("baked-0practice-first", "baked-0practice-second", "baked-0practice-third")


@pytest.fixture
def run() -> Run:
    """The bakery, whose newest revision reads the second of three versions."""
    made = bakery()
    service = made.services[SERVICE]
    service.env |= {OVEN: "180", "DATABASE_URL": OTHERS}
    service.refs[VARIABLE] = (KEY, "2")
    for one in service.revisions:
        one.env, one.refs = dict(service.env), dict(service.refs)
    return made


@pytest.fixture
def secrets(run: Run) -> Secrets:
    found, now = Secrets(cloud=run.cloud), clock.now()
    for age, holds in zip((72, 24, 0), HELD, strict=True):
        found.add(KEY, holds, now - timedelta(hours=age))
    run.reads = lambda name, version: found.read(name, version) is not None
    return found


@pytest.fixture
def google(run: Run, secrets: Secrets) -> Iterator[Google]:
    assert secrets.kept
    with standing(run.cloud) as found:
        yield found


@pytest.fixture
def env(google: Google) -> Bakery:
    """What `guarded` judges guardrails in."""
    return Bakery(notifier=Notifier(), google=google)


def refresh(google: Google) -> RefreshSecret:
    return RefreshSecret(google=google, service=SERVICE, variable=VARIABLE, secret=KEY, within=timedelta(0))


def told(run: Run, variable: str = VARIABLE) -> Any:
    """What the newest revision is told."""
    newest = run.services[SERVICE].revisions[-1]
    return newest.refs.get(variable) or newest.env.get(variable)


@pytest.mark.case(RefreshSecret, NEEDED, GUARDRAIL, UNDO)
def test_a_new_revision_reads_the_newest_version_and_another_one_the_version_before(
    google: Google, run: Run, guarded: Guarded
) -> None:
    change, service = refresh(google), run.services[SERVICE]
    plan = planned(change)
    guarded(plan)
    assert (plan.targets[0].before, plan.targets[0].after) == ("reads version 2", "reads version 3")
    assert read_deployed(google, SERVICE, VARIABLE, KEY).is_older()
    assert change.landed(plan)[0] is Answer.NO
    outcome = change.apply(plan, WARRANT)
    assert outcome.ok, outcome.note
    assert (len(service.revisions), told(run)) == (4, (KEY, "3"))
    assert (told(run, OVEN), service.share(service.ready())) == ("180", 100), "all else is as it was, and it answers"
    assert change.landed(plan)[0] is Answer.YES
    assert read_deployed(google, SERVICE, VARIABLE, KEY).is_newest()
    assert change.undo(plan, WARRANT).ok
    assert (len(service.revisions), told(run)) == (5, (KEY, "2"))
    assert change.undone(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).note.endswith("is 2, as before.")
    assert {who for method, who in run.cloud.asked if method.endswith(".patch")} == {email(CHANGING, PROJECT)}


def test_nothing_that_is_secret_is_in_a_plan_or_a_reading(google: Google) -> None:
    found = [planned(refresh(google)), read_deployed(google, SERVICE, VARIABLE, KEY), read_versions(google, KEY)]
    for one in found:
        text = one.model_dump_json() + str(one)
        assert not any(held in text for held in (*HELD, "baker:0practice"))


@pytest.mark.case(RefreshSecret, NOT_NEEDED)
def test_what_reads_the_newest_that_may_be_read_is_left_alone(google: Google, secrets: Secrets) -> None:
    secrets.kept[KEY][2].state = "DISABLED"
    assert isinstance(refresh(google).plan(), NotNeeded)
    assert read_deployed(google, SERVICE, VARIABLE, KEY).is_newest()


@pytest.mark.case(RefreshSecret, DRIFTED)
def test_a_service_that_was_changed_since_is_left_alone(google: Google, run: Run) -> None:
    change = refresh(google)
    plan, service = planned(change), run.services[SERVICE]
    service.touch(CI)
    service.observed = service.generation
    with pytest.raises(Drifted, match="was changed since this was planned"):
        change.apply(plan, WARRANT)
    assert len(service.revisions) == 3


def test_who_is_faster_between_the_look_and_the_act_is_found_out_by_the_etag(google: Google, run: Run) -> None:
    change = refresh(google)
    plan, service = planned(change), run.services[SERVICE]
    read = run.cloud.handlers["run.projects.locations.services.get"]

    def and_then_somebody_changes_it(call: Any) -> dict[str, Any]:
        told = read(call)
        service.touch(CI)
        service.observed = service.generation
        return told

    run.cloud.handlers["run.projects.locations.services.get"] = and_then_somebody_changes_it
    with pytest.raises(Drifted, match="nothing was done"):
        change.apply(plan, WARRANT)
    assert len(service.revisions) == 3


@pytest.mark.case(RefreshSecret, UNKNOWN)
def test_while_the_revision_is_not_ready_nobody_knows(google: Google, run: Run) -> None:
    run.takes = timedelta(hours=1)
    change, service = refresh(google), run.services[SERVICE]
    plan = planned(change)
    outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert "had not ended within" in outcome.note
    assert (service.share(THIRD), change.landed(plan)[0]) == (100, Answer.UNKNOWN)
    for one in run.operations.values():
        one.ends -= run.takes
    assert change.landed(plan)[0] is Answer.YES


def test_a_version_that_is_disabled_meanwhile_starts_no_revision_and_the_one_before_answers_on(
    google: Google, run: Run, secrets: Secrets
) -> None:
    change, service = refresh(google), run.services[SERVICE]
    plan = planned(change)
    secrets.kept[KEY][2].state = "DISABLED"
    outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert f"Secret {KEY}/versions/3 was not found" in outcome.note
    assert (service.share(THIRD), change.landed(plan)[0]) == (100, Answer.UNKNOWN)
    assert change.undo(plan, WARRANT).ok
    assert told(run) == (KEY, "2")


def test_what_somebody_else_has_set_is_not_undone(google: Google, run: Run) -> None:
    change = refresh(google)
    plan = planned(change)
    assert change.apply(plan, WARRANT).ok
    run.services[SERVICE].refs[VARIABLE] = (KEY, "1")
    outcome = change.undo(plan, WARRANT)
    assert not outcome.ok
    assert "by somebody else's doing; it was left alone" in outcome.note
    assert change.undone(plan)[0] is Answer.NO


# -- a variable that is no secret --------------------------------------------------------------------------------------


def heat(google: Google, to: str = "220", **other: Any) -> SetVariable:
    given: dict[str, Any] = {"variable": OVEN, "declared": {OVEN: to}, **other}
    return SetVariable(google=google, service=SERVICE, within=timedelta(0), **given)


@pytest.mark.case(SetVariable, NEEDED, GUARDRAIL, UNDO)
def test_a_variable_is_set_to_what_is_declared_and_put_back(google: Google, run: Run, guarded: Guarded) -> None:
    change = heat(google)
    plan = planned(change)
    guarded(plan)
    assert (plan.targets[0].before, plan.targets[0].after) == (f"{OVEN} is 180", f"{OVEN} is 220")
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert (told(run, OVEN), told(run), told(run, "DATABASE_URL")) == ("220", (KEY, "2"), OTHERS)
    assert change.landed(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).ok
    assert (told(run, OVEN), change.undone(plan)[0]) == ("180", Answer.YES)
    assert OTHERS not in plan.model_dump_json()


@pytest.mark.case(SetVariable, NOT_NEEDED)
def test_a_variable_that_is_as_declared_is_left_alone(google: Google) -> None:
    assert isinstance(heat(google, "180").plan(), NotNeeded)


@pytest.mark.case(SetVariable, DRIFTED)
def test_a_variable_of_a_service_that_was_changed_since_is_left_alone(google: Google, run: Run) -> None:
    change, service = heat(google), run.services[SERVICE]
    plan = planned(change)
    service.touch(CI)
    service.observed = service.generation
    with pytest.raises(Drifted, match="plan again"):
        change.apply(plan, WARRANT)
    assert told(run, OVEN) == "180"


@pytest.mark.case(SetVariable, UNKNOWN)
def test_what_starts_no_revision_is_not_so(google: Google, run: Run) -> None:
    run.fails = "The container failed to start."
    change = heat(google)
    plan = planned(change)
    outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert "The container failed to start" in outcome.note
    assert (run.services[SERVICE].share(THIRD), change.landed(plan)[0]) == (100, Answer.UNKNOWN)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"variable": "DATABASE_URL"}, "does not declare DATABASE_URL, so nobody may set it"),
        ({"variable": VARIABLE, "declared": {VARIABLE: "1"}}, "comes from a secret"),
        ({"variable": "PROOFING", "declared": {"PROOFING": "1"}}, "does not set PROOFING in one place"),
    ],
)
def test_only_what_is_declared_and_no_secret_is_set(google: Google, other: dict[str, Any], why: str) -> None:
    with pytest.raises(NotSafe, match=why):
        heat(google, **other).plan()


def test_of_variables_those_are_read_that_are_declared_and_no_others(google: Google, run: Run) -> None:
    run.services[SERVICE].env |= {"RISES": "90m", "COOLS": "soon"}
    found = read_variables(google, SERVICE, {"RISES": "2h", VARIABLE: "1h"})
    assert (found.found, found.lasts("RISES")) == ({"RISES": "90m"}, timedelta(minutes=90))
    with pytest.raises(LookupError, match="to a value that may be seen"):
        found.is_shorter()
    assert read_variables(google, SERVICE, {"RISES": "2h"}).is_shorter()
    assert not read_variables(google, SERVICE, {"RISES": "5400"}).is_shorter()
    with pytest.raises(LookupError, match="COOLS is no time"):
        read_variables(google, SERVICE, {"COOLS": "1h"}).is_shorter()


# -- what is not planned ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refs", "why"),
    [
        ({VARIABLE: (KEY, "latest")}, "reads the newest when an instance starts"),
        ({VARIABLE: (KEY, "current")}, "reads what a name stands for"),
        ({VARIABLE: ("another", "2")}, "does not read OVEN_KEY from oven-key"),
        ({"ANOTHER": (KEY, "2")}, "does not set OVEN_KEY in one place"),
    ],
)
def test_what_is_not_read_by_a_number_is_refused(
    google: Google, run: Run, refs: dict[str, tuple[str, str]], why: str
) -> None:
    run.services[SERVICE].refs = refs
    with pytest.raises(NotSafe, match=why):
        refresh(google).plan()


def test_where_a_new_revision_would_answer_nobody_it_is_refused(google: Google, run: Run) -> None:
    service = run.services[SERVICE]
    service.traffic = service.is_so = [{"type": REVISION, "revision": THIRD, "percent": 100}]
    with pytest.raises(NotSafe, match="follows no new revision"):
        refresh(google).plan()


def test_of_more_versions_than_are_read_none_is_the_newest(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.secretmanager.read.PAGE", 1)
    monkeypatch.setattr("tasks.secretmanager.read.PAGES", 2)
    assert [one.number for one in read_versions(google, KEY).versions] == [3, 2]
    with pytest.raises(LookupError, match="no version of oven-key is known to be the newest"):
        read_deployed(google, SERVICE, VARIABLE, KEY).is_older()
    with pytest.raises(NotSafe, match="cannot be told"):
        refresh(google).plan()


def test_who_reads_whichever_is_the_newest_may_have_started_before_it(google: Google, run: Run) -> None:
    service = run.services[SERVICE]
    for one in service.revisions:
        one.refs = {VARIABLE: (KEY, "latest")}
    with pytest.raises(LookupError, match="is younger than the revision"):
        read_deployed(google, SERVICE, VARIABLE, KEY).is_newest()
    service.revisions[-1].at = clock.now() + timedelta(hours=1)
    assert read_deployed(google, SERVICE, VARIABLE, KEY).is_newest()


# -- who may ----------------------------------------------------------------------------------------------------------


def test_without_the_right_to_list_versions_nobody_knows_which_there_are(google: Google, run: Run) -> None:
    for held in run.cloud.accounts.of(email(READING, PROJECT)).allowed.values():
        held.discard("secretmanager.versions.list")
    with pytest.raises(Permanent, match=f"does not allow {email(READING, PROJECT)} to list the versions of oven-key"):
        read_versions(google, KEY)


def test_a_secret_that_is_not_there_is_not_one_without_versions(google: Google) -> None:
    with pytest.raises(Permanent, match="knows nothing there when trying to list the versions of bread-key"):
        read_versions(google, "bread-key")
    with pytest.raises(Permanent, match="is no name of a secret"):
        read_versions(google, "../oven-key")


A_VERSION = {"name": "projects/x/secrets/y/versions/1", "state": "ENABLED", "createTime": "2026-11-24T03:00:00Z"}


@pytest.mark.parametrize(
    "told",
    [
        {**A_VERSION, "state": "ASLEEP"},
        {**A_VERSION, "name": "projects/x/secrets/y/versions/new"},
        {**A_VERSION, "createTime": "yesterday"},
        {"name": A_VERSION["name"], "state": "ENABLED"},
        "second",
        {},
    ],
)
def test_versions_in_another_form_are_no_versions(google: Google, run: Run, told: Any) -> None:
    run.cloud.instead["secretmanager.projects.secrets.versions.list"] = lambda _: JSONResponse({"versions": [told]})
    with pytest.raises(Permanent, match="another form"):
        read_versions(google, KEY)
