"""What several runbooks ask of MedicalCor's API: its form, and what Cloud Run, its logs and it itself tell."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from pydantic import Field

from blocks.medicalcor import MedicalCor
from blocks.medicalcor_parts import DEPENDENCIES, Dependency
from flows.parts.statuspages import AskedStatus, status
from runbook import Around, Context, Form, Releases, probe
from tasks.cloudrun.read import read_revisions, read_service
from tasks.cloudrun.requests import Requests, read_around, read_requests
from tasks.gcplogs.read import Entries, read_entries
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.gcpmonitoring.read import Metric, Series, read_series
from tasks.logs.read import Kind
from tasks.prometheus.read import Counter, Rates, read_rates
from tasks.selections import RunServiceOf
from tasks.statuspage.forms import Wanted as WantedPart
from tasks.web.parts import BREAKERS, CHECKS, Parts, read_parts

MINUTE, FIVE, DAY = timedelta(minutes=1), timedelta(minutes=5), timedelta(days=1)
"""What one value of Cloud Monitoring stands for; of how a trouble began; and how far back releases are looked at."""

DATABASE = "ECONNREFUSED|too many clients|remaining connection slots|Database query failed|terminating connection"
MISTAKE = r"^(?:Type|Reference|Range|Syntax)Error\b"
STACK = r"^\w*Error\b[^\n]*\n\s+at "
"""What an exception of the application's own code looks like: one that only code makes, or any with where it was thrown
that names nobody who is called."""


class ApiForm(Form):
    """For runbooks that ask how requests to the API fare."""

    environment: str = Field(default="medicalcor-prod", min_length=1, description="Saved environment to work on.")
    window: timedelta = Field(
        default=timedelta(minutes=10), ge=FIVE, le=timedelta(hours=6), description="How far back to look."
    )
    period: timedelta = Field(
        default=timedelta(minutes=4),
        ge=MINUTE,
        le=timedelta(hours=1),
        description="How long to look before what does not show is put aside: Cloud Monitoring is minutes late.",
    )
    apart: timedelta = Field(
        default=timedelta(seconds=10),
        ge=timedelta(seconds=1),
        le=timedelta(seconds=30),
        description="How far apart two pages of the API's own metrics are asked for.",
    )


Here = Context[MedicalCor, ApiForm]


F = TypeVar("F", bound=Form)


def api(c: Context[MedicalCor, F]) -> RunServiceOf:
    """The service of Cloud Run that the API is."""
    return RunServiceOf(service=c.env.api.name)


@probe(
    read_requests,
    asks="How many of the requests that reach the API fail?",
    source="devised medicalcor.p072 medicalcor.t074",
    about=api,
)
def requests(c: Here, of: RunServiceOf) -> Requests:
    return read_requests(c.env.google, of.service, window=c.back(FIVE), period=MINUTE)


@probe(
    read_service,
    read_requests,
    asks="How many requests fail of those that the revision answers which has most of the traffic?",
    source="devised",
    about=api,
)
def revision(c: Here, of: RunServiceOf) -> Requests:
    name = read_service(c.env.google, of.service).serving
    return read_requests(c.env.google, of.service, window=c.back(FIVE), period=MINUTE, revision=name)


@probe(
    read_around,
    asks="How was it before and after the revision was made that answers now?",
    source="medicalcor.c030 medicalcor.h032",
    about=api,
)
def release(c: Here, of: RunServiceOf) -> Around:
    return read_around(c.env.google, of.service, period=FIVE)


@probe(
    read_revisions,
    asks="Which revisions of the API were made lately?",
    source="medicalcor.c030 medicalcor.t030b",
    about=api,
)
def revisions(c: Here, of: RunServiceOf) -> Releases:
    return read_revisions(c.env.google, of.service, window=DAY)


@probe(
    read_entries,
    asks="What kinds of errors does the API log?",
    source="medicalcor.c080 medicalcor.t080 medicalcor.t080b",
    timeout=timedelta(seconds=30),
    about=api,
)
def errors(c: Here, of: RunServiceOf) -> Entries:
    wanted = Wanted(fields=(*of_service(of.service), (("jsonPayload", c.env.fields.level), "error")))
    theirs = map(called, c.env.dependencies)
    database, mistake, thrown = (
        Kind(name=name, pattern=pattern)
        for name, pattern in (("database", DATABASE), ("code", MISTAKE), ("code", STACK))
    )
    kinds = (database, mistake, *theirs, thrown)
    return read_entries(c.env.google, wanted, window=c.back(c.params.window), kinds=kinds)


@probe(
    read_entries,
    asks="Were processes of the API ended because they took more memory than they have?",
    source="medicalcor.h096",
    timeout=timedelta(seconds=30),
    about=api,
)
def ended(c: Here, of: RunServiceOf) -> Entries:
    wanted = Wanted(fields=of_service(of.service), holds=("Memory limit of",), at_least="ERROR")
    kinds = (Kind(name="memory", pattern=r"^Memory limit of \d+ \w+ exceeded"),)
    return read_entries(c.env.google, wanted, window=c.back(c.params.window), kinds=kinds)


@probe(read_series, asks="How much of its memory does the API use?", source="devised", about=api)
def memory(c: Here, of: RunServiceOf) -> Series:
    metric = Metric(
        name="memory used",
        metric="run.googleapis.com/container/memory/utilizations",
        resource="cloud_run_revision",
        labels=((("resource", "labels", "service_name"), of.service),),
        within="ALIGN_PERCENTILE_99",
        across="REDUCE_MAX",
    )
    return read_series(c.env.google, metric, window=c.back(c.params.window), period=MINUTE)


@probe(read_parts, asks="Does the API say that it is ready?", source="medicalcor.h094 medicalcor.c679 medicalcor.t679")
def ready(c: Here) -> Parts:
    return read_parts(f"{c.env.api.address}/ready", CHECKS)


@probe(
    read_parts,
    asks="Which circuit breakers of the API are open?",
    source="medicalcor.c086 medicalcor.t086 medicalcor.h095 medicalcor.c695 medicalcor.p694",
)
def breakers(c: Here) -> Parts:
    return read_parts(f"{c.env.api.address}/health/circuit-breakers", BREAKERS)


@probe(
    read_rates,
    asks="Which endpoint fails most, as one process of the API counts?",
    source="medicalcor.c083 medicalcor.t083",
    timeout=timedelta(seconds=60),
)
def rates(c: Here) -> Rates:
    requests = Counter(name="requests", metric="http_requests_total")
    failed = replace(requests, name="failed", where=(("status", "5.*"),), by="route")
    return read_rates(f"{c.env.api.address}/metrics", (requests, failed), apart=c.params.apart)


def page_of(one: Dependency) -> AskedStatus[MedicalCor, Form]:
    """What one of those that the API calls says of itself; which page it is, the environment says."""

    def url(c: Context[MedicalCor, Form]) -> str:
        there = next(
            (found.status_page for found in c.env.dependencies if found.breaker == one.breaker), one.status_page
        )
        return f"{there}/api/v2/summary.json"

    wanted = WantedPart(parts=(one.component,) if one.component else ())
    made = status(one.name, "statuspage", url, _PAGES[one.breaker], wanted=wanted)
    return AskedStatus[MedicalCor, Form](replace(made, name=f"page_of_{one.breaker}"), one.name)


_PAGES = {
    "openai": "medicalcor.t043 medicalcor.p042",
    "hubspot": "medicalcor.t044",
    "stripe": "medicalcor.t045",
    "whatsapp": "medicalcor.t046",
}
"""The rows that name each page."""

PAGES = {one.breaker: page_of(one) for one in DEPENDENCIES}


def calls_of(breaker: str) -> str:
    """The kind of failed calls of one of them; a bare `whatsapp` beside a number would be taken for a telephone's."""
    return f"{breaker}_calls"


def called(one: Dependency) -> Kind:
    """What says of itself that it is about a call of one of them."""
    return Kind(name=calls_of(one.breaker), pattern="(?i)" + "|".join(map(re.escape, one.words or (one.breaker,))))
