"""What `medicalcor.high_cpu_usage` asks: how busy instances are, now and before a release, and what a request takes."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._api import FIVE, api
from flows.medicalcor.probes._cloudrun import LoadForm
from runbook import Around, Context, probe
from tasks.cloudrun.cpu import Cpu, Work, read_cpu, read_cpu_around, read_work
from tasks.selections import RunServiceOf

NEARLY = 0.9
"""What the release is judged by, as `nearly` is unless somebody says otherwise."""


class Params(LoadForm):
    """The page names no number, so each is devised."""

    nearly: float = Field(
        default=NEARLY,
        gt=0.5,
        le=1,
        description="Share of its CPU from which on an instance has hardly any left: Cloud Run adds instances at 60%.",
    )


Here = Context[MedicalCor, Params]


@probe(
    read_cpu,
    asks="How much of its CPU does the busiest instance of the API use, and how much do the others?",
    source="medicalcor.c611 medicalcor.t611 medicalcor.p603 medicalcor.p610",
    timeout=timedelta(seconds=15),
    about=api,
)
def cpu(c: Here, of: RunServiceOf) -> Cpu:
    return read_cpu(c.env.google, of.service, nearly=c.params.nearly)


@probe(
    read_work,
    asks="How much CPU does a request to the API take, now and before?",
    source="devised",
    timeout=timedelta(seconds=15),
    about=api,
)
def work(c: Here, of: RunServiceOf) -> Work:
    return read_work(c.env.google, of.service)


@probe(
    read_cpu_around,
    asks="How busy was the busiest instance before and after the revision was made that answers now?",
    source="devised",
    timeout=timedelta(seconds=15),
    about=api,
)
def release(c: Here, of: RunServiceOf) -> Around:
    return read_cpu_around(c.env.google, of.service, period=FIVE)
