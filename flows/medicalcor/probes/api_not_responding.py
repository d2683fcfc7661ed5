"""What `medicalcor.api_not_responding` asks: its form, and whether anybody is answered."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._cloudrun import LoadForm
from runbook import Context, probe
from tasks.web.looks import Looks, read_looks


class Params(LoadForm):
    period: timedelta = Field(
        default=timedelta(minutes=1),
        ge=timedelta(seconds=10),
        le=timedelta(hours=1),
        description="How long to look before what does not show is put aside: an answer is seen at once.",
    )
    looks: int = Field(
        default=3,
        ge=2,
        le=10,
        description="Requests without an answer from which on the API does not respond: devised, the page has none.",
    )
    patience: timedelta = Field(
        default=timedelta(seconds=5),
        ge=timedelta(seconds=1),
        le=timedelta(seconds=8),
        description="How long an answer is waited for: devised, the page speaks of timeouts and gives no number.",
    )


@probe(
    read_looks,
    asks="Does the API say that it is ready, whoever of it is asked?",
    source="medicalcor.p138 medicalcor.p139 medicalcor.t140",
    timeout=timedelta(seconds=15),
)
def answers(c: Context[MedicalCor, Params]) -> Looks:
    return read_looks(f"{c.env.api.address}/ready", times=c.params.looks, patience=c.params.patience)
