"""What `medicalcor.triage` asks beside the symptoms of the other runbooks."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._api import ApiForm, api
from runbook import Context, Facts, Permanent, probe
from tasks.cloudrun.read import Service, read_service
from tasks.gcplogs.read import Entries, read_entries
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.selections import RunServiceOf
from tasks.web.parts import DEPENDENCIES, Parts, read_parts
from tasks.web.read import Page, read_page


class Params(ApiForm):
    window: timedelta = Field(
        default=timedelta(minutes=15),
        ge=timedelta(minutes=5),
        le=timedelta(hours=6),
        description="How far back the logs are looked at (`medicalcor.t061b`). Each runbook's own symptom is asked as"
        " that runbook asks it.",
    )
    slow_after: timedelta = Field(
        default=timedelta(seconds=5), gt=timedelta(0), description="Queries that run for longer than this are slow."
    )
    watched_for: timedelta = Field(
        default=timedelta(seconds=3), gt=timedelta(0), description="How long to watch the database for slow queries."
    )


Here = Context[MedicalCor, Params]


class Services(Facts):
    """The services of Cloud Run that the environment names."""

    services: tuple[Service, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.services))


@probe(read_service, asks="Are the services of Cloud Run as they should be?", source="medicalcor.t030")
def services(c: Here) -> Services:
    names = (c.env.api.name, c.env.web.name)
    return Services(services=tuple(read_service(c.env.google, name) for name in names))


def unready(found: Services) -> list[str]:
    """Those that Cloud Run calls not ready. Raises `Permanent` where it tells that of none, and not of all."""
    wrong = [f"{one.name} is not ready" for one in found.services if one.ready is False]
    if not wrong and (unknown := [one.name for one in found.services if one.ready is None]):
        raise Permanent(f"whether {', '.join(unknown)} is ready is not known while it is changed")
    return wrong


@probe(
    read_parts,
    asks="What does the API say of all that it needs?",
    source="medicalcor.c040 medicalcor.t040 medicalcor.c680",
)
def deep(c: Here) -> Parts:
    return read_parts(f"{c.env.api.address}/health/deep", DEPENDENCIES)


def down(found: Parts) -> list[str]:
    """What the API says it lacks. A breaker that is open says so of somebody else, and has a look of its own.

    Raises `Permanent` where it names nothing that it needs: that is no health.
    """
    if all(name.startswith("circuit:") for name in found.states):
        raise Permanent("the API names nothing that it needs")
    names = [name for name, state in found.states.items() if state == "down" and not name.startswith("circuit:")]
    return [f"the API says that it lacks {name}" for name in names]


@probe(
    read_page,
    asks="Does a process of the API answer at all?",
    source="medicalcor.c678 medicalcor.t678 medicalcor.p677",
)
def alive(c: Here) -> Page:
    return read_page(f"{c.env.api.address}/health")


@probe(
    read_entries,
    asks="How many severe entries does the API log, whatever field says so?",
    source="medicalcor.c060 medicalcor.t060 medicalcor.t061b medicalcor.c686 medicalcor.p059 medicalcor.p685",
    timeout=timedelta(seconds=30),
    about=api,
)
def severe(c: Here, of: RunServiceOf) -> Entries:
    wanted = Wanted(fields=of_service(of.service), at_least="ERROR")
    return read_entries(c.env.google, wanted, window=c.back(c.params.window))
