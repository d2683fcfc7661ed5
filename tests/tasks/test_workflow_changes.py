"""Workflows of n8n on the running sandbox: activated, and put back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from blocks.rung import Rung
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, NotSafe, Permanent
from sandbox.rehearsal import wait
from sandbox.systems.rung.world import World
from sandbox.workflows import usual_workflows
from tasks.n8n.change import ActivateWorkflows
from tasks.n8n.read import read_webhooks
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned

PATHS = ("pre-session", "post-session")


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """The world; afterwards its workflows are as they were."""
    yield world
    world.n8n.put_back(usual_workflows())


def test_the_reading_key_may_not_change(env: Rung, world: World) -> None:
    world.n8n.activate(world.n8n.find("pre-session"), active=False)
    wrong = replace(env.n8n, changing_key=env.n8n.reading_key)
    change = ActivateWorkflows(n8n=wrong, paths=PATHS)
    plan = planned(change)
    with pytest.raises(Permanent, match="lacks the scope"):
        change.apply(plan, WARRANT)
    assert change.landed(plan)[0] is Answer.NO


@pytest.mark.case(ActivateWorkflows, NOT_NEEDED)
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


@pytest.mark.case(ActivateWorkflows, NEEDED, UNDO, GUARDRAIL)
def test_a_workflow_is_activated_and_put_back(env: Rung, world: World, guarded: Guarded) -> None:
    workflow = world.n8n.find("pre-session")
    world.n8n.activate(workflow, active=False)
    change = ActivateWorkflows(n8n=env.n8n, paths=PATHS)
    plan = planned(change)
    guarded(plan)
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


@pytest.mark.case(ActivateWorkflows, DRIFTED)
def test_a_workflow_that_was_edited_since_the_approval_is_left_alone(env: Rung, world: World) -> None:
    workflow = world.n8n.find("pre-session")
    world.n8n.activate(workflow, active=False)
    change = ActivateWorkflows(n8n=env.n8n, paths=PATHS)
    plan = planned(change)
    workflow.version = "somebody's edit"
    with pytest.raises(Drifted, match="nothing was activated"):
        change.apply(plan, WARRANT)
    assert not workflow.active


@pytest.mark.case(ActivateWorkflows, UNKNOWN)
def test_nobody_can_tell_whether_it_landed_while_n8n_is_down(env: Rung, world: World) -> None:
    world.n8n.activate(world.n8n.find("pre-session"), active=False)
    change = ActivateWorkflows(n8n=env.n8n, paths=PATHS)
    plan = planned(change)
    world.break_("n8n_down")
    wait(lambda: world.n8n.mode == "refused" or None, within=60, what="n8n to be down")
    assert change.landed(plan)[0] is Answer.UNKNOWN
