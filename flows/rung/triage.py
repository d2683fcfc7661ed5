"""Something is wrong with rung, and nobody knows what: every runbook's symptom at once, and the one it is."""

from __future__ import annotations

from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts import alarms as cloudwatch
from flows.parts.postgres import sessions
from flows.rung import (
    bedrock_calls_failing,
    connection_exhaustion,
    false_positive_alerts,
    high_error_rate,
    high_latency,
    isolation_layer_failures,
    merge_authorization_failures,
    mfa_issues,
    missing_alerts,
    s3_access_denied,
    slow_queries,
    users_cannot_log_in,
    workflow_not_triggering,
)
from flows.signs import Area, Overview, anything, area, look_at_all, looks, not_there, there, untreated
from runbook import (
    Alert,
    Context,
    Form,
    HandOff,
    Hypothesis,
    Refusal,
    Runbook,
    Severity,
    Strength,
    probe,
)
from tasks.cloudwatch.alarms import Alarms, read_alarms
from tasks.ecs.read import Services, read_services
from tasks.logs.recent import ERRORS, RecentErrors, read_recent_errors
from tasks.rds.read import Instance, read_instance

MOMENT = timedelta(seconds=1)


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    window: timedelta = Field(default=timedelta(hours=1), ge=MOMENT, description="How far back to look.")
    period: timedelta = Field(
        default=timedelta(minutes=5), ge=MOMENT, description="What one value of a metric stands for."
    )
    recent: timedelta = Field(
        default=timedelta(minutes=10), ge=MOMENT, description="What happened within this is happening now."
    )
    slow_after: timedelta = Field(
        default=timedelta(seconds=5), gt=timedelta(0), description="Queries that run for longer than this are slow."
    )
    watched_for: timedelta = Field(
        default=timedelta(seconds=3), gt=timedelta(0), description="How long to watch the database for slow queries."
    )


Here = Context[Rung, Params]


AREAS = (
    area(connection_exhaustion, takes=(), prior=0.4),
    area(slow_queries, takes=("window", "period", "slow_after", "watched_for"), deeper=("connection_exhaustion",)),
    area(high_latency, deeper=("connection_exhaustion", "slow_queries")),
    area(high_error_rate, deeper=("connection_exhaustion",)),
    area(users_cannot_log_in),
    area(workflow_not_triggering),
    area(bedrock_calls_failing),
    area(mfa_issues),
    area(s3_access_denied, prior=0.3),
    area(merge_authorization_failures, takes=("window", "recent"), prior=0.3),
    area(isolation_layer_failures, takes=("recent",), deeper=("merge_authorization_failures",)),
    area(missing_alerts, takes=(), prior=0.1),
    area(false_positive_alerts, takes=(), prior=0.1, told_at_once=True),
)


alarms = cloudwatch.alarms("rung.c552 rung.t554 rung.p551")


@probe(
    read_recent_errors,
    asks="Which logs have errors?",
    source="rung.c543 rung.p542",
    timeout=timedelta(seconds=30),
)
def errors(c: Here) -> RecentErrors:
    logs = c.env.logs
    patterns = {logs.api: "{ $.status >= 500 }", logs.n8n: ERRORS}
    return read_recent_errors(c.env.aws, patterns=patterns, prefix=logs.functions, window=c.params.window)


@probe(read_services, asks="Do the containers run?", source="rung.c540")
def services(c: Here) -> Services:
    names = (c.env.workflows.service, *(pool.service for pool in c.env.pools))
    return read_services(c.env.aws, c.env.ecs_cluster, names)


def stray(found: Alarms) -> list[str]:
    """Alarms that have gone off and start no runbook; one that is made of others only repeats them."""
    patterns = [pattern for here in AREAS for pattern in here.runbook.starts_on]
    off = (name for name in found.in_state("ALARM") if found.alarms[name].watches)
    return [f"{name} has gone off" for name in off if not any(fnmatchcase(name, one) for one in patterns)]


def away(found: Services) -> list[str]:
    """Services that want tasks and run none."""
    return [f"{name} runs none of its tasks" for name, one in found.services.items() if one.desired and not one.running]


@probe(
    *looks(AREAS),
    read_alarms,
    read_services,
    asks="Which of rung's known problems is there right now, and what else is wrong?",
    source="rung.c540 rung.p539",
    timeout=timedelta(seconds=30),
)
def overview(c: Here) -> Overview:
    besides = {alarms.name: lambda: stray(alarms.read(c)), services.name: lambda: away(services.read(c))}
    return look_at_all(AREAS, c, besides)


@probe(read_instance, asks="Is the database instance available?", source="rung.c549 rung.p548")
def instance(c: Here) -> Instance:
    return read_instance(c.env.aws, c.env.db_instance)


ANYTHING = anything(overview, "an alarm that starts none has gone off, or a service is away")

SIGNS = {here.name: there(overview, here) for here in AREAS}


def rings(found: Alarms, runbook: Runbook[Rung, Any]) -> bool:
    """Whether an alarm that starts this runbook has gone off."""
    return any(fnmatchcase(name, pattern) for name in found.in_state("ALARM") for pattern in runbook.starts_on)


def hypothesis(here: Area) -> Hypothesis[Rung, Params]:
    """That it is one runbook's problem: by its own symptom, unless a deeper problem explains that."""
    runbook, title = here.runbook, here.runbook.title.lower()
    alarm = alarms.shows(f"an alarm that starts the runbook {title} has gone off", lambda r: rings(r, runbook))
    not_its = (untreated(overview, here),) if here.told_at_once else ()
    return Hypothesis(
        name=here.name,
        claim=f"{runbook.title}: {runbook.about}",
        supported_by=(SIGNS[here.name], alarm),
        refuted_by=(not_there(overview, here), *(SIGNS[name] for name in here.deeper), *not_its),
        strength=(
            (SIGNS[here.name], Strength.DECISIVE),
            (alarm, Strength.HINT),
            *((one, Strength.DECISIVE) for one in not_its),
        ),
        prior=here.prior,
        source="devised",
    )


CAUSES = {here.name: hypothesis(here) for here in AREAS}

RUNBOOK = Runbook[Rung, Params](
    name="rung.triage",
    title="Triage",
    about="Something is wrong with rung. Look at everything at once, and hand over to the runbook that it calls for.",
    source="rung.common_commands",
    version="1",
    severity=Severity.ERROR,
    environment="rung-prod",
    starts_on=("RungTriage",),
    symptom=ANYTHING,
    hypotheses=tuple(CAUSES.values()),
    mitigations=tuple(
        HandOff(
            name=f"hand_to_{here.name}",
            title=f"Hand over to {here.runbook.title.lower()}",
            treats=CAUSES[here.name],
            to=here.runbook,
            params=here.params,
            source="devised",
        )
        for here in AREAS
    ),
    also_asks=(errors, services, instance, sessions.slots("rung.c549")),
    refuses=(
        Refusal(
            what="Restart the Lambda functions.",
            why="Lambda has no restart: whatever recycles its environments also starts them cold, all at once. High"
            " latency and high error rate find out what is wrong with them and change that.",
            source="rung.c546 rung.p545",
        ),
    ),
    escalation=Rung.API,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_triage(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out which of rung's known problems is there, and hand over to its runbook."""
    return follow(RUNBOOK, Rung, params, alert)
