"""The looks of `rung.workflow_not_triggering`, on the running sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.rung import Rung
from runbook import Permanent, Temporary
from sandbox.rehearsal import wait
from sandbox.systems.rung.api_faults import FUNCTION, usual_function
from sandbox.systems.rung.delivery import send_to, turned_away
from sandbox.systems.rung.world import World
from sandbox.workflows import usual_workflows
from tasks.ecs.containers import OUT_OF_MEMORY, read_containers, why_ended
from tasks.n8n.caller import plain, read_address
from tasks.n8n.read import read_webhooks, read_workflows
from tasks.web.read import read_page

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
        within=10,
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
