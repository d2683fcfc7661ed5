"""Why a function serves badly, and what to do about it: memory, time, concurrency, and the version that it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from pydantic import Field

from blocks.shapes import HasAws
from flows.forms import WindowForm
from flows.parts.asked import DEVISED
from flows.parts.awslambda.function import AskedCalls, AskedConcurrency, AskedFunction, AskedReports
from runbook import (
    Approval,
    Context,
    Evidence,
    Form,
    Guardrail,
    Hypothesis,
    Manual,
    Mitigation,
    Strength,
    WayBack,
)
from tasks.awslambda.capacity import ProvisionConcurrency, RaiseCeiling
from tasks.awslambda.change import RaiseMemory, RaiseTimeout
from tasks.awslambda.rollback import PointBack
from tasks.cloudwatch.read import Metric
from tasks.selections import AliasOf, FunctionOf

A = TypeVar("A", bound=HasAws)
P = TypeVar("P", bound=Form)
S = TypeVar("S", bound="SettingsForm")
R = TypeVar("R", bound="ReadyForm")
W = TypeVar("W", bound=WindowForm)

ON_CALL = "API on-call"
ONCE = Guardrail(at_most=1, cooldown=timedelta(minutes=15))
VERSION_BACK = WayBack(
    "The alias is pointed back to the version before, and the unpublished function gets the old value."
)


class SettingsForm(Form):
    """How far memory and timeout of the function may be raised."""

    most_memory: int = Field(
        default=3008, ge=128, le=10_240, description="Memory of the function (MB) that is not exceeded; it is doubled."
    )
    timeout: timedelta = Field(
        default=timedelta(seconds=25),
        ge=timedelta(seconds=1),
        description="Timeout of the function after the change; more than 29 s is of no use behind API Gateway.",
    )


class ReadyForm(Form):
    """How many environments of the function shall stand ready."""

    environments: int = Field(
        default=10, ge=1, le=500, description="Environments of the function that stand ready after the change."
    )


def no_memory(reports: AskedReports[A, P], source: str = DEVISED, *, prior: float = 0.2) -> Hypothesis[A, P]:
    return Hypothesis(
        name="no_memory",
        claim="Requests need more memory than the function has.",
        supported_by=(reports.out_of_memory, reports.memory_full),
        refuted_by=(reports.memory_spare, reports.not_out),
        strength=((reports.out_of_memory, Strength.DECISIVE), (reports.memory_spare, Strength.DECISIVE)),
        prior=prior,
        source=source,
    )


def no_time(
    reports: AskedReports[A, P], source: str = DEVISED, *, waits: tuple[Evidence[A, P], ...], prior: float = 0.2
) -> Hypothesis[A, P]:
    """`waits` are the others that may keep the function waiting: then it is not its own work that takes long."""
    return Hypothesis(
        name="no_time",
        claim="The work of some requests takes longer than the function may.",
        supported_by=(reports.out_of_time,),
        refuted_by=(reports.in_time, *waits, reports.memory_full),
        prior=prior,
        source=source,
    )


def throttled(
    calls: AskedCalls[A, P], concurrency: AskedConcurrency[A, P], source: str = DEVISED, *, prior: float = 0.2
) -> Hypothesis[A, P]:
    return Hypothesis(
        name="throttled",
        claim="Lambda turns calls away, because the function serves as many at once as it may.",
        supported_by=(calls.throttled,),
        refuted_by=(calls.all_admitted, concurrency.no_ceiling),
        strength=((calls.throttled, Strength.DECISIVE),),
        prior=prior,
        source=source,
    )


def cold_starts(
    reports: AskedReports[A, P],
    calls: AskedCalls[A, P],
    source: str = DEVISED,
    *,
    quick: Evidence[A, P],
    slow: Evidence[A, P],
    prior: float = 0.3,
) -> Hypothesis[A, P]:
    """`quick` and `slow` are about the function itself, its beginning left out, by what the runbook calls late."""
    return Hypothesis(
        name="cold_starts",
        claim="Requests meet new environments of the function, which take long to begin.",
        supported_by=(reports.cold, quick),
        refuted_by=(reports.warm, calls.served_ready, slow),
        strength=((reports.cold, Strength.DECISIVE), (reports.warm, Strength.DECISIVE), (quick, Strength.HINT)),
        prior=prior,
        source=source,
    )


def raise_memory(
    treats: Hypothesis[A, S],
    reports: AskedReports[A, S],
    of: Callable[[Context[A, S]], AliasOf],
    source: str = DEVISED,
    *,
    by: str = ON_CALL,
) -> Mitigation[A, S]:
    def change(c: Context[A, S]) -> RaiseMemory:
        one = of(c)
        return RaiseMemory(aws=c.env.aws, function=one.function, alias=one.alias, at_most=c.params.most_memory)

    return Mitigation(
        name="raise_memory",
        title="Give the function twice the memory",
        treats=treats,
        change=change,
        approval=Approval(
            by=by, risk="Each request costs about twice as much; a leak would only take longer to show again."
        ),
        guardrail=ONCE,
        undo=VERSION_BACK,
        validated_by=reports.not_out,
        within=timedelta(minutes=10),
        source=source,
    )


def raise_timeout(
    treats: Hypothesis[A, S],
    reports: AskedReports[A, S],
    of: Callable[[Context[A, S]], AliasOf],
    source: str = DEVISED,
    *,
    by: str = ON_CALL,
) -> Mitigation[A, S]:
    def change(c: Context[A, S]) -> RaiseTimeout:
        one = of(c)
        return RaiseTimeout(aws=c.env.aws, function=one.function, alias=one.alias, to=c.params.timeout)

    return Mitigation(
        name="raise_timeout",
        title="Give the function more time",
        treats=treats,
        change=change,
        approval=Approval(
            by=by, risk="Users wait longer for what still fails, and slow requests occupy more concurrency."
        ),
        guardrail=ONCE,
        undo=VERSION_BACK,
        validated_by=reports.in_time,
        within=timedelta(minutes=10),
        source=source,
    )


def raise_ceiling(
    treats: Hypothesis[A, P],
    calls: AskedCalls[A, P],
    of: Callable[[Context[A, P]], FunctionOf],
    source: str = DEVISED,
    *,
    by: str = ON_CALL,
    validated_by: Evidence[A, P] | None = None,
) -> Mitigation[A, P]:
    """`validated_by` is what is so where calls that have gathered are still turned away; else none may be."""

    def change(c: Context[A, P]) -> RaiseCeiling:
        one = of(c)
        alias = one.alias if isinstance(one, AliasOf) else None
        return RaiseCeiling(aws=c.env.aws, function=one.function, alias=alias)

    return Mitigation(
        name="raise_ceiling",
        title="Let the function serve twice as many requests at once",
        treats=treats,
        change=change,
        approval=Approval(
            by=by,
            risk="What it may serve more, all other functions of the account may serve less; so may the database.",
        ),
        guardrail=ONCE,
        undo=WayBack("The ceiling gets its old value back."),
        validated_by=validated_by or calls.all_admitted,
        within=timedelta(minutes=10),
        source=source,
    )


def provision_concurrency(
    treats: Hypothesis[A, R],
    calls: AskedCalls[A, R],
    of: Callable[[Context[A, R]], AliasOf],
    source: str = DEVISED,
    *,
    by: str = ON_CALL,
) -> Mitigation[A, R]:
    def change(c: Context[A, R]) -> ProvisionConcurrency:
        one = of(c)
        wanted = c.params.environments
        return ProvisionConcurrency(aws=c.env.aws, function=one.function, alias=one.alias, executions=wanted)

    return Mitigation(
        name="provision_concurrency",
        title="Let environments of the function stand ready",
        treats=treats,
        change=change,
        approval=Approval(
            by=by,
            risk="They cost money as long as they stand ready, used or not, and take from the account's concurrency.",
        ),
        guardrail=ONCE,
        undo=WayBack("The alias gets the number back that it had, or none."),
        validated_by=calls.served_ready,
        within=timedelta(minutes=15),
        # Time for the team to make it part of its deployment; a forgotten one is not paid for for ever.
        expires_after=timedelta(days=7),
        source=source,
    )


def roll_back_release(
    treats: Hypothesis[A, W],
    function: AskedFunction[A, W],
    of: Callable[[Context[A, W]], AliasOf],
    measured: Callable[[Context[A, W]], tuple[Metric, Metric]],
    source: str = DEVISED,
    *,
    limit: float,
    validated_by: Evidence[A, W],
    again: str,
    within: timedelta,
) -> tuple[Mitigation[A, W], Manual[A, W]]:
    """Go back to the version before where that is known to be good; where it is not, a person is asked.

    `measured`: what is too high beyond `limit`, and among how many. `again` is what is looked at when it is done.
    """
    by_hand = Manual(
        name="roll_back_release",
        title="Choose a version that was good, and go back to it",
        treats=treats,
        why_manual="no version before is known to have served well for long; which one still fits the database and"
        " its callers, those who released it know.",
        steps=(
            function.probe.tells(
                lambda r: [
                    f"{r.name}:{r.alias} is version {r.version}, published {r.published:%Y-%m-%d %H:%M} UTC; ask who"
                    " released it whether the version before may take over."
                ]
            ),
            "Roll back with the deployment's own tool, or point the alias to the version before and tell them.",
            f"Say that it is done; {again} then looked at again.",
        ),
        validated_by=validated_by,
        within=within,
        source=source,
    )
    return point_back(treats, of, measured, source, limit=limit, validated_by=validated_by, within=within), by_hand


def point_back(
    treats: Hypothesis[A, W],
    of: Callable[[Context[A, W]], AliasOf],
    measured: Callable[[Context[A, W]], tuple[Metric, Metric]],
    source: str = DEVISED,
    *,
    limit: float,
    validated_by: Evidence[A, W],
    within: timedelta,
    by: str = ON_CALL,
) -> Mitigation[A, W]:
    """`measured`: what is too high beyond `limit`, and among how many."""

    def change(c: Context[A, W]) -> PointBack:
        one, (value, among) = of(c), measured(c)
        return PointBack(
            aws=c.env.aws,
            function=one.function,
            alias=one.alias,
            value=value,
            among=among,
            limit=limit,
            period=c.params.period,
            window=c.params.window,
        )

    return Mitigation(
        name="point_back",
        title="Go back to the version before, which served well",
        treats=treats,
        change=change,
        approval=Approval(
            by=by,
            risk="What only the newer version can do is gone, and what was migrated for it stays migrated: those who"
            " released it know whether the version before still fits.",
        ),
        guardrail=ONCE,
        undo=WayBack("The alias is pointed to the newer version again, unless somebody has moved it since."),
        validated_by=validated_by,
        within=within,
        source=source,
    )
