"""What runbooks about webhooks ask: their form, how the API fares with them, and what could not be processed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.parts.redis import seen
from runbook import Context, Form, probe
from tasks.prometheus.read import Counter, Rates, read_rates

DEAD = "medicalcor:dlq"
WEBHOOKS, FAILED = "webhooks", "failed webhooks"


class WebhooksForm(Form):
    """For runbooks that ask how webhooks fare."""

    environment: str = Field(default="medicalcor-prod", min_length=1, description="Saved environment to work on.")
    apart: timedelta = Field(
        default=timedelta(seconds=30),
        ge=timedelta(seconds=1),
        le=timedelta(seconds=45),
        description="How far apart two pages of the API's own metrics are asked for. Devised: of fewer than eight"
        " webhooks there is no share.",
    )


@probe(
    read_rates,
    asks="How many webhooks fail, as one process of the API counts?",
    source="devised",
    timeout=timedelta(seconds=60),
)
def webhooks(c: Context[MedicalCor, WebhooksForm]) -> Rates:
    came = Counter(name=WEBHOOKS, metric="http_requests_total", where=(("route", "/webhooks/.*"),))
    failed = replace(came, name=FAILED, where=(*came.where, ("status", "5.*")), among=WEBHOOKS)
    return read_rates(f"{c.env.api.address}/metrics", (came, failed), apart=c.params.apart)


BACKLOG = seen.AskedBacklog[MedicalCor, WebhooksForm](seen.redis_backlog(DEAD))
LETTERS = seen.redis_letters(DEAD, "medicalcor.c507 medicalcor.t507b medicalcor.p506")

SERVED = webhooks.shows(
    "fewer than one webhook in a hundred fails, as one process counts", lambda r: r.share(FAILED, among=WEBHOOKS) < 0.01
)
FAILING = webhooks.shows(
    "at least one webhook in a hundred fails, as one process counts", lambda r: r.share(FAILED, among=WEBHOOKS) >= 0.01
)
