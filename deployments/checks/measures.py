"""CloudWatch metrics against a limit: disk, replication lag, dead letters, spend. What a measure is, is data.

A measure may look ahead as well: people are told when its trend reaches a limit soon, such as a disk that is full in
about three days. Where nobody can tell, the check says so and is content: the limit itself is still watched.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self, cast

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import BaseModel, ConfigDict, Field, model_validator

from blocks.aws import Aws
from blocks.journal_store import journal_url
from deployments.checks import outcome
from deployments.checks.outcome import Found
from deployments.checks.symptoms import form_of
from deployments.deployed import find, listed
from journal.store import Journal
from runbook import Permanent, Temporary, Trend, series, trend
from runbook.trends import roughly
from tasks.cloudwatch.read import Metric, Metrics, read_metrics
from tasks.step import step


class Ahead(BaseModel):
    """What a metric comes to if it goes on as it does, by its trend over a while."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: float = Field(description="Where it ends: of free space, 0.")
    says: str = Field(min_length=1, max_length=100, description="What is so then: `The disk is full`.")
    within: timedelta = Field(ge=timedelta(minutes=1), description="People are told when it is so within so long.")
    over: timedelta = Field(
        default=timedelta(days=3),
        ge=timedelta(minutes=10),
        le=timedelta(days=15),
        description="How much is looked at: some days, so that the ups and downs of one are no trend.",
    )
    period: timedelta = Field(default=timedelta(hours=1), ge=timedelta(minutes=1))

    def soon(self, seen: Trend) -> timedelta | None:
        """How long until then, if it is soon. Raises `LookupError` when nobody can tell."""
        left = seen.until(self.limit)
        return left if left <= self.within else None

    def said(self, left: timedelta, seen: Trend) -> str:
        """`The disk is full in about 3 days`, with what speaks for it."""
        return f"{self.says} in about {roughly(left)}, at the pace of the last {roughly(seen.seen_for)}: {seen}"


class Measure(BaseModel):
    """One metric and its limit. Dimension values may name a field of the environment: `{db_instance}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=200, description="What is so when the limit is passed.")
    namespace: str
    metric: str
    statistic: str = "Average"
    dimensions: dict[str, str] = Field(default_factory=dict)
    unit: str = ""
    value: Literal["latest", "highest", "total", "mean", "growth"] = Field(
        default="latest", description="Of the values in the window; growth is the newest less the oldest."
    )
    above: float | None = None
    below: float | None = None
    period: timedelta = Field(default=timedelta(minutes=5), ge=timedelta(minutes=1))
    window: timedelta = Field(default=timedelta(minutes=30), ge=timedelta(minutes=1), le=timedelta(days=15))
    region: str | None = Field(default=None, description="Where AWS keeps it, if elsewhere: billing is in us-east-1.")
    ahead: Ahead | None = Field(default=None, description="Tell people, too, when its trend reaches a limit soon.")

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("give one limit: `above` or `below`")
        return self

    def of(self, seen: Metrics) -> float:
        """The value that counts. Raises `LookupError` for one that is missing or old: that is unknown."""
        match self.value:
            case "latest":
                return seen.latest(NAME)
            case "highest":
                return seen.highest(NAME)
            case "total":
                return seen.total(NAME)
            case "mean":
                return seen.mean(NAME)
            case "growth":
                return seen.latest(NAME) - seen.series[NAME].values[0]

    def passed(self, value: float) -> bool:
        """Whether the limit is passed."""
        return value > self.above if self.above is not None else value < cast("float", self.below)


NAME = "measure"

checking: Any = cast("Any", flow)(
    name="codeblue.measure",
    flow_run_name="{measure.title}: {environment}",
    task_runner=ThreadPoolTaskRunner(max_workers=4),
    persist_result=False,
)


@checking
def measured(
    system: Annotated[str, Field(description="The system, such as shop.")],
    environment: Annotated[str, Field(description="Saved environment to look at.")],
    measure: Annotated[Measure, Field(description="The metric and its limit.")],
    runbook: Annotated[str | None, Field(description="Runbook to start; without one people are told.")] = None,
    rest: Annotated[timedelta, Field(ge=timedelta(0), description="Not again so soon after one ended unresolved.")] = (
        timedelta(hours=1)
    ),
) -> State[Any]:
    """Compare a metric with its limit; start a runbook or tell people when it is passed."""
    here = outcome.environment(system, environment)
    if isinstance(here, State):
        return here
    env = cast("Any", here)

    def look() -> Metrics:
        return read_metrics(_aws(env, measure), (_metric(env, measure),), window=measure.window, period=measure.period)

    try:
        value = measure.of(step("metric", look, shown=measure.title, retries=2)())
    except (Permanent, Temporary, LookupError) as unseen:
        return outcome.unknown(f"{measure.title}? {unseen}")
    said = f"{measure.title}: {series.measured(value, measure.unit)}"
    if not measure.passed(value):
        soon, text = (False, "") if measure.ahead is None else _ahead(env, measure, measure.ahead)
        if not soon:
            return outcome.quiet(f"It is not so. {said}{text and '. ' + text}")
        with Journal.connect(journal_url()) as journal:
            mark = f"{environment}:{measure.title}:ahead:{journal.clock():%Y-%m-%d}"
            return outcome.tell(journal, "measures", [Found(mark=mark, text=f"{environment}: {text}.")], here.notifier)
    with Journal.connect(journal_url()) as journal:
        if runbook is None:
            mark = f"{environment}:{measure.title}:{journal.clock():%Y-%m-%d}"
            told = [Found(mark=mark, text=f"{environment}: {said}.")]
            return outcome.tell(journal, "measures", told, here.notifier)
        one = find(runbook, listed())
        form = form_of(one.flow, environment, None)
        state = outcome.current(journal, one, form, rest)
        return state or outcome.start(journal, one, form, name=measure.title[:300], summary=said)


def _ahead(env: Any, measure: Measure, ahead: Ahead) -> tuple[bool, str]:
    """Whether people should be told of what is to come, and what is known of it."""

    def look() -> Metrics:
        return read_metrics(_aws(env, measure), (_metric(env, measure),), window=ahead.over, period=ahead.period)

    try:
        seen = step("trend", look, shown=ahead.says, retries=2)()
        going = trend(seen.series[NAME], unit=measure.unit)
        left = ahead.soon(going)
    except (Permanent, Temporary, LookupError) as unseen:
        return False, f"How it goes on is not known: {unseen}"
    return left is not None, str(going) if left is None else ahead.said(left, going)


def _aws(env: Any, measure: Measure) -> Aws:
    account: Aws = env.aws
    return account if measure.region is None else account.model_copy(update={"region": measure.region})


def _metric(env: Any, measure: Measure) -> Metric:
    named = {name: value for name, value in env if isinstance(value, str)}
    try:
        dimensions = tuple((name, value.format_map(named)) for name, value in measure.dimensions.items())
    except KeyError as missing:
        raise Permanent(f"The environment has no field {missing} for a dimension; correct the measure.") from None
    return Metric(
        name=NAME,
        namespace=measure.namespace,
        metric=measure.metric,
        statistic=measure.statistic,
        dimensions=dimensions,
        unit=measure.unit,
    )
