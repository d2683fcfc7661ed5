"""What Cloud Run tells of MedicalCor's API: who answers, who is turned away, what ends containers, how much comes."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._api import MINUTE, ApiForm, Here, api
from flows.parts.statuspages import AskedStatus, status
from runbook import Context, Form, probe
from tasks.cloudrun.load import Load, read_load
from tasks.cloudrun.read import Service, Serving, read_service, read_serving
from tasks.gcplogs.read import Entries, read_entries
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.gcpmonitoring.read import Metric, Series, read_series
from tasks.logs.read import Kind
from tasks.selections import RunServiceOf
from tasks.statuspage.forms import Wanted as WantedPart


class LoadForm(ApiForm):
    """For runbooks that ask whether more comes than usual."""

    busier: float = Field(
        default=2.0,
        gt=1,
        le=20,
        description="How many times as many requests as before are a spike: devised, the page gives no number.",
    )


REFERENCE = r"(?i)\bsecret\b[^\n]*(?:not found|disabled|destroyed)|permission denied on secret"
EXIT = r"^Container called exit\(\d+\)|container failed to start|[Cc]ontainer terminated on signal"
NOT_FREE = r"^The request was aborted because there was no available instance"
NOT_LET_IN = r"^The request was not (?:authenticated|authorized)"
"""How Cloud Run words it."""


@probe(
    read_service,
    asks="Is the API as it should be, and from where may it be called?",
    source="medicalcor.c146 medicalcor.t146 medicalcor.t149",
    about=api,
)
def service(c: Here, of: RunServiceOf) -> Service:
    return read_service(c.env.google, of.service)


@probe(
    read_serving,
    asks="Could the revision answer that has most of the traffic?",
    source="medicalcor.c149 medicalcor.h160",
    about=api,
)
def serving(c: Here, of: RunServiceOf) -> Serving:
    return read_serving(c.env.google, of.service)


@probe(
    read_entries,
    asks="What does Cloud Run say of the API's containers?",
    source="medicalcor.c152 medicalcor.t152 medicalcor.t152b",
    timeout=timedelta(seconds=30),
    about=api,
)
def containers(c: Here, of: RunServiceOf) -> Entries:
    wanted = Wanted(fields=(*of_service(of.service), of_log(c, "varlog%2Fsystem")), at_least="WARNING")
    kinds = (Kind(name="reference", pattern=REFERENCE), Kind(name="exit", pattern=EXIT))
    return read_entries(c.env.google, wanted, window=c.back(c.params.window), kinds=kinds)


@probe(
    read_entries,
    asks="Whom does Cloud Run turn away before a container has the request?",
    source="devised",
    timeout=timedelta(seconds=30),
    about=api,
)
def turned_away(c: Here, of: RunServiceOf) -> Entries:
    wanted = Wanted(
        fields=(*of_service(of.service), of_log(c, "requests")), holds=("The request was",), at_least="WARNING"
    )
    kinds = (Kind(name="nobody_free", pattern=NOT_FREE), Kind(name="not_let_in", pattern=NOT_LET_IN))
    return read_entries(c.env.google, wanted, window=c.back(c.params.window), kinds=kinds)


@probe(
    read_load,
    asks="How many requests come, now and before, and how many instances are there of how many?",
    source="medicalcor.h128 medicalcor.h161",
    timeout=timedelta(seconds=15),
    about=api,
)
def load(c: Context[MedicalCor, LoadForm], of: RunServiceOf) -> Load:
    return read_load(c.env.google, of.service, busier=c.params.busier)


@probe(read_entries, asks="How often is an instance of the API started?", source="medicalcor.h130", about=api)
def starts(c: Here, of: RunServiceOf) -> Entries:
    wanted = Wanted(fields=(*of_service(of.service), of_log(c, "varlog%2Fsystem")), holds=("Starting new instance",))
    return read_entries(c.env.google, wanted, window=c.back(c.params.window))


@probe(read_series, asks="How long does a new instance of the API take to start?", source="medicalcor.h130", about=api)
def startup(c: Here, of: RunServiceOf) -> Series:
    metric = Metric(
        name="time to start",
        metric="run.googleapis.com/container/startup_latencies",
        resource="cloud_run_revision",
        labels=((("resource", "labels", "service_name"), of.service),),
        within="ALIGN_DELTA",
        across="REDUCE_PERCENTILE_95",
        unit="ms",
    )
    return read_series(c.env.google, metric, window=c.back(c.params.window), period=MINUTE)


def of_log(c: Context[MedicalCor, Form], name: str) -> tuple[tuple[str, ...], str]:
    """One of the logs that Cloud Run itself writes."""
    return ("logName",), f"projects/{c.env.google.project}/logs/run.googleapis.com%2F{name}"


GOOGLE = AskedStatus[MedicalCor, ApiForm](
    status(
        "Google Cloud",
        "google",
        lambda c: f"{c.env.google_status}/incidents.json",
        "medicalcor.h162",
        wanted=WantedPart(parts=("Google Cloud Run", "Cloud Run"), places=("europe-west3",)),
    ),
    "Google Cloud",
)
"""What Google says of Cloud Run in the region that the page names (`medicalcor.t146`)."""
