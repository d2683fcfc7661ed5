"""Looks at Trigger.dev: against its stand-in, and by the answers that it publishes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from blocks.permissions import Needs, NotNamed
from blocks.triggerdev import QUEUES, REPLAY, RUNS, TAG, TriggerDev
from blocks.triggerdev_http import BOUND, NoSuchThing, told
from flows.parts.triggerdev import KINDS
from journal.facts.words import Answer
from runbook import Permanent, SlowDown, Temporary
from sandbox.switchboard.serving import served
from sandbox.triggerdev.kept import Failure, Schedule
from sandbox.triggerdev.server import BLIND, CHANGING, READING
from tasks.triggerdev.read import LOOKED_AT, NEWEST, Task, read_errors, read_queues, read_runs
from tasks.triggerdev.runs import mark_of, to_run
from tests.tasks.trigger import AN_HOUR, OUT, PATIENT, REMIND, SYNC, Here, practising

PUBLISHED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "recorded" / "triggerdev" / "published.json").read_text("utf-8")
)
DEV = {"environment": "dev"}


@pytest.fixture
def here() -> Iterator[Here]:
    with practising() as found:
        yield found


def of(here: Here, name: str) -> Task:
    return next(one for one in read_runs(here.block(), window=AN_HOUR).tasks if one.task == name)


# -- runs -------------------------------------------------------------------------------------------------------------


def test_every_page_is_turned_by_its_cursor(here: Here) -> None:
    here.ended(SYNC, 250)
    here.ended(REMIND, 5, OUT)
    found = read_runs(here.block(), window=AN_HOUR)
    assert found.complete
    assert (found.ended, of(here, SYNC).well, of(here, REMIND).failed) == (255, 250, 5)
    assert found.failing == pytest.approx(5 / 255)
    assert PATIENT not in repr(found)


def test_of_too_many_runs_the_newest_are_counted_and_it_says_so(here: Here) -> None:
    here.ended(SYNC, 1050)
    found = read_runs(here.block(), window=AN_HOUR)
    assert (found.ended, found.complete) == (1000, False)
    assert str(found).startswith("the newest of the 1000 runs")


def test_only_runs_of_the_window_count_and_no_tests(here: Here) -> None:
    old = here.ended(SYNC)[0]
    old.created -= 2 * AN_HOUR
    here.ended(SYNC)[0].test = True
    assert read_runs(here.block(), window=AN_HOUR).tasks == ()


def test_a_run_whose_replay_succeeded_is_made_up_for(here: Here) -> None:
    lost, twice, again = here.ended(SYNC, 3, OUT)
    here.ended(SYNC, tags=(mark_of(lost.id),), replays=lost.id)
    again.tags = [mark_of(again.id)]
    here.ended(SYNC, 1, OUT, tags=(mark_of(again.id),), replays=again.id)
    found = of(here, SYNC)
    assert (found.failed, found.left, found.made_up, found.well) == (2, 1, 1, 0), twice


def test_a_task_fares_well_once_its_newest_five_succeed(here: Here) -> None:
    here.ended(REMIND, 8, OUT)
    runs = read_runs(here.block(), window=AN_HOUR)
    assert (runs.well, runs.left, runs.failing) == (False, 0, 1.0)
    for run in here.kept.runs.values():
        run.created -= timedelta(minutes=5)
        run.ended = run.created
    here.ended(REMIND, NEWEST)
    runs = read_runs(here.block(), window=AN_HOUR)
    assert (runs.well, runs.failing) == (True, 0.0), "nobody may replay them, so they are no trouble that goes on"


def test_of_few_runs_nobody_can_tell_whether_a_task_fares_well() -> None:
    few = Task(task=SYNC, failed=2, lately=2, lately_failed=0)
    with pytest.raises(LookupError, match="only 2 runs"):
        _ = few.fares_well
    assert few.counts == 2, "unknown is not well"


def test_runs_that_wait_are_stuck_when_one_has_waited_for_long(here: Here) -> None:
    here.kept.queues[SYNC].paused = True
    for _ in range(3):
        here.kept.make(SYNC, here.ended(REMIND)[0].created - timedelta(minutes=11))
    found = read_runs(here.block(), window=AN_HOUR)
    assert found.stuck(timedelta(minutes=10))
    assert not found.stuck(timedelta(minutes=12))


# -- why, and queues --------------------------------------------------------------------------------------------------


def test_the_newest_failed_runs_are_told_by_kind_and_what_they_say_is_dropped(here: Here) -> None:
    here.ended(REMIND, 20, Failure(name="TypeError", message=f"{PATIENT} is undefined"))
    here.ended(SYNC, 3, OUT)
    here.ended(SYNC, 1, Failure(status="CRASHED", message="trigger.dev internal error (TASK_PROCESS_OOM_KILLED)"))
    here.ended(SYNC, 1, Failure(status="TIMED_OUT", message="trigger.dev internal error (MAX_DURATION_EXCEEDED)"))
    found = read_errors(here.block(), window=AN_HOUR, kinds=KINDS)
    assert found.looked == LOOKED_AT
    assert PATIENT not in repr(found)
    assert (found.kinds["theirs"], found.kinds["memory"]) == (3, 1)
    assert found.kinds["code"] >= 7


def test_without_failed_runs_there_is_no_share(here: Here) -> None:
    with pytest.raises(LookupError):
        read_errors(here.block(), window=AN_HOUR, kinds=KINDS).share("theirs")


def test_a_queue_is_full_when_runs_wait_and_as_many_go_on_as_may(here: Here) -> None:
    queue = here.kept.queues[SYNC]
    queue.limit, here.kept.tasks[SYNC].takes = 1, AN_HOUR
    here.kept.make(SYNC, here.ended(REMIND)[0].created)
    assert not read_queues(here.block()).full
    here.kept.make(SYNC, here.ended(REMIND)[0].created)
    assert read_queues(here.block()).full
    queue.paused = True
    assert not read_queues(here.block()).full
    queue.paused, queue.limit = False, 2
    assert not read_queues(here.block()).full
    here.kept.queues.clear()
    with pytest.raises(LookupError, match="no queue is listed"):
        _ = read_queues(here.block()).full


# -- whoever may not, and what is odd ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [BLIND, "tr_prod_unknown"])
def test_whoever_may_not_look_is_told_so(here: Here, key: str) -> None:
    block = here.block(reading_key=SecretStr(key))
    for look in (
        lambda: read_runs(block, window=AN_HOUR),
        lambda: read_errors(block, window=AN_HOUR, kinds=KINDS),
        lambda: read_queues(block),
    ):
        with pytest.raises(Permanent, match="does not accept the key"):
            look()
    (check,) = block.checks()
    assert check.answer is Answer.UNKNOWN


def test_the_first_look_says_which_environment_the_key_is_of(here: Here) -> None:
    here.ended(SYNC)
    assert [one.answer for one in here.block().checks()] == [Answer.YES]
    (other,) = here.block(environment="staging").checks()
    assert (other.answer, "another environment" in other.text) == (Answer.NO, True)


def answering(status: int, body: Any, **more: Any) -> Starlette:
    """Answers everything with the same."""

    async def same(_request: Request) -> Response:
        return JSONResponse(body, status, **more)

    return Starlette(routes=[Route("/{any:path}", same, methods=["GET", "POST"])])


def block_at(url: str, **more: Any) -> TriggerDev:
    return TriggerDev.model_validate({"url": url, "reading_key": READING, **more})


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, Permanent), (403, Permanent), (404, NoSuchThing), (429, SlowDown), (500, Temporary), (503, Temporary)],
)
def test_each_refusal_is_one_of_our_words(status: int, error: type[Exception]) -> None:
    with served(answering(status, {"error": "Something went wrong"})) as url, pytest.raises(error) as raised:
        read_runs(block_at(url), window=AN_HOUR)
    assert str(status) in str(raised.value) or status in {401, 403, 404}


def test_a_redirect_is_not_followed_since_the_key_would_follow_it() -> None:
    async def elsewhere(_request: Request) -> Response:
        return RedirectResponse("http://127.0.0.1:1/")

    app = Starlette(routes=[Route("/{any:path}", elsewhere)])
    with served(app) as url, pytest.raises(Permanent, match="redirect"):
        read_runs(block_at(url), window=AN_HOUR)


def test_more_than_is_read_is_no_answer() -> None:
    with served(answering(200, {"data": ["x" * BOUND]})) as url, pytest.raises(Permanent, match="more than is read"):
        read_runs(block_at(url), window=AN_HOUR)


@pytest.mark.parametrize(
    "body",
    [
        {"data": []},
        {"data": {}, "pagination": {}},
        {"data": [{"id": "run_1"}], "pagination": {}},
        {"data": [{**PUBLISHED["list_runs"]["answer"]["data"][0], "status": "FINE"}], "pagination": {}},
        {"data": ["run_1"], "pagination": {}},
    ],
)
def test_another_form_is_unknown_and_never_health(body: Any) -> None:
    with served(answering(200, body)) as url, pytest.raises(Permanent, match="another form"):
        read_runs(block_at(url), window=AN_HOUR)


def test_a_queue_of_another_form_is_unknown() -> None:
    body: dict[str, Any] = {"data": [{"name": "x"}], "pagination": {}}
    with served(answering(200, body)) as url, pytest.raises(Permanent, match="another form"):
        read_queues(block_at(url))


@pytest.mark.parametrize("url", ["http://api.trigger.dev", "https://", "https://api.trigger.dev/api", "https://u:p@h"])
def test_an_address_that_would_show_the_key_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        block_at(url)


# -- what is granted --------------------------------------------------------------------------------------------------


def test_each_key_is_given_the_least_preset(here: Here) -> None:
    needs = Needs(reading=frozenset({RUNS, QUEUES}), changing=frozenset({TAG, REPLAY}))
    reading, changing = here.block().grants(needs, {})
    assert reading.title.endswith("preset Observer")
    assert changing.title.endswith("preset No restrictions")
    assert reading.document == ("GET /api/v1/runs", "GET /api/v3/runs/RUN", "GET /api/v1/queues")
    with pytest.raises(NotNamed):
        list(here.block(replayable=[]).grants(needs, {}))


def test_what_is_granted_is_what_the_stand_in_lets_each_key_do(here: Here) -> None:
    (run,) = here.ended(SYNC)
    for method, path in (("POST", "replay"), ("POST", "tags")):
        more: dict[str, Any] = {"json": {"tags": "x"}} if path == "tags" else {}
        refused = here.ask(method, f"/api/v1/runs/{run.id}/{path}", **more)
        assert refused.status_code == (401 if path == "tags" else 403)
    assert here.ask("POST", f"/api/v2/runs/{run.id}/cancel").status_code == 403
    assert list(here.kept.runs.values()) == [run]
    assert run.tags == []


# -- what is published ------------------------------------------------------------------------------------------------


def test_published_runs_are_read() -> None:
    listed, one = (PUBLISHED[name]["answer"] for name in ("list_runs", "retrieve_run"))
    run = to_run(listed["data"][0])
    assert (run.id, run.task, run.well, run.version, run.mark) == ("run_1234", "my-task", True, "20240523.1", "")
    assert to_run(one).failed
    with served(answering(200, {**listed, "pagination": {}})) as url:
        found = read_runs(block_at(url, **DEV), window=AN_HOUR)
        assert (found.ended, found.complete) == (1, True)


def test_published_queues_are_read() -> None:
    answer = PUBLISHED["list_queues"]["answer"]
    last = {**answer, "pagination": {"currentPage": 5, "totalPages": 5, "count": 50}}
    with served(answering(200, last)) as url:
        (queue,) = read_queues(block_at(url)).queues
    assert (queue.name, queue.running, queue.queued, queue.limit, queue.full) == ("my-task-id", 5, 10, 10, False)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_stand_in_answers_as_is_published(here: Here, name: str) -> None:
    (run,) = here.ended(SYNC, 1, OUT)
    here.kept.schedules["sched_1234"] = Schedule(id="sched_1234", task=SYNC, cron="0 0 * * *")
    said = PUBLISHED[name]
    method, path = said["request"].split(" ")
    path, more = path.replace("run_1234", run.id), {"json": said["body"]} if "body" in said else {}
    got = here.ask(method, path, key=CHANGING, **more)
    assert got.status_code == 200, got.text
    theirs, ours = said["answer"], got.json()
    assert set(ours) <= set(theirs)
    if "data" in theirs:
        assert set(ours["data"][0]) <= set(theirs["data"][0])
        assert set(ours["pagination"]) <= set(theirs["pagination"])
    if "message" in theirs:
        assert ours == theirs
    for refusal in said["refusals"]:
        if refusal["status"] == 401:
            told_ = here.ask(method, path, key="tr_prod_unknown", **more)
        elif refusal["status"] == 404:
            told_ = here.ask(
                method, path.replace(run.id, "run_gone").replace("sched_1234", "gone"), key=CHANGING, **more
            )
        elif refusal["status"] == 422:
            told_ = here.ask(method, path, key=CHANGING, json={"tags": [str(n) for n in range(11)]})
        elif "details" in refusal["answer"]:
            told_ = here.ask(method, f"{path}?filter[status]=FOOBAR", key=CHANGING)
            assert told_.json() == refusal["answer"]
        else:
            continue  # what only Trigger.dev itself can fail at
        assert told_.status_code == refusal["status"]
        assert set(told_.json()) == set(refusal["answer"])


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/api/v1/nothing", {}, 404),
        ("POST", "/api/v1/runs", {}, 405),
        ("GET", "/api/v1/runs?status=FAILED", {}, 400),
        ("GET", "/api/v1/runs?page[size]=500", {}, 400),
        ("GET", "/api/v1/runs?page[after]=run_gone", {}, 400),
        ("GET", "/api/v1/runs?filter[createdAt][from]=yesterday", {}, 400),
        ("POST", "/api/v1/runs/RUN/replay", {"json": {"payload": {}}}, 400),
        ("POST", "/api/v1/runs/RUN/tags", {}, 400),
        ("POST", "/api/v1/runs/RUN/tags", {"json": {"tags": ["x"], "more": 1}}, 400),
        ("POST", "/api/v1/runs/RUN/tags", {"content": b"{"}, 400),
        ("GET", "/api/v1/queues?size=3", {}, 400),
    ],
)
def test_the_stand_in_refuses_what_it_does_not_know(
    here: Here, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    (run,) = here.ended(SYNC)
    assert here.ask(method, path.replace("RUN", run.id), key=CHANGING, **more).status_code == status
    assert list(here.kept.runs.values()) == [run]
    assert run.tags == []


def test_a_run_that_is_not_there_is_named() -> None:
    with practising() as here, pytest.raises(NoSuchThing, match="/api/v3/runs/run_gone"):
        told(here.block(), "/api/v3/runs/run_gone", here.block().reading())
