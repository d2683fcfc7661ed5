"""What runbooks say alike about whom an application refuses, as it logs that."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from pydantic import Field

from flows.medicalcor.probes._api import FIVE
from runbook import Evidence, Form, Probe
from tasks.gcplogs.refusals import CHART, Refusals

E = TypeVar("E")
P = TypeVar("P", bound=Form)


class RefusalsForm(Form):
    """For runbooks that ask whom an application refuses; from how many on it is a trouble each says itself."""

    environment: str = Field(default="medicalcor-prod", min_length=1, description="Saved environment to work on.")
    window: timedelta = Field(
        default=timedelta(minutes=10), ge=FIVE, le=timedelta(hours=6), description="How far back to look."
    )
    period: timedelta = Field(
        default=timedelta(minutes=1),
        ge=timedelta(seconds=10),
        le=timedelta(hours=1),
        description="How long to look before what does not show is put aside.",
    )


def often(asked: Probe[E, P, Refusals], sentence: str) -> Evidence[E, P]:
    """That so many are refused that it is a trouble; the form says how many that are."""
    return asked.shows(sentence, lambda r: r.often(), gauge=CHART)
