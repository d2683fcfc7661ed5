"""What `rung.workflow_not_triggering` asks: its form, and the probes that n8n, its container and its log answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import Field

from blocks.n8n import N8n
from blocks.rung import Rung
from runbook import Context, Form, Permanent, probe
from tasks.cloudwatch.dimensions import of_api, of_service
from tasks.cloudwatch.read import Metrics, read_metrics
from tasks.ecs.containers import Containers, read_containers
from tasks.logs.read import Events, read_events
from tasks.n8n.caller import read_address
from tasks.n8n.delivery import ANSWERED, IN_VAIN, REFUSALS, Delivery, Registration
from tasks.n8n.queue import read_queue
from tasks.n8n.read import ERRORS, Webhooks, read_webhooks, read_workflows
from tasks.selections import ServiceOf, WebhooksOf
from tasks.web.read import Page, read_page

MOMENT = timedelta(seconds=1)


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    window: timedelta = Field(
        default=timedelta(hours=1), ge=MOMENT, le=timedelta(hours=24), description="How far back to look."
    )
    period: timedelta = Field(
        default=timedelta(minutes=1),
        ge=MOMENT,
        le=timedelta(hours=1),
        description="What one value of a metric stands for.",
    )
    patience: timedelta = Field(
        default=timedelta(seconds=5),
        ge=MOMENT,
        le=timedelta(seconds=15),
        description="How long n8n may take to answer.",
    )
    tasks: int = Field(default=1, ge=1, le=10, description="How many tasks n8n shall want when it wants none.")


Here = Context[Rung, Params]

RECENT = 5
"""Periods that count as now."""


def service(c: Here) -> ServiceOf:
    """n8n's service."""
    return ServiceOf(cluster=c.env.ecs_cluster, service=c.env.workflows.service)


def called(c: Here) -> WebhooksOf:
    """The webhooks that the API calls."""
    return WebhooksOf(paths=c.env.workflows.webhooks)


def n8n(c: Here) -> N8n:
    return replace(c.env.n8n, patience=c.params.patience)


@probe(
    read_page,
    asks="Does n8n answer?",
    source="rung.c216 rung.t216 rung.p215",
    about=service,
)
def health(c: Here) -> Page:
    return read_page(n8n(c).at("healthz"), expect='"ok"', patience=c.params.patience)


@probe(
    read_page,
    read_address,
    read_webhooks,
    read_queue,
    read_events,
    read_metrics,
    asks="Would an event of the API start its workflow, and would it be carried out?",
    source="rung.p209 rung.p210 rung.c226 rung.t226 rung.p225",
    timeout=timedelta(seconds=60),
)
def delivery(c: Here) -> Delivery:
    api, there = c.env.api, c.env.workflows
    page = read_page(n8n(c).at("healthz"), expect='"ok"', patience=c.params.patience)
    seen = Delivery(
        address=read_address(c.env.aws, api.function, api.alias, there.variable, there.url),
        page=page,
        webhooks=read_webhooks(n8n(c), there.webhooks) if page.kind == "answered" else None,
    )
    if page.kind != "answered":
        return seen
    try:
        events = read_events(
            c.env.aws,
            c.env.logs.function,
            pattern=REFUSALS,
            window=c.back(c.params.period * RECENT),
            kinds=(ANSWERED, IN_VAIN),
        )
        queue = read_queue(n8n(c)) if there.queue else None
        counted = {"refused": events.of(ANSWERED.name), "lost": events.of(IN_VAIN.name)}
        seen = seen.model_copy(update={"queue": queue, **counted})
        return seen.model_copy(update={"requests": _requests(c)})
    except Permanent as hidden:  # events that do not even arrive are seen all the same
        return seen.model_copy(update={"unseen": str(hidden)})


def _requests(c: Here) -> float:
    """How many requests the API had in the periods that count as now: without any, no event can have failed."""
    count = of_api(c.env.api)(name="requests", metric="Count", statistic="Sum")
    period = c.params.period
    return read_metrics(c.env.aws, (count,), window=period * RECENT, period=period).total("requests")


@probe(
    read_webhooks,
    asks="Which webhooks does n8n know?",
    source="rung.c226 rung.p225",
    about=called,
)
def webhooks(c: Here) -> Webhooks:
    return read_webhooks(n8n(c), c.env.workflows.webhooks)


@probe(
    read_workflows,
    read_webhooks,
    asks="Are the workflows switched on, and do their webhooks work?",
    source="rung.h237",
    about=called,
)
def workflows(c: Here) -> Registration:
    wanted = c.env.workflows.webhooks
    return Registration(workflows=read_workflows(n8n(c), wanted), webhooks=read_webhooks(n8n(c), wanted))


@probe(
    read_containers,
    asks="Do n8n's tasks run, and why did others end?",
    source="rung.h235 rung.h238",
    about=service,
)
def containers(c: Here, of: ServiceOf) -> Containers:
    return read_containers(c.env.aws, of.cluster, of.service, window=c.back(c.params.window))


@probe(
    read_metrics,
    asks="How much of its memory does n8n use?",
    source="rung.h238",
    about=service,
)
def metrics(c: Here) -> Metrics:
    n8n_ = of_service(c.env.ecs_cluster, c.env.workflows.service)
    used = n8n_(name="memory", metric="MemoryUtilization", statistic="Maximum", unit="%")
    return read_metrics(c.env.aws, (used,), window=c.back(c.params.window), period=c.params.period)


@probe(read_events, asks="Which errors does n8n log?", source="rung.c219 rung.t221 rung.t223 rung.p218 rung.t576")
def log(c: Here) -> Events:
    return read_events(c.env.aws, c.env.logs.n8n, pattern="?ERROR ?FATAL", window=c.back(c.params.window), kinds=ERRORS)
