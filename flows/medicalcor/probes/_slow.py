"""How long requests to MedicalCor's API take, and where the application itself says that their time went."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._api import FIVE, api, called
from flows.medicalcor.probes._cloudrun import LoadForm
from flows.parts.postgres.activity import ActivityForm
from runbook import Around, Context, probe
from tasks.cloudrun.latencies import Latencies, read_late_around, read_latencies
from tasks.cloudrun.read import read_service
from tasks.gcplogs.read import Entries, read_entries
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.logs.read import Kind
from tasks.selections import RunServiceOf


class SlowForm(LoadForm, ActivityForm):
    """When a request is late. The page gives no number for the percentile; 2 s is that of its search of the logs."""

    late_after: timedelta = Field(
        default=timedelta(seconds=2),
        ge=timedelta(milliseconds=100),
        le=timedelta(minutes=1),
        description="A request that takes longer is late (`medicalcor.t116`).",
    )


def spent_with(breaker: str) -> str:
    """The kind of slow requests that waited for one of those that the API calls."""
    return f"{breaker}_spent"


Slow = Context[MedicalCor, SlowForm]


@probe(
    read_latencies,
    asks="How long do requests to the API take, over all its instances?",
    source="medicalcor.c113 medicalcor.t112 medicalcor.t113 medicalcor.p105",
    about=api,
)
def latency(c: Slow, of: RunServiceOf) -> Latencies:
    return read_latencies(c.env.google, of.service, window=c.back(FIVE), late_after=c.params.late_after)


@probe(
    read_service,
    read_latencies,
    asks="How long do those take that the revision answers which has most of the traffic?",
    source="devised",
    about=api,
)
def latency_of_revision(c: Slow, of: RunServiceOf) -> Latencies:
    name = read_service(c.env.google, of.service).serving
    window, late = c.back(FIVE), c.params.late_after
    return read_latencies(c.env.google, of.service, window=window, late_after=late, revision=name)


@probe(
    read_late_around,
    asks="How long did requests take before and after the revision was made that answers now?",
    source="devised",
    about=api,
)
def release(c: Slow, of: RunServiceOf) -> Around:
    return read_late_around(c.env.google, of.service, period=FIVE)


@probe(
    read_entries,
    asks="Where does the API say that the time of its slow requests went?",
    source="medicalcor.c116 medicalcor.t116 medicalcor.t116b medicalcor.h127 medicalcor.h129",
    timeout=timedelta(seconds=30),
    about=api,
)
def slow(c: Slow, of: RunServiceOf) -> Entries:
    fields, late = c.env.fields, c.params.late_after / timedelta(milliseconds=1)
    wanted = Wanted(fields=of_service(of.service), above=((("jsonPayload", fields.duration), late),))
    garbage = Kind(name="garbage", pattern=r"(?i)garbage|\bMark-sweep\b|\bScavenge\b")
    database, own = (
        Kind(name=name, pattern=rf'"{fields.component}": "(?:{words})"')
        for name, words in (("database", "database|postgres|postgresql|prisma|sql"), ("own_work", "api|http|server"))
    )
    theirs = (replace(called(one), name=spent_with(one.breaker)) for one in c.env.dependencies)
    kinds = (garbage, database, *theirs, own)
    return read_entries(c.env.google, wanted, window=c.back(c.params.window), kinds=kinds)
