"""The looks of `rung.workflow_not_triggering`, on the running sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from blocks.rung import Rung
from runbook import Permanent, Temporary
from runbook.shares import LEAST
from sandbox.rehearsal import wait
from sandbox.systems.rung.api_faults import FUNCTION, usual_function
from sandbox.systems.rung.delivery import send_to, turned_away
from sandbox.systems.rung.world import World
from sandbox.workflows import usual_workflows
from tasks.ecs.containers import OUT_OF_MEMORY, read_containers, why_ended
from tasks.n8n.caller import Address, plain, read_address
from tasks.n8n.delivery import ANSWERED, Delivery
from tasks.n8n.queue import Queue, read_queue
from tasks.n8n.read import Webhooks, read_webhooks, read_workflows
from tasks.web.read import Page, read_page

PATHS = ("pre-session", "post-session")


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """The world; afterwards its workflows are as they were."""
    yield world
    world.n8n.put_back(usual_workflows())


def test_no_look_runs_a_workflow(env: Rung, world: World) -> None:
    before = dict(world.n8n.executions)
    read_webhooks(env.n8n, PATHS)
    read_workflows(env.n8n, PATHS)
    read_page(env.n8n.at("healthz"), expect='"ok"')
    assert world.n8n.executions == before
    assert turned_away(world.facts.aws) == ()  # a real event does
    assert world.n8n.executions != before


def test_only_ids_names_states_and_paths_of_workflows_are_kept(env: Rung, world: World) -> None:
    read = read_workflows(env.n8n, PATHS)
    assert {one.name: one.active for one in read.workflows} == {"Pre-session": True, "Post-session": True}
    assert "planted" not in read.model_dump_json()


def test_workflows_on_later_pages_are_found(env: Rung, monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr("tasks.n8n.read.PAGE", 1)
    assert len(read_workflows(env.n8n, PATHS).workflows) == 2
    monkeypatch.setattr("tasks.n8n.read.PAGES", 2)
    with pytest.raises(Permanent, match="more than 2 workflows"):
        read_workflows(env.n8n, PATHS)


def test_without_a_key_workflows_are_unreadable_and_webhooks_are_not(env: Rung, blind: Rung, world: World) -> None:
    with pytest.raises(Permanent, match="no n8n_key"):
        read_workflows(blind.n8n, PATHS)
    assert read_webhooks(blind.n8n, PATHS).turned_away == ()


def test_a_wrong_key_is_said(env: Rung, world: World) -> None:
    with pytest.raises(Permanent, match="does not accept our API key"):
        read_workflows(replace(env.n8n, reading_key=SecretStr("wrong")), PATHS)


def test_workflows_cannot_be_seen_while_n8n_is_down(env: Rung, world: World) -> None:
    world.break_("n8n_down")
    with pytest.raises(Temporary, match="nobody listens"):
        read_workflows(env.n8n, PATHS)
    with pytest.raises(Temporary, match="nobody listens"):
        read_webhooks(env.n8n, PATHS)


def test_a_hung_n8n_is_silent(env: Rung, world: World) -> None:
    world.break_("n8n_down", how="silent")
    page = read_page(env.n8n.at("healthz"), patience=env.n8n.patience / 10)
    assert (page.kind, page.answers) == ("silent", False)


def test_the_address_is_the_one_behind_the_alias_and_nothing_else_is_kept(env: Rung, blind: Rung, world: World) -> None:
    def read(env: Rung) -> Any:
        return read_address(env.aws, env.api.function, env.api.alias, env.workflows.variable, env.workflows.url)

    assert read(env).same
    assert "planted" not in read(env).model_dump_json()
    try:
        send_to(world.facts.aws, "https://user:planted-secret@elsewhere.rung.health/webhook?token=planted")
        assert read(env).configured == "https://elsewhere.rung.health/webhook"
        assert not read(env).same
    finally:
        usual_function(world.facts.aws.client("lambda"))
    with pytest.raises(Permanent, match="grant the generated policy"):
        read(blind)
    with pytest.raises(Permanent, match="does not set NOTHING"):
        read_address(env.aws, FUNCTION, "prod", "NOTHING", env.workflows.url)


def test_addresses_are_compared_as_a_client_would() -> None:
    assert plain("HTTPS://N8N.Internal:8443/webhook/") == plain("https://n8n.internal:8443/webhook")
    assert plain("https://n8n.internal/webhook") != plain("https://n8n.internal/Webhook")


def test_containers_tell_why_tasks_ended_and_no_value_of_their_environment(env: Rung, world: World) -> None:
    world.break_("n8n_out_of_memory")
    read = wait(
        lambda: (r := read_containers(env.aws, "rung-prod", "n8n")) and (r if r.last_ended else None),
        within=60,
        what="a task to end",
    )
    assert (read.last_ended, read.desired, read.memory) == (OUT_OF_MEMORY, 1, 512)
    assert "planted" not in read.model_dump_json()


def test_containers_cannot_be_seen_by_the_blind(env: Rung, blind: Rung) -> None:
    with pytest.raises(Permanent, match="grant the generated policy"):
        read_containers(blind.aws, "rung-prod", "n8n")
    with pytest.raises(Permanent, match="no active service nothing"):
        read_containers(env.aws, "rung-prod", "nothing")


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ({"stopCode": "EssentialContainerExited", "containers": [{"exitCode": 134}]}, OUT_OF_MEMORY),
        ({"stopCode": "EssentialContainerExited", "containers": [{"exitCode": 1}]}, "exited"),
        ({"stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError"}, "failed to start"),
        ({"stopCode": "ServiceSchedulerInitiated", "stoppedReason": "Task failed ELB health checks"}, "unhealthy"),
        ({"stopCode": "ServiceSchedulerInitiated", "stoppedReason": "Scaling activity initiated by"}, "replaced"),
        ({"stopCode": "SpotInterruption"}, "other"),
    ],
)
def test_why_a_task_ended(task: dict[str, Any], reason: str) -> None:
    assert why_ended(task) == reason


def send(env: Rung, many: int) -> None:
    for _ in range(many):
        httpx.post(env.n8n.at("webhook/pre-session"), json={}, trust_env=False).raise_for_status()


def test_a_queue_that_nobody_works_off_is_seen_and_a_few_that_wait_say_nothing(env: Rung, world: World) -> None:
    assert not read_queue(env.n8n).stuck
    world.n8n.workers = False
    try:
        send(env, 2)
        with pytest.raises(LookupError, match="too few to tell"):
            _ = read_queue(env.n8n).stuck
        send(env, 1)
        assert read_queue(env.n8n).stuck
        assert read_queue(env.n8n).model_copy(update={"active": 1}).stuck is False
    finally:
        world.n8n.work_off()
    assert str(read_queue(env.n8n)) == "0 executions wait in n8n's queue, and workers are at work on 0"


def test_a_queue_that_n8n_does_not_show_is_unknown(env: Rung, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.workflows.JOBS", "n8n_other")
    with pytest.raises(Permanent, match="N8N_METRICS_INCLUDE_QUEUE_METRICS"):
        read_queue(env.n8n)
    world.break_("n8n_down")
    with pytest.raises(Temporary, match="queue cannot be seen"):
        read_queue(env.n8n)


WELL = Delivery(
    address=Address(function="api", configured="http://n8n/webhook", wanted="http://n8n/webhook"),
    page=Page(host="n8n", kind="answered", status=200, latency=1.0),
    webhooks=Webhooks(methods={"pre-session": ("POST",)}),
    queue=Queue(waiting=0, active=0),
    requests=LEAST,
)


@pytest.mark.parametrize(
    ("more", "works"),
    [
        ({}, True),
        ({"queue": None}, True),
        ({"refused": 2, "requests": 200.0}, True),
        ({"refused": 3}, False),
        ({"queue": Queue(waiting=9, active=0)}, False),
        ({"queue": Queue(waiting=9, active=1)}, True),
        ({"webhooks": Webhooks(methods={"pre-session": ()}), "unseen": "no metrics"}, False),
    ],
)
def test_an_event_is_delivered_when_it_is_taken_and_carried_out(more: dict[str, Any], works: bool) -> None:
    assert WELL.model_copy(update=more).works is works


def test_a_delivery_of_which_a_part_was_not_seen_is_unknown() -> None:
    with pytest.raises(LookupError, match="no metrics"):
        _ = WELL.model_copy(update={"unseen": "no metrics"}).works


def test_a_few_failed_events_may_be_all_that_were_sent() -> None:
    with pytest.raises(LookupError, match="2 of the API's events failed lately, which is too few"):
        _ = WELL.model_copy(update={"refused": 2, "requests": 199.0}).works


def test_of_hardly_any_requests_nobody_can_tell_whether_events_arrive() -> None:
    with pytest.raises(LookupError, match="the API had 2 requests lately, too few"):
        _ = WELL.model_copy(update={"requests": 2.0}).works


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("httpx.HTTPStatusError: Client error '403 Forbidden' for url 'https://n8n.rung.health/webhook/x'", True),
        ("POST https://n8n.rung.health/webhook/x answered with status 502", True),
        ("httpx.ConnectTimeout: POST https://n8n.rung.health/webhook/x", False),
        ("POST https://n8n.rung.health/webhook/x 200 in 403 ms", False),
    ],
)
def test_an_event_that_n8n_answered_with_an_error_is_told_from_others(line: str, counts: bool) -> None:
    assert bool(re.search(ANSWERED.pattern, line)) is counts
