"""Changes to the RDS instance, in the sandbox: max_connections is really raised, and the server really restarts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from blocks.rung import Rung
from journal.facts.words import Act, Answer
from runbook import Drifted, Going, NotNeeded, NotSafe, Permanent
from sandbox.postgres import free_port
from sandbox.rehearsal import wait
from sandbox.systems.rung.world import World
from tasks.postgres.functions import read_functions
from tasks.rds.change import RaiseMaxConnections, TimeFunctions
from tasks.rds.reboot import RebootInstance
from tasks.waiting import until
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned


def raise_(env: Rung, **more: Any) -> RaiseMaxConnections:
    given: dict[str, Any] = {
        "aws": env.aws,
        "database": env.database,
        "identifier": "rung-prod",
        "group": "rung-prod",
        **more,
    }
    return RaiseMaxConnections(**given)


def test_max_connections_is_never_lowered(env: Rung) -> None:
    with pytest.raises(NotSafe, match="would lower it"):
        raise_(env, at_least=20, by=0.5).plan()


def test_a_group_that_is_not_the_instances_own_is_refused(env: Rung) -> None:
    with pytest.raises(NotSafe, match="not another-group"):
        raise_(env, group="another-group").plan()


@pytest.mark.case(RaiseMaxConnections, NEEDED, NOT_NEEDED, DRIFTED, UNKNOWN, UNDO, GUARDRAIL)
def test_a_raise_waits_for_a_reboot_and_can_be_taken_back(env: Rung, blind: Rung, guarded: Guarded) -> None:
    change = raise_(env)
    plan = planned(change)
    guarded(plan)
    try:
        assert change.landed(plan)[0] is Answer.NO
        assert change.apply(plan, WARRANT).ok
        assert change.landed(plan)[0] is Answer.YES
        with pytest.raises(Drifted):
            change.apply(plan, WARRANT)
        with pytest.raises(Permanent, match="does not allow"):
            raise_(env, aws=blind.aws).landed(plan)
        assert isinstance(raise_(env).plan(), NotNeeded)
    finally:
        assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).note == "The old value is in place."


def time_functions(env: Rung, **more: Any) -> TimeFunctions:
    given: dict[str, Any] = {"aws": env.aws, "identifier": "rung-prod", "group": "rung-prod", **more}
    return TimeFunctions(**given)


@pytest.mark.case(TimeFunctions, NEEDED, NOT_NEEDED, DRIFTED, UNKNOWN, UNDO, GUARDRAIL)
def test_functions_are_timed_at_once_and_no_longer_when_it_is_taken_back(
    env: Rung, blind: Rung, guarded: Guarded
) -> None:
    change, between = time_functions(env), timedelta(milliseconds=500)
    plan = planned(change)
    guarded(plan)
    with pytest.raises(LookupError, match="does not add up"):
        _ = read_functions(env.database, between=between).busy
    try:
        assert change.landed(plan)[0] is Answer.NO
        assert change.apply(plan, WARRANT).ok
        assert change.landed(plan)[0] is Answer.YES
        with pytest.raises(Drifted):
            change.apply(plan, WARRANT)
        with pytest.raises(Permanent, match="does not allow"):
            time_functions(env, aws=blind.aws).landed(plan)
        assert isinstance(time_functions(env).plan(), NotNeeded)
        assert wait(lambda: read_functions(env.database, between=between).tracked or None, within=30, what="the timing")
        with pytest.raises(LookupError, match="no call of a function ended"):
            _ = read_functions(env.database, between=between).busy
    finally:
        assert change.undo(plan, WARRANT).ok
    assert change.undone(plan)[0] is Answer.YES
    off = lambda: not read_functions(env.database, between=between).tracked or None  # noqa: E731 # the next line reads it
    assert wait(off, within=30, what="the end of the timing")


def reboot(env: Rung, **more: Any) -> RebootInstance:
    given: dict[str, Any] = {"aws": env.aws, "database": env.database, "identifier": "rung-prod", **more}
    return RebootInstance(**given)


@pytest.fixture
def raised(world: World, env: Rung) -> Iterator[None]:
    """A parameter waits for a reboot; afterwards the server has the value that it had."""
    change = raise_(env)
    assert change.apply(planned(change), WARRANT).ok
    yield
    world.heal()


@pytest.mark.case(RebootInstance, NOT_NEEDED)
def test_a_reboot_is_not_needed_while_no_parameter_waits_for_it(env: Rung) -> None:
    assert isinstance(reboot(env).plan(), NotNeeded)


@pytest.mark.case(RebootInstance, NEEDED, DRIFTED, UNKNOWN, GUARDRAIL)
def test_a_reboot_lets_the_new_value_count_and_is_not_repeated(
    world: World, env: Rung, raised: None, guarded: Guarded
) -> None:
    change = reboot(env)
    plan = planned(change)
    guarded(plan)
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).under_way
    assert until(lambda: change.progress(plan, Act.APPLY).going is Going.DONE, within=timedelta(minutes=1))
    assert change.landed(plan)[0] is Answer.YES
    assert world.health().max_connections == 200
    with pytest.raises(Drifted, match="has restarted since"):
        change.apply(plan, WARRANT)
    nobody = env.database.model_copy(update={"port": free_port()})
    answer, why = reboot(env, database=nobody).landed(plan)
    assert answer is Answer.UNKNOWN
    assert "cannot be asked" in why
