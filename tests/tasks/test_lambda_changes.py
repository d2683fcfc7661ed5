"""Changes of a Lambda function on a running sandbox: needed, not needed, refused, drifted, landed, undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from blocks.rung import Rung
from journal.facts.words import Answer
from runbook import Drifted, NotNeeded, NotSafe, Permanent
from sandbox.process import wait_until
from sandbox.systems.rung.api_faults import publish, settle, usual_function
from sandbox.systems.rung.wiring import rung
from sandbox.systems.rung.world import World
from tasks.awslambda.capacity import ProvisionConcurrency, RaiseCeiling
from tasks.awslambda.change import RaiseMemory, RaiseTimeout
from tasks.awslambda.read import read_concurrency, read_function
from tasks.cloudwatch.read import Metric, read_metrics
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned

FUNCTION = {"FunctionName": "rung-api-prod"}
ALIAS = {**FUNCTION, "Qualifier": "prod"}

Case = tuple[Callable[[Rung], Any], str, int, int]
"""How to make a change, the setting it changes, and the value before and after."""


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """The world; afterwards the function is as it usually is."""
    yield world
    usual_function(world.facts.aws.client("lambda"))


@pytest.fixture
def functions(world: World) -> Any:
    return world.facts.aws.client("lambda")


def provision(env: Rung, **more: object) -> ProvisionConcurrency:
    return ProvisionConcurrency(**{"aws": env.aws, "function": "rung-api-prod", "alias": "prod", **more})


def memory(env: Rung, **more: object) -> RaiseMemory:
    return RaiseMemory(**{"aws": env.aws, "function": "rung-api-prod", "alias": "prod", **more})


def timeout(env: Rung, **more: object) -> RaiseTimeout:
    return RaiseTimeout(**{"aws": env.aws, "function": "rung-api-prod", "alias": "prod", **more})


def ceiling(env: Rung, **more: object) -> RaiseCeiling:
    return RaiseCeiling(**{"aws": env.aws, "function": "rung-api-prod", "alias": "prod", **more})


class TestProvisionedConcurrency:
    @pytest.mark.case(ProvisionConcurrency, NEEDED, UNDO, GUARDRAIL)
    def test_environments_stand_ready_and_are_given_back(self, world: World, env: Rung, guarded: Guarded):
        change = provision(env)
        plan = planned(change)
        guarded(plan)
        assert (plan.targets[0].before, plan.targets[0].after) == ("none", "10")
        assert change.landed(plan)[0] is Answer.NO
        assert change.apply(plan, WARRANT).ok
        assert change.landed(plan)[0] is Answer.YES
        assert read_concurrency(env.aws, "rung-api-prod", "prod").ready == 10
        assert change.undone(plan)[0] is Answer.NO
        assert change.undo(plan, WARRANT).ok
        assert change.undone(plan)[0] is Answer.YES
        assert read_concurrency(env.aws, "rung-api-prod", "prod").provisioned == 0
        assert change.undo(plan, WARRANT).ok, "an undo that was done already is done"

    def test_an_earlier_number_is_put_back(self, world: World, env: Rung, functions: Any):
        functions.put_provisioned_concurrency_config(**ALIAS, ProvisionedConcurrentExecutions=3)
        change = provision(env)
        plan = planned(change)
        assert plan.targets[0].old == 3
        change.apply(plan, WARRANT)
        change.undo(plan, WARRANT)
        assert read_concurrency(env.aws, "rung-api-prod", "prod").provisioned == 3

    @pytest.mark.case(ProvisionConcurrency, NOT_NEEDED)
    def test_there_is_nothing_to_do_when_as_many_were_asked_for(self, world: World, env: Rung, functions: Any):
        functions.put_provisioned_concurrency_config(**ALIAS, ProvisionedConcurrentExecutions=12)
        told = provision(env).plan()
        assert isinstance(told, NotNeeded)
        assert "12 environments" in told.why

    def test_an_alias_that_does_not_exist_is_no_plan(self, env: Rung):
        with pytest.raises(Permanent, match="alias nobody"):
            provision(env, alias="nobody").plan()

    def test_an_alias_that_nobody_calls_is_refused(self, world: World, env: Rung, functions: Any):
        functions.create_alias(**FUNCTION, Name="unused", FunctionVersion="1")
        try:
            with pytest.raises(NotSafe, match="No request came by rung-api-prod:unused"):
                provision(env, alias="unused").plan()
        finally:
            functions.delete_alias(**FUNCTION, Name="unused")

    def test_an_alias_of_latest_is_refused(self, world: World, env: Rung, functions: Any):
        functions.create_alias(**FUNCTION, Name="newest", FunctionVersion="$LATEST")
        try:
            with pytest.raises(NotSafe, match="cannot be provisioned"):
                provision(env, alias="newest").plan()
        finally:
            functions.delete_alias(**FUNCTION, Name="newest")

    def test_more_than_the_account_can_spare_is_refused(self, world: World, env: Rung):
        with pytest.raises(NotSafe, match="would leave the account's other functions 99"):
            provision(env, executions=901).plan()

    def test_more_than_the_functions_own_ceiling_is_refused(self, world: World, env: Rung, functions: Any):
        functions.put_function_concurrency(**FUNCTION, ReservedConcurrentExecutions=9)
        with pytest.raises(NotSafe, match="a ceiling of 9"):
            provision(env).plan()

    def test_a_number_that_auto_scaling_owns_is_refused(self, world: World, env: Rung):
        scaling: Any = world.facts.aws.client("application-autoscaling")
        target = {
            "ServiceNamespace": "lambda",
            "ResourceId": "function:rung-api-prod:prod",
            "ScalableDimension": "lambda:function:ProvisionedConcurrency",
        }
        scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=5)
        try:
            with pytest.raises(NotSafe, match="raise its minimum instead"):
                provision(env).plan()
        finally:
            scaling.deregister_scalable_target(**target)

    def test_a_deployment_that_shifts_requests_is_waited_for(self, world: World, env: Rung, functions: Any):
        functions.update_alias(**FUNCTION, Name="prod", RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}})
        try:
            with pytest.raises(NotSafe, match="A deployment shifts requests"):
                provision(env).plan()
        finally:
            functions.update_alias(**FUNCTION, Name="prod", RoutingConfig={})

    @pytest.mark.case(ProvisionConcurrency, DRIFTED)
    def test_a_deployment_since_the_approval_is_drift(self, world: World, env: Rung, functions: Any):
        change = provision(env)
        plan = planned(change)
        functions.update_function_configuration(**FUNCTION, Description="another")
        settle(functions)
        publish(functions)
        with pytest.raises(Drifted, match="no longer 1"):
            change.apply(plan, WARRANT)

    def test_a_number_that_somebody_set_since_is_left_alone(self, world: World, env: Rung, functions: Any):
        change = provision(env)
        plan = planned(change)
        functions.put_provisioned_concurrency_config(**ALIAS, ProvisionedConcurrentExecutions=4)
        with pytest.raises(Drifted, match="provisions 4 by now"):
            change.apply(plan, WARRANT)
        outcome = change.undo(plan, WARRANT)
        assert not outcome.ok
        assert "left alone" in outcome.note

    @pytest.mark.case(ProvisionConcurrency, UNKNOWN)
    def test_environments_that_are_not_ready_in_time_may_still_become_so(self, world: World, env: Rung):
        change = provision(env, ready_within=timedelta(0))
        plan = planned(change)
        assert not change.apply(plan, WARRANT).ok
        answer, why = change.landed(plan)
        assert answer is Answer.UNKNOWN
        assert why == "rung-api-prod:prod provisions 10, IN_PROGRESS."


class TestMemoryAndTimeout:
    @pytest.mark.parametrize(
        "case",
        [
            pytest.param((memory, "MemorySize", 512, 1024), marks=pytest.mark.case(RaiseMemory, NEEDED, UNDO)),
            pytest.param((timeout, "Timeout", 10, 29), marks=pytest.mark.case(RaiseTimeout, NEEDED, UNDO)),
        ],
        ids=["memory", "timeout"],
    )
    def test_a_new_version_gets_it_and_the_alias_goes_back(self, world: World, env: Rung, functions: Any, case: Case):
        make, name, before, after = case
        change = make(env)
        plan = planned(change)
        assert (plan.targets[0].old, plan.targets[0].new) == (before, after)
        assert change.landed(plan)[0] is Answer.NO
        assert change.apply(plan, WARRANT).ok
        assert functions.get_function_configuration(**ALIAS)[name] == after
        assert change.landed(plan)[0] is Answer.YES
        assert change.undone(plan)[0] is Answer.NO
        assert change.undo(plan, WARRANT).ok
        assert change.undone(plan)[0] is Answer.YES
        assert functions.get_function_configuration(**ALIAS)[name] == before
        assert functions.get_function_configuration(**FUNCTION)[name] == before

    @pytest.mark.parametrize(
        "make",
        [
            pytest.param(memory, marks=pytest.mark.case(RaiseMemory, UNKNOWN, GUARDRAIL)),
            pytest.param(timeout, marks=pytest.mark.case(RaiseTimeout, UNKNOWN, GUARDRAIL)),
        ],
        ids=["memory", "timeout"],
    )
    def test_whoever_may_not_look_cannot_say_whether_it_was_done(
        self, env: Rung, blind: Rung, guarded: Guarded, make: Callable[[Rung], Any]
    ):
        plan = planned(make(env))
        guarded(plan)
        with pytest.raises(Permanent, match="does not allow"):
            make(blind).landed(plan)

    def test_an_attempt_that_stopped_half_way_is_finished(self, world: World, env: Rung, functions: Any):
        change = memory(env)
        plan = planned(change)
        functions.update_function_configuration(**FUNCTION, MemorySize=1024)
        settle(functions)
        assert change.landed(plan)[0] is Answer.NO
        assert change.apply(plan, WARRANT).ok
        assert functions.get_function_configuration(**ALIAS)["MemorySize"] == 1024

    def test_unreleased_changes_are_not_released_along_with_it(self, world: World, env: Rung, functions: Any):
        functions.update_function_configuration(**FUNCTION, Environment={"Variables": {"UNFINISHED": "work"}})
        settle(functions)
        with pytest.raises(NotSafe, match="would be released too"):
            memory(env).plan()

    @pytest.mark.case(RaiseMemory, DRIFTED)
    def test_a_changed_function_is_drift(self, world: World, env: Rung, functions: Any):
        change = memory(env)
        plan = planned(change)
        functions.update_function_configuration(**FUNCTION, MemorySize=640)
        settle(functions)
        with pytest.raises(Drifted, match="was changed since"):
            change.apply(plan, WARRANT)

    @pytest.mark.case(RaiseTimeout, DRIFTED)
    def test_an_alias_that_was_moved_is_drift_and_is_not_taken_back(self, world: World, env: Rung, functions: Any):
        change = timeout(env)
        plan = planned(change)
        functions.update_function_configuration(**FUNCTION, Description="another")
        settle(functions)
        publish(functions)
        with pytest.raises(Drifted, match="pointed elsewhere"):
            change.apply(plan, WARRANT)
        outcome = change.undo(plan, WARRANT)
        assert not outcome.ok
        assert "left alone" in outcome.note

    def test_a_timeout_beyond_what_api_gateway_waits_is_refused(self, env: Rung):
        with pytest.raises(NotSafe, match="API Gateway gives up after 29 s"):
            timeout(env, to=timedelta(seconds=30)).plan()

    def test_nothing_is_ever_lowered(self, env: Rung):
        with pytest.raises(NotSafe, match="would lower it"):
            timeout(env, to=timedelta(seconds=9)).plan()
        with pytest.raises(NotSafe, match="512 MB already"):
            memory(env, at_most=512).plan()
        with pytest.raises(NotSafe, match="would not be more"):
            memory(env, by=0.5).plan()

    @pytest.mark.case(RaiseTimeout, NOT_NEEDED)
    def test_a_timeout_that_is_there_is_not_needed(self, env: Rung):
        assert isinstance(timeout(env, to=timedelta(seconds=10)).plan(), NotNeeded)


class TestCeiling:
    @pytest.mark.case(RaiseCeiling, NEEDED, DRIFTED, UNDO, GUARDRAIL)
    def test_a_ceiling_is_raised_and_put_back(self, world: World, env: Rung, functions: Any, guarded: Guarded):
        functions.put_function_concurrency(**FUNCTION, ReservedConcurrentExecutions=20)
        change = ceiling(env)
        plan = planned(change)
        guarded(plan)
        assert change.landed(plan)[0] is Answer.NO
        assert change.apply(plan, WARRANT).ok
        assert change.landed(plan)[0] is Answer.YES
        with pytest.raises(Drifted, match="is 40 by now"):
            change.apply(plan, WARRANT)
        assert change.undo(plan, WARRANT).ok
        assert change.undone(plan)[0] is Answer.YES

    @pytest.mark.case(RaiseCeiling, NOT_NEEDED)
    def test_a_function_without_a_ceiling_needs_none(self, world: World, env: Rung):
        assert isinstance(ceiling(env).plan(), NotNeeded)

    def test_what_would_drain_the_account_is_refused(self, world: World, env: Rung, functions: Any):
        functions.put_function_concurrency(**FUNCTION, ReservedConcurrentExecutions=500)
        with pytest.raises(NotSafe, match="would leave the account's other functions 0"):
            ceiling(env).plan()
        with pytest.raises(NotSafe, match="would not be more"):
            ceiling(env, by=0.5).plan()

    def test_a_ceiling_that_somebody_set_since_is_left_alone(self, world: World, env: Rung, functions: Any):
        functions.put_function_concurrency(**FUNCTION, ReservedConcurrentExecutions=20)
        change = ceiling(env)
        plan = planned(change)
        functions.put_function_concurrency(**FUNCTION, ReservedConcurrentExecutions=33)
        assert not change.undo(plan, WARRANT).ok

    @pytest.mark.case(RaiseCeiling, UNKNOWN)
    def test_whoever_may_not_look_cannot_say_whether_it_was_raised(self, env: Rung, blind: Rung, functions: Any):
        functions.put_function_concurrency(**FUNCTION, ReservedConcurrentExecutions=20)
        plan = planned(ceiling(env))
        with pytest.raises(Permanent, match="does not allow"):
            ceiling(blind).landed(plan)


class TestLooks:
    def test_the_function_is_read_as_its_callers_get_it(self, world: World, env: Rung):
        read = read_function(env.aws, "rung-api-prod", "prod")
        assert (read.version, read.memory_mb, read.timeout) == ("1", 512, timedelta(seconds=10))
        assert read.age > timedelta(days=19)
        assert "planted-secret" not in repr(read)

    @pytest.mark.parametrize("read", [read_function, read_concurrency])
    def test_a_role_that_may_not_look_is_unreadable(self, read: Any, blind: Rung):
        with pytest.raises(Permanent, match="does not allow"):
            read(blind.aws, "rung-api-prod", "prod")

    def test_a_function_that_does_not_exist_is_unreadable(self, env: Rung):
        with pytest.raises(Permanent, match="no-such-function"):
            read_function(env.aws, "no-such-function", "prod")


def test_ready_environments_end_the_cold_starts(world: World, env: Rung):
    world.break_("cold_starts")
    assert world.suffers() == ("cold_starts",)
    change = provision(env)
    assert change.apply(planned(change), WARRANT).ok
    wait_until(lambda: not world.suffers(), seconds=20, failing=lambda: AssertionError("requests still meet new ones"))


def test_too_few_ready_environments_leave_some_requests_waiting(world: World, env: Rung):
    world.break_("cold_starts", share=1.0)
    change = provision(env, executions=4)
    assert change.apply(planned(change), WARRANT).ok
    wait_until(lambda: spilled(world) > 0, seconds=20, failing=lambda: AssertionError("no request found them taken"))
    assert world.suffers() == ("cold_starts",)


def spilled(world: World) -> float:
    """How many requests of the last seconds found all ready environments taken."""
    dimensions = {"FunctionName": "rung-api-prod", "Resource": "rung-api-prod:prod"}
    metric = Metric(
        name="spilled",
        namespace="AWS/Lambda",
        metric="ProvisionedConcurrencySpilloverInvocations",
        statistic="Sum",
        dimensions=tuple(dimensions.items()),
    )
    try:
        window, period = timedelta(seconds=3), timedelta(seconds=1)
        return read_metrics(rung(world.facts).aws, (metric,), window=window, period=period).total("spilled")
    except Permanent:
        return 0.0
