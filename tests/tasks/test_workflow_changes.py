"""n8n and its service on the running sandbox: what is read, and every change in its cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from blocks.rung import Rung
from journal.facts.words import Act, Answer
from runbook import Drifted, NotNeeded, NotSafe, Permanent, Plan, Temporary, Warrant
from sandbox.api_faults import FUNCTION, usual_function
from sandbox.delivery import send_to, turned_away
from sandbox.practice.settings import BLIND, SEEING
from sandbox.rehearsal import Rehearsal, wait
from sandbox.workflows import usual_workflows
from sandbox.world import World
from tasks.ecs.change import ForceNewDeployment, RunMoreTasks
from tasks.ecs.containers import OUT_OF_MEMORY, read_containers, why_ended
from tasks.ecs.memory import RaiseMemory
from tasks.n8n.caller import plain, read_address
from tasks.n8n.change import ActivateWorkflows
from tasks.n8n.read import read_webhooks, read_workflows
from tasks.web.read import read_page

WARRANT = Warrant(incident="INC-TEST", mitigation="test", digest="0" * 16, act=Act.APPLY, by="test")
PATHS = ("pre-session", "post-session")


@pytest.fixture
def env(rehearsal: Rehearsal) -> Rung:
    with rehearsal.stack.client():
        return Rung.load(SEEING)


@pytest.fixture
def blind(rehearsal: Rehearsal) -> Rung:
    with rehearsal.stack.client():
        return Rung.load(BLIND)


@pytest.fixture
def world(rehearsal: Rehearsal) -> Iterator[World]:
    """The world, put back as it was."""
    yield rehearsal.world
    rehearsal.world.n8n.put_back(usual_workflows())
    rehearsal.world.heal()


@pytest.fixture
def ecs(world: World) -> Iterator[Any]:
    """ECS as a person has it; the service is put back as it was."""
    client: Any = world.facts.aws.client("ecs")
    yield client
    client.update_service(cluster="rung-prod", service="n8n", taskDefinition="n8n:1", desiredCount=1)
    wait(lambda: steady(client) or None, within=20, what="n8n to be as it was")


def steady(ecs: Any) -> bool:
    service = ecs.describe_services(cluster="rung-prod", services=["n8n"])["services"][0]
    return len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]


# -- looks ------------------------------------------------------------------------------------------------------------


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
    from pydantic import SecretStr

    with pytest.raises(Permanent, match="does not accept our API key"):
        read_workflows(replace(env.n8n, reading_key=SecretStr("wrong")), PATHS)


def test_the_reading_key_may_not_change(env: Rung, world: World) -> None:
    world.n8n.activate(world.n8n.find("pre-session"), active=False)
    wrong = replace(env.n8n, changing_key=env.n8n.reading_key)
    change = ActivateWorkflows(n8n=wrong, paths=PATHS)
    plan = change.plan()
    assert isinstance(plan, Plan)
    with pytest.raises(Permanent, match="lacks the scope"):
        change.apply(plan, WARRANT)
    assert change.landed(plan)[0] is Answer.NO


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


# -- n8n.activate_workflows -------------------------------------------------------------------------------------------


def test_there_is_nothing_to_activate_in_good_times(env: Rung, world: World) -> None:
    told = ActivateWorkflows(n8n=env.n8n, paths=PATHS).plan()
    assert isinstance(told, NotNeeded)


def test_without_a_changing_key_a_person_must_do_it(env: Rung, world: World) -> None:
    with pytest.raises(Permanent, match="a person must activate"):
        ActivateWorkflows(n8n=replace(env.n8n, changing_key=None), paths=PATHS).plan()


def test_two_workflows_for_one_webhook_are_for_their_owner(env: Rung, world: World) -> None:
    world.n8n.activate(world.n8n.find("pre-session"), active=False)
    world.n8n.rename("intake-v1", "pre-session")
    with pytest.raises(NotSafe, match="only its owner knows"):
        ActivateWorkflows(n8n=env.n8n, paths=PATHS).plan()


def test_a_workflow_is_activated_and_put_back(env: Rung, world: World) -> None:
    workflow = world.n8n.find("pre-session")
    world.n8n.activate(workflow, active=False)
    change = ActivateWorkflows(n8n=env.n8n, paths=PATHS)
    plan = change.plan()
    assert isinstance(plan, Plan)
    assert [target.name for target in plan.targets] == ["Pre-session"]
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    assert read_webhooks(env.n8n, PATHS).turned_away == ()
    assert change.apply(plan, WARRANT).results[0].note == "active already"
    assert change.undone(plan)[0] is Answer.NO
    assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES
    assert not workflow.active
    assert change.undo(plan, WARRANT).results[0].note == "inactive already"


def test_a_workflow_that_was_edited_since_the_approval_is_left_alone(env: Rung, world: World) -> None:
    workflow = world.n8n.find("pre-session")
    world.n8n.activate(workflow, active=False)
    change = ActivateWorkflows(n8n=env.n8n, paths=PATHS)
    plan = change.plan()
    assert isinstance(plan, Plan)
    workflow.version = "somebody's edit"
    with pytest.raises(Drifted, match="nothing was activated"):
        change.apply(plan, WARRANT)
    assert not workflow.active


def test_nobody_can_tell_whether_it_landed_while_n8n_is_down(env: Rung, world: World) -> None:
    world.n8n.activate(world.n8n.find("pre-session"), active=False)
    change = ActivateWorkflows(n8n=env.n8n, paths=PATHS)
    plan = change.plan()
    assert isinstance(plan, Plan)
    world.break_("n8n_down")
    wait(lambda: world.n8n.mode == "refused" or None, within=10, what="n8n to be down")
    assert change.landed(plan)[0] is Answer.UNKNOWN


# -- ecs.force_new_deployment -----------------------------------------------------------------------------------------


def anew(env: Rung) -> ForceNewDeployment:
    return ForceNewDeployment(aws=env.aws, cluster="rung-prod", service="n8n")


def test_tasks_are_replaced_and_that_is_seen(env: Rung, ecs: Any) -> None:
    change = anew(env)
    plan = change.plan()
    assert isinstance(plan, Plan)
    assert change.landed(plan)[0] is Answer.NO
    before = ecs.list_tasks(cluster="rung-prod", serviceName="n8n")["taskArns"]
    outcome = change.apply(plan, WARRANT)
    assert "rollout has completed" in outcome.note
    assert change.landed(plan)[0] is Answer.YES
    assert not set(before) & set(ecs.list_tasks(cluster="rung-prod", serviceName="n8n")["taskArns"])
    with pytest.raises(Drifted, match="deployed since"):
        change.apply(plan, WARRANT)


def test_no_second_deployment_while_one_is_under_way(env: Rung, ecs: Any) -> None:
    ecs.update_service(cluster="rung-prod", service="n8n", forceNewDeployment=True)
    with pytest.raises(NotSafe, match="rollout of n8n is in progress"):
        anew(env).plan()


def test_a_service_that_wants_no_tasks_is_not_deployed_anew(env: Rung, ecs: Any) -> None:
    ecs.update_service(cluster="rung-prod", service="n8n", desiredCount=0)
    wait(lambda: steady(ecs) or None, within=10, what="n8n to have no tasks")
    with pytest.raises(NotSafe, match="wants no tasks"):
        anew(env).plan()


# -- ecs.run_more_tasks -----------------------------------------------------------------------------------------------


def more(env: Rung, to: int) -> RunMoreTasks:
    return RunMoreTasks(aws=env.aws, cluster="rung-prod", service="n8n", to=to)


def test_a_service_never_wants_fewer_tasks(env: Rung, ecs: Any) -> None:
    assert isinstance(more(env, 1).plan(), NotNeeded)
    ecs.update_service(cluster="rung-prod", service="n8n", desiredCount=3)
    with pytest.raises(NotSafe, match="would take some away"):
        more(env, 2).plan()


def test_a_service_wants_more_tasks_and_then_as_many_as_before(env: Rung, ecs: Any) -> None:
    change = more(env, 2)
    plan = change.plan()
    assert isinstance(plan, Plan)
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert read_containers(env.aws, "rung-prod", "n8n").running == 2
    assert change.landed(plan)[0] is Answer.YES
    with pytest.raises(Drifted, match="no longer 1"):
        change.apply(plan, WARRANT)
    assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES


# -- ecs.raise_memory -------------------------------------------------------------------------------------------------


def larger(env: Rung, **given: Any) -> RaiseMemory:
    return RaiseMemory(aws=env.aws, cluster="rung-prod", service="n8n", container="n8n", **given)


def test_memory_grows_in_a_new_revision_and_nothing_else_changes(env: Rung, ecs: Any) -> None:
    change = larger(env)
    plan = change.plan()
    assert isinstance(plan, Plan)
    assert "planted" not in plan.model_dump_json()
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    was, now = (
        ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
        for name in ("n8n:1", read_containers(env.aws, "rung-prod", "n8n").definition)
    )
    assert (now["memory"], now["containerDefinitions"][0].pop("memory")) == ("1024", 1024)
    was["containerDefinitions"][0].pop("memory")
    assert now["containerDefinitions"] == was["containerDefinitions"]
    with pytest.raises(Drifted, match="since this was planned"):
        change.apply(plan, WARRANT)
    assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES
    assert read_containers(env.aws, "rung-prod", "n8n").definition == "n8n:1"


def test_memory_that_fargate_does_not_have_or_that_is_too_much_is_refused(env: Rung, ecs: Any) -> None:
    with pytest.raises(NotSafe, match="raise the CPU by hand"):
        larger(env, by=10.0).plan()
    with pytest.raises(NotSafe, match="find out what takes so much"):
        larger(env, at_most=800).plan()


def test_a_revision_of_somebody_else_is_neither_ours_nor_taken_back(env: Rung, ecs: Any) -> None:
    change = larger(env)
    plan = change.plan()
    assert isinstance(plan, Plan)
    made = ecs.register_task_definition(
        family="n8n",
        containerDefinitions=[{"name": "n8n", "image": "n8n:other", "memory": 512, "essential": True}],
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="rung-prod", service="n8n", taskDefinition=made)
    assert change.landed(plan)[0] is Answer.UNKNOWN
    with pytest.raises(Drifted, match="which is not ours"):
        change.undo(plan, WARRANT)
