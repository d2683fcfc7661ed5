"""Pointing an alias back on a running sandbox: only to what is known to be good, and from what it came with."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.rung import Rung
from journal import clock
from journal.facts.words import Answer
from runbook import Around, Drifted, NotNeeded, NotSafe, Permanent, Release, Releases
from sandbox.process import wait_until
from sandbox.systems.rung.api_faults import ALIAS, FUNCTION, publish, settle, usual_function
from sandbox.systems.rung.world import World
from tasks.awslambda import rollback
from tasks.awslambda.release import read_moves
from tasks.awslambda.rollback import PointBack
from tasks.awslambda.served import Served, before_the_present, failing_before
from tasks.cloudwatch.dimensions import of_api
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """The world; afterwards the function is as it usually is."""
    yield world
    usual_function(world.facts.aws.client("lambda"))


@pytest.fixture
def functions(world: World) -> Any:
    return world.facts.aws.client("lambda")


@pytest.fixture
def bad(world: World) -> World:
    """The world after a bad release."""
    world.break_("bad_release")
    return world


def back(env: Rung, **more: Any) -> PointBack:
    api = of_api(env.api)
    usual: dict[str, Any] = {
        "aws": env.aws,
        "function": FUNCTION,
        "alias": ALIAS,
        "value": api(name="failed", metric="5XXError", statistic="Sum", zero_beside="requests"),
        "among": api(name="requests", metric="Count", statistic="Sum"),
        "limit": 0.05,
        "period": timedelta(seconds=1),
        "window": timedelta(seconds=3),
    }
    return PointBack(**{**usual, **more})


def serving(functions: Any) -> str:
    return str(functions.get_alias(FunctionName=FUNCTION, Name=ALIAS)["FunctionVersion"])


def release(functions: Any, text: str) -> str:
    functions.update_function_configuration(FunctionName=FUNCTION, Description=text)
    settle(functions)
    return publish(functions)


class TestOnTheSandbox:
    @pytest.mark.case(PointBack, NEEDED, UNDO, GUARDRAIL)
    def test_the_alias_goes_back_users_are_served_and_it_can_be_undone(
        self, bad: World, env: Rung, functions: Any, guarded: Guarded
    ) -> None:
        new = serving(functions)
        change = back(env)
        plan = planned(change)
        guarded(plan)
        (target,) = plan.targets
        assert (target.function, target.alias, target.old, target.new) == (FUNCTION, ALIAS, new, "1")
        assert target.revision == functions.get_alias(FunctionName=FUNCTION, Name=ALIAS)["RevisionId"]
        assert change.landed(plan)[0] is Answer.NO
        assert change.apply(plan, WARRANT).ok
        assert change.landed(plan)[0] is Answer.YES
        assert (serving(functions), change.undone(plan)[0]) == ("1", Answer.NO)
        wait_until(lambda: not bad.suffers(), seconds=20, failing=lambda: AssertionError("requests still fail"))
        assert change.undo(plan, WARRANT).ok
        assert (serving(functions), change.undone(plan)[0]) == (new, Answer.YES)
        assert change.undo(plan, WARRANT).ok, "an undo that was done already is done"

    @pytest.mark.case(PointBack, NOT_NEEDED)
    def test_what_somebody_has_moved_back_is_not_moved_to_the_bad_version(
        self, world: World, env: Rung, functions: Any
    ) -> None:
        good = release(functions, "good")
        release(functions, "bad")
        functions.update_alias(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion=good)
        told = back(env).plan()
        assert isinstance(told, NotNeeded)
        assert f"to {good} already" in told.why

    @pytest.mark.case(PointBack, UNKNOWN)
    def test_whoever_may_not_look_cannot_say_whether_it_was_done(self, bad: World, env: Rung, blind: Rung) -> None:
        plan = planned(back(env))
        with pytest.raises(Permanent, match="does not allow"):
            back(blind).landed(plan)

    @pytest.mark.case(PointBack, DRIFTED)
    def test_whatever_has_happened_to_the_alias_since_is_drift(self, bad: World, env: Rung, functions: Any) -> None:
        plan = planned(back(env))
        for what in ("its text", "weights", "no weights", "a release"):
            touch(functions, what)
            before = functions.get_alias(FunctionName=FUNCTION, Name=ALIAS)
            with pytest.raises(Drifted, match="was changed since"):
                back(env).apply(plan, WARRANT)
            assert functions.get_alias(FunctionName=FUNCTION, Name=ALIAS)["RevisionId"] == before["RevisionId"], what

    def test_an_undo_leaves_alone_what_somebody_has_done_since(self, bad: World, env: Rung, functions: Any) -> None:
        change, plan = back(env), planned(back(env))
        change.apply(plan, WARRANT)
        for what in ("weights", "a release"):
            touch(functions, what)
            before = functions.get_alias(FunctionName=FUNCTION, Name=ALIAS)
            outcome = change.undo(plan, WARRANT)
            assert (outcome.ok, "left alone" in outcome.note) == (False, True), what
            assert functions.get_alias(FunctionName=FUNCTION, Name=ALIAS)["RevisionId"] == before["RevisionId"], what
            assert change.undone(plan)[0] is Answer.NO
            touch(functions, "no weights")

    def test_aws_refuses_it_when_it_was_moved_at_this_very_moment(
        self, bad: World, env: Rung, functions: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = planned(back(env))
        inactive = PointBack._refuse_unready  # pyright: ignore[reportPrivateUsage]  # between the look and the act

        def moved(change: PointBack, version: str) -> None:
            inactive(change, version)
            touch(functions, "a release")

        monkeypatch.setattr(PointBack, "_refuse_unready", moved)
        with pytest.raises(Drifted, match="at this very moment"):
            back(env).apply(plan, WARRANT)
        assert serving(functions) not in ("1", plan.targets[0].old)

    def test_an_act_whose_answer_was_lost_and_that_is_repeated_is_done(
        self, bad: World, env: Rung, functions: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = planned(back(env))
        inactive = PointBack._refuse_unready  # pyright: ignore[reportPrivateUsage]  # as above

        def first(change: PointBack, version: str) -> None:
            inactive(change, version)
            functions.update_alias(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion=version)

        monkeypatch.setattr(PointBack, "_refuse_unready", first)
        assert back(env).apply(plan, WARRANT).ok

    def test_a_deployment_that_shifts_requests_is_waited_for(self, world: World, env: Rung, functions: Any) -> None:
        touch(functions, "weights")
        with pytest.raises(NotSafe, match="A deployment shifts requests"):
            back(env).plan()
        touch(functions, "no weights")

    def test_a_function_that_was_never_moved_has_no_way_back(self, world: World, env: Rung) -> None:
        with pytest.raises(NotSafe, match="was before 1 is not known"):
            back(env).plan()

    def test_what_has_served_for_seconds_only_is_not_gone_back_to(
        self, world: World, env: Rung, functions: Any
    ) -> None:
        release(functions, "last night")
        release(functions, "this morning")
        with pytest.raises(NotSafe, match=r"known to have served for .* only"):
            back(env).plan()

    def test_an_alias_by_which_nobody_comes_is_refused(self, world: World, env: Rung, functions: Any) -> None:
        functions.create_alias(FunctionName=FUNCTION, Name="unused", FunctionVersion="1")
        try:
            with pytest.raises(NotSafe, match="No request came by rung-api-prod:unused"):
                back(env, alias="unused").plan()
        finally:
            functions.delete_alias(FunctionName=FUNCTION, Name="unused")

    def test_the_calls_that_failed_are_told_by_the_version_that_served_them(self, bad: World, env: Rung) -> None:
        def failing(until: datetime, **more: Any) -> float:
            served = Served(version="1", since=until - HOUR, until=until)
            named = {"function": FUNCTION, "alias": ALIAS, **more}
            return failing_before(env.aws, served, **named, period=timedelta(seconds=1), window=timedelta(seconds=3))

        moved = before_the_present(read_moves(env.aws, FUNCTION, ALIAS, window=HOUR * 24 * 30), "2")
        assert moved is not None
        assert failing(moved.until) == 0
        wait_until(lambda: failing(clock.now()) > 0.1, seconds=20, failing=lambda: AssertionError("no call failed"))
        with pytest.raises(LookupError, match="no values of errors"):
            failing(clock.now(), alias="unused")

    def test_environments_that_stand_ready_would_hold_the_alias_back(
        self, bad: World, env: Rung, functions: Any
    ) -> None:
        plan = planned(back(env))
        functions.put_provisioned_concurrency_config(
            FunctionName=FUNCTION, Qualifier=ALIAS, ProvisionedConcurrentExecutions=5
        )
        with pytest.raises(NotSafe, match="Environments stand ready for rung-api-prod:prod"):
            back(env).plan()
        with pytest.raises(NotSafe, match="Environments stand ready"):
            back(env).apply(plan, WARRANT)
        assert serving(functions) == plan.targets[0].old

    def test_what_is_not_known_to_be_good_is_not_gone_back_to(
        self, bad: World, env: Rung, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = planned(back(env))
        with pytest.raises(NotSafe, match="did not serve well either"):
            back(env, limit=-1.0).plan()
        with pytest.raises(NotSafe, match="not enough has been seen since the release"):
            back(env, limit=0.9).plan()
        with pytest.raises(NotSafe, match="served is known for too little"):
            back(env, among=of_api(env.api)(name="requests", metric="Nothing", statistic="Sum")).plan()
        with says(monkeypatch, LastModified="2020-01-01T00:00:00.000+0000"):
            with pytest.raises(NotSafe, match="more than 30 d"):
                back(env).plan()
            with pytest.raises(NotSafe, match="more than 30 d"):
                back(env).apply(plan, WARRANT)
        for state in ("Inactive", "Failed", None):
            with says(monkeypatch, State=state), pytest.raises(NotSafe, match=f"its state is {state or 'not known'}"):
                back(env).plan()
        for failing, told in ((0.01, r"1\.0% of its calls failed"), (LookupError("too few"), "not known: too few")):
            with monkeypatch.context() as patch:
                patch.setattr(rollback, "failing_before", says_of_calls(failing))
                with pytest.raises(NotSafe, match=told):
                    back(env).plan()
        at_first = Around(
            release=Release(what="version", service="f:prod", version="9", at=NOON, source="CloudTrail"),
            period=timedelta(minutes=5),
            before=(0.0, 0.0),
            after=(0.0, 0.0, 0.0, 0.4),
            soon=3,
        )

        def around_move(*_given: Any, **_more: Any) -> Around:
            return at_first

        monkeypatch.setattr(rollback, "around_move", around_move)
        with pytest.raises(NotSafe, match="Version 9 of rung-api-prod served well at first"):
            back(env).plan()


def says_of_calls(told: float | LookupError) -> Callable[..., float]:
    """CloudWatch has this of the calls that failed before."""

    def failing(*_given: Any, **_more: Any) -> float:
        if isinstance(told, LookupError):
            raise told
        return told

    return failing


@contextmanager
def says(monkeypatch: pytest.MonkeyPatch, **said: str | None) -> Generator[None]:
    """AWS says something else of every version."""
    plain = rollback.configuration

    def other(client: Any, function: str, qualifier: str) -> dict[str, Any]:
        return {**plain(client, function, qualifier), **said}

    with monkeypatch.context() as patch:
        patch.setattr(rollback, "configuration", other)
        yield


def touch(functions: Any, what: str) -> None:
    """Somebody else does something to the alias."""
    named = {"FunctionName": FUNCTION, "Name": ALIAS}
    if what == "a release":
        release(functions, "another")
    elif what == "its text":
        functions.update_alias(**named, Description="another")
    else:
        weights = {"AdditionalVersionWeights": {"1": 0.1}} if what == "weights" else {}
        functions.update_alias(**named, RoutingConfig=weights)


def moves(*told: tuple[str, timedelta], until: datetime = NOON) -> Releases:
    """Moves of an alias, oldest first: to which version, and how long before noon."""
    listed = tuple(
        Release(what="alias", service="f:prod", version=version, at=NOON - ago, source="CloudTrail")
        for version, ago in reversed(told)
    )
    return Releases(service="f:prod", releases=listed, since=NOON - timedelta(days=30), until=until, asked_at=NOON)


@pytest.mark.parametrize(
    ("told", "present", "until", "before"),
    [
        ((("7", 5 * HOUR), ("8", HOUR)), "8", NOON, ("7", 5 * HOUR, HOUR)),
        ((("7", 5 * HOUR), ("7", 2 * HOUR), ("8", HOUR), ("8", HOUR / 2)), "8", NOON, ("7", 5 * HOUR, HOUR)),
        ((("6", 9 * HOUR), ("7", 5 * HOUR)), "8", NOON - HOUR / 4, ("7", 5 * HOUR, HOUR / 4)),
        ((("6", 9 * HOUR), ("7", HOUR / 10)), "8", NOON - HOUR / 4, ("7", HOUR / 10, HOUR / 10)),
        ((("8", HOUR),), "8", NOON, None),
        ((), "8", NOON, None),
    ],
    ids=["told", "weights between", "not told yet", "two not told yet", "nothing before", "nothing"],
)
def test_which_version_was_before(
    told: tuple[tuple[str, timedelta], ...],
    present: str,
    until: datetime,
    before: tuple[str, timedelta, timedelta] | None,
) -> None:
    found = before_the_present(moves(*told, until=until), present)
    wanted = before and Served(version=before[0], since=NOON - before[1], until=NOON - before[2])
    assert found == wanted
