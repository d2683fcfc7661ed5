"""What `medicalcor.memory_leak` asks: how full memory is, where it is going, and how it was before a release."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._api import ApiForm, api, ended
from flows.parts.postgres.sessions import SessionsForm
from runbook import Context, probe
from tasks.cloudrun.memory import Bounds, Grown, Memory, Shortage, read_grown, read_memory
from tasks.gcplogs.read import read_entries
from tasks.selections import RunServiceOf


class Params(ApiForm, SessionsForm):
    """The page names no number (`medicalcor.p576`), so each is devised; the descriptions say why it is so."""

    seen_for: timedelta = Field(
        default=timedelta(hours=2),
        ge=timedelta(minutes=15),
        le=timedelta(hours=12),
        description="How far back memory is looked at: a trend is drawn out for five times as long as it was seen.",
    )
    nearly: float = Field(
        default=0.9,
        gt=0.5,
        lt=1,
        description="Share of the limit from which on memory is nearly used up: one large request more ends a process.",
    )
    soon: timedelta = Field(
        default=timedelta(hours=4),
        ge=timedelta(minutes=10),
        le=timedelta(days=2),
        description="Memory that will be full within so long is short: what is later can wait for the working day.",
    )
    least: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="Below this share nobody is told that memory will be full: whoever has just begun grows a little.",
    )
    a_hour: float = Field(
        default=0.02,
        gt=0,
        lt=1,
        description="Memory grows where it gains this share of its limit an hour: less does not fill it between two"
        " deployments.",
    )

    @property
    def bounds(self) -> Bounds:
        return Bounds(nearly=self.nearly, soon=self.soon, least=self.least, a_hour=self.a_hour)


Here = Context[MedicalCor, Params]


@probe(
    read_memory,
    read_entries,
    asks="Is the API's memory nearly used up, will it be soon, or were processes ended for want of it?",
    source="medicalcor.c584 medicalcor.c587 medicalcor.t587 medicalcor.t587b medicalcor.p576 medicalcor.p577",
    timeout=timedelta(seconds=30),
    about=api,
)
def shortage(c: Here, of: RunServiceOf) -> Shortage:
    return Shortage(memory=_memory(c, of), ended=ended.read(c))


@probe(
    read_memory,
    asks="Does the memory of whoever answers grow, and do requests grow as well?",
    source="medicalcor.c584 medicalcor.p576",
    about=api,
)
def course(c: Here, of: RunServiceOf) -> Memory:
    return _memory(c, of)


@probe(
    read_grown,
    asks="Did memory grow before the revision was made that answers now, and does it since?",
    source="devised",
    timeout=timedelta(seconds=15),
    about=api,
)
def since_release(c: Here, of: RunServiceOf) -> Grown:
    return read_grown(c.env.google, of.service, bounds=c.params.bounds)


def _memory(c: Here, of: RunServiceOf) -> Memory:
    return read_memory(c.env.google, of.service, window=c.back(c.params.seen_for), bounds=c.params.bounds)
