"""Changes to the ECS service of n8n, on the running sandbox: what runs is seen in what ECS says afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from blocks.rung import Rung
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, NotSafe, Permanent
from sandbox.rehearsal import wait
from sandbox.systems.rung.world import World
from tasks.ecs.change import ForceNewDeployment, RunMoreTasks
from tasks.ecs.containers import read_containers
from tasks.ecs.memory import RaiseMemory
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned


@pytest.fixture
def ecs(world: World) -> Iterator[Any]:
    """ECS as a person has it; the service is put back as it was."""
    client: Any = world.facts.aws.client("ecs")
    yield client
    client.update_service(cluster="rung-prod", service="n8n", taskDefinition="n8n:1", desiredCount=1)
    wait(lambda: steady(client) or None, within=60, what="n8n to be as it was")


def steady(ecs: Any) -> bool:
    service = ecs.describe_services(cluster="rung-prod", services=["n8n"])["services"][0]
    return len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]


def anew(env: Rung) -> ForceNewDeployment:
    return ForceNewDeployment(aws=env.aws, cluster="rung-prod", service="n8n")


@pytest.mark.case(ForceNewDeployment, NEEDED, DRIFTED, UNKNOWN, GUARDRAIL)
def test_tasks_are_replaced_and_that_is_seen(env: Rung, blind: Rung, ecs: Any, guarded: Guarded) -> None:
    change = anew(env)
    plan = planned(change)
    guarded(plan)
    with pytest.raises(Permanent, match="grant the generated policy"):
        anew(blind).landed(plan)
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
    wait(lambda: steady(ecs) or None, within=60, what="n8n to have no tasks")
    with pytest.raises(NotSafe, match="wants no tasks"):
        anew(env).plan()


# -- ecs.run_more_tasks -----------------------------------------------------------------------------------------------


def more(env: Rung, to: int) -> RunMoreTasks:
    return RunMoreTasks(aws=env.aws, cluster="rung-prod", service="n8n", to=to)


@pytest.mark.case(RunMoreTasks, NOT_NEEDED)
def test_a_service_never_wants_fewer_tasks(env: Rung, ecs: Any) -> None:
    assert isinstance(more(env, 1).plan(), NotNeeded)
    ecs.update_service(cluster="rung-prod", service="n8n", desiredCount=3)
    with pytest.raises(NotSafe, match="would take some away"):
        more(env, 2).plan()


@pytest.mark.case(RunMoreTasks, NEEDED, DRIFTED, UNKNOWN, UNDO, GUARDRAIL)
def test_a_service_wants_more_tasks_and_then_as_many_as_before(
    env: Rung, blind: Rung, ecs: Any, guarded: Guarded
) -> None:
    change = more(env, 2)
    plan = planned(change)
    guarded(plan)
    with pytest.raises(Permanent, match="grant the generated policy"):
        more(blind, 2).landed(plan)
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


@pytest.mark.case(RaiseMemory, NEEDED, DRIFTED, UNDO, GUARDRAIL)
def test_memory_grows_in_a_new_revision_and_nothing_else_changes(env: Rung, ecs: Any, guarded: Guarded) -> None:
    change = larger(env)
    plan = planned(change)
    guarded(plan)
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


@pytest.mark.case(RaiseMemory, UNKNOWN)
def test_a_revision_of_somebody_else_is_neither_ours_nor_taken_back(env: Rung, ecs: Any) -> None:
    change = larger(env)
    plan = planned(change)
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
