"""What `medicalcor.high_ai_costs` asks: how many tokens calls of models take, for whom, and how it was a week ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._api import ApiForm, api
from runbook import Context, probe
from tasks.gcplogs.calls import Beside, Calls, Named, read_beside, read_calls
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.gcpmonitoring.read import Metric
from tasks.gcpmonitoring.usual import HOUR, QUARTER, Pace, read_pace
from tasks.selections import RunServiceOf

TIMES: Final = 5
"""Calls for one lead in an hour from which on it comes again and again (devised: a lead is scored when it writes)."""

USED: Final = "models an hour"
"""What the figure is called."""

AT_ONCE: Final = 2
"""The same in a quarter of an hour."""


class Params(ApiForm):
    """The page names no budget (`medicalcor.t387`), so each number is devised."""

    floor: float = Field(
        default=100_000,
        ge=1000,
        description="Tokens an hour up to which nothing costs too much: of a small model they are a few cents.",
    )


Here = Context[MedicalCor, Params]


@probe(
    read_pace,
    asks="How many tokens do models take an hour, now and usually at this hour?",
    source="medicalcor.c394 medicalcor.c397 medicalcor.t394 medicalcor.t397 medicalcor.t387 medicalcor.p388"
    " medicalcor.p393 medicalcor.p396",
    timeout=timedelta(seconds=30),
    about=api,
)
def spent(c: Here, of: RunServiceOf) -> Pace:
    metric = Metric(
        name="tokens",
        metric=c.env.model_calls.metric,
        resource="prometheus_target",
        labels=((("resource", "labels", "namespace"), of.service),),
        within="ALIGN_DELTA",
        across="REDUCE_SUM",
    )
    return read_pace(c.env.google, metric, what=USED, floor=c.params.floor, unit="thousand tokens", one=1000)


@probe(
    read_calls,
    asks="For whom, and by which feature, were models called in the last hour?",
    source="medicalcor.h402 medicalcor.h403",
    timeout=timedelta(seconds=30),
    about=api,
)
def calls(c: Here, of: RunServiceOf) -> Calls:
    return read_calls(c.env.google, _wanted(c, of), _named(c), window=HOUR, times=TIMES)


@probe(
    read_calls,
    asks="Are models called again and again for the same lead, in the last quarter of an hour?",
    source="medicalcor.h403",
    timeout=timedelta(seconds=30),
    about=api,
)
def lately(c: Here, of: RunServiceOf) -> Calls:
    return read_calls(c.env.google, _wanted(c, of), _named(c), window=QUARTER, times=AT_ONCE)


@probe(
    read_beside,
    asks="How many leads, which models and how large calls are there, beside this hour of last week?",
    source="medicalcor.h402",
    timeout=timedelta(seconds=45),
    about=api,
)
def beside(c: Here, of: RunServiceOf) -> Beside:
    return read_beside(c.env.google, _wanted(c, of), _named(c), window=QUARTER, times=TIMES)


def _wanted(c: Here, of: RunServiceOf) -> Wanted:
    said = (("jsonPayload", c.env.fields.message), c.env.model_calls.message)
    return Wanted(fields=(*of_service(of.service), said))


def _named(c: Here) -> Named:
    one = c.env.model_calls
    return Named(lead=one.lead, tokens=one.tokens, model=one.model, feature=one.feature)
