"""What runbooks about one of those that MedicalCor calls ask: its form, and how its calls fare and why they fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import Field

from blocks.medicalcor import MedicalCor
from blocks.medicalcor_parts import DEPENDENCIES
from flows.medicalcor.probes._api import FIVE, MINUTE, PAGES, ApiForm, Here, api, breakers
from flows.parts.providers import CALLS, FAILED, AskedCalls, AskedFailures, Provider, breaker, kinds
from flows.parts.statuspages import AskedStatus
from runbook import Probe, probe
from tasks.gcplogs.read import Entries, read_entries
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.logs.read import Kind
from tasks.prometheus.read import Counter, Rates, read_rates
from tasks.selections import RunServiceOf

WANTED = "medicalcor_external_service_requests_total"
"""What a process counts of calls that were wanted, by `service` and `status`."""


class CallsForm(ApiForm):
    """For runbooks that ask how calls of somebody else fare."""

    window: timedelta = Field(
        default=timedelta(minutes=10),
        ge=FIVE,
        le=timedelta(hours=6),
        description="How far back failed calls are looked for. Devised: the page looks back for 30 minutes, in which"
        " what is over still leads.",
    )
    period: timedelta = Field(
        default=MINUTE,
        ge=MINUTE,
        le=timedelta(hours=1),
        description="How long to look before what does not show is put aside. Devised: the API's own pages are never"
        " late, and a breaker that is open lets a call through each half minute.",
    )
    apart: timedelta = Field(
        default=timedelta(seconds=30),
        ge=timedelta(seconds=1),
        le=timedelta(seconds=45),
        description="How far apart two pages of the API's own metrics are asked for. Devised: of fewer than eight calls"
        " there is no share, and a process makes less than one a second.",
    )


def counted(breaker: str, source: str, *more: Counter) -> Probe[MedicalCor, CallsForm, Rates]:
    """How many calls of one of them are wanted, and how many fail; `more` is what else the process counts."""
    calls = Counter(name=CALLS, metric=WANTED, where=(("service", breaker),))
    failed = replace(calls, name=FAILED, where=(*calls.where, ("status", "error")), among=CALLS)

    @probe(
        read_rates,
        asks="How do calls fare, as one process of the API counts?",
        source=source,
        timeout=timedelta(seconds=60),
    )
    def calls_made(c: Here) -> Rates:
        return read_rates(f"{c.env.api.address}/metrics", (calls, failed, *more), apart=c.params.apart)

    return calls_made


def failures(breaker: str, source: str, *own: Kind) -> Probe[MedicalCor, CallsForm, Entries]:
    """Of which kinds failed calls are, as the part of the API that makes them logs: it is called as the breaker."""

    @probe(
        read_entries,
        asks="Why do calls fail, as the API logs it?",
        source=source,
        timeout=timedelta(seconds=30),
        about=api,
    )
    def failed_calls(c: Here, of: RunServiceOf) -> Entries:
        wanted = Wanted(fields=(*of_service(of.service), (("jsonPayload", c.env.fields.component), breaker)))
        return read_entries(c.env.google, wanted, window=c.back(c.params.window), kinds=kinds(*own))

    return failed_calls


def provider(
    short: str,
    calls: Probe[MedicalCor, CallsForm, Rates],
    failed: Probe[MedicalCor, CallsForm, Entries],
    *,
    breakers_source: str,
    page_source: str,
) -> Provider[MedicalCor, CallsForm]:
    """All that is seen of one of those that the API calls."""
    (one,) = (found for found in DEPENDENCIES if found.breaker == short)
    opened, closed = breaker(replace(breakers, source=breakers_source), short, one.name)
    return Provider(
        name=one.name,
        short=short,
        calls=AskedCalls(calls, one.name),
        failures=AskedFailures(failed, one.name),
        page=AskedStatus(replace(PAGES[short].probe, source=page_source), one.name),
        open_breaker=opened,
        closed_breaker=closed,
    )
