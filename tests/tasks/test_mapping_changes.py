"""What feeds a queue to a function is switched on, and a function that nobody calls by an alias may be called more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from blocks.aws import Aws as Connection
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, NotSafe, Permanent
from sandbox.aws import Aws
from sandbox.systems.rastup.cloud import CONSUMED
from tasks.awslambda.capacity import RaiseCeiling
from tasks.awslambda.mapping import EnableMapping, read_mapping
from tasks.selections import AliasOf, FunctionOf
from tasks.sqs.read import read_queue
from tests.tasks.account import seen_by, standing
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned

MAPPING = {"UUID": CONSUMED.mapping}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    home = tmp_path_factory.mktemp("rastup")
    with standing(home, system="rastup-prod", cloud="sandbox.systems.rastup.cloud:CLOUD") as aws:
        yield aws


@pytest.fixture
def aws(running: Aws) -> Connection:
    return seen_by(running.facts, running.facts.reading_role)


@pytest.fixture
def functions(running: Aws) -> Any:
    return running.facts.client("lambda")


def enable(aws: Connection, **more: Any) -> EnableMapping:
    return EnableMapping(aws=aws, function=CONSUMED.function, queue=more.pop("queue", CONSUMED.queue), **more)


def switch_off(aws: Connection, functions: Any) -> EnableMapping:
    """Somebody switches it off; how it would be switched on again."""
    change = enable(aws)
    change._is(CONSUMED.mapping, "Enabled")
    if read_mapping(aws, CONSUMED.function, CONSUMED.queue).on:
        functions.update_event_source_mapping(**MAPPING, Enabled=False)
    assert change._is(CONSUMED.mapping, "Disabled")[0] is Answer.YES
    return change


@pytest.mark.case(EnableMapping, NEEDED, NOT_NEEDED, DRIFTED, UNDO, GUARDRAIL)
def test_a_mapping_is_switched_on_and_off_again(aws: Connection, functions: Any, guarded: Guarded) -> None:
    change = switch_off(aws, functions)
    plan = planned(change)
    guarded(plan)
    assert (plan.targets[0].before, plan.targets[0].after) == ("Disabled", "Enabled")
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert change.landed(plan)[0] is Answer.YES
    assert isinstance(change.plan(), NotNeeded)
    with pytest.raises(Drifted, match="is enabled by now"):
        change.apply(plan, WARRANT)
    assert change.undone(plan)[0] is Answer.NO
    assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).ok, "an undo that was done already is done"
    functions.update_event_source_mapping(**MAPPING, Enabled=True)
    assert change.landed(plan)[0] is Answer.YES


def test_one_that_is_being_switched_is_left_alone(aws: Connection, functions: Any) -> None:
    change = switch_off(aws, functions)
    functions.update_event_source_mapping(**MAPPING, Enabled=True)
    with pytest.raises(NotSafe, match="is enabling"):
        change.plan()
    assert change._is(CONSUMED.mapping, "Enabled")[0] is Answer.YES


def test_another_mapping_is_not_the_one_that_was_approved(aws: Connection, functions: Any) -> None:
    change = switch_off(aws, functions)
    plan = planned(change)
    other = plan.model_copy(update={"targets": (plan.targets[0].model_copy(update={"uuid": "another"}),)})
    with pytest.raises(Drifted):
        change.apply(other, WARRANT)
    assert change.landed(other)[0] is Answer.NO
    assert not change.undo(other, WARRANT).ok
    functions.update_event_source_mapping(**MAPPING, Enabled=True)


@pytest.mark.case(EnableMapping, UNKNOWN)
def test_whoever_may_not_look_cannot_say_whether_it_is_on(running: Aws, aws: Connection, functions: Any) -> None:
    plan = planned(switch_off(aws, functions))
    blind = seen_by(running.facts, running.facts.blind_role)
    with pytest.raises(Permanent, match="does not allow"):
        enable(blind).landed(plan)
    functions.update_event_source_mapping(**MAPPING, Enabled=True)


def test_a_queue_that_feeds_nothing_is_no_plan(aws: Connection) -> None:
    with pytest.raises(Permanent, match="0 mappings feed nobody"):
        enable(aws, queue="nobody").plan()


def test_a_ceiling_is_raised_without_an_alias_and_put_back(aws: Connection, functions: Any) -> None:
    change = RaiseCeiling(aws=aws, function=CONSUMED.function)
    plan = planned(change)
    assert change.about == FunctionOf(function=CONSUMED.function) != AliasOf(function=CONSUMED.function, alias="live")
    assert change.apply(plan, WARRANT).ok
    of = {"FunctionName": CONSUMED.function}
    assert functions.get_function_concurrency(**of)["ReservedConcurrentExecutions"] == plan.targets[0].new
    assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES


def test_a_queue_is_read_by_who_may_and_by_nobody_else(running: Aws, aws: Connection) -> None:
    asked = {"late_after": timedelta(minutes=5), "window": timedelta(minutes=10), "period": timedelta(seconds=1)}
    blind = seen_by(running.facts, running.facts.blind_role)
    with pytest.raises(Permanent, match="does not allow"):
        read_queue(blind, CONSUMED.queue, **asked)
    with pytest.raises(Permanent, match="does not exist"):
        read_queue(aws, "nobody", **asked)
