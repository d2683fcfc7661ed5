"""A system of its own on Google Cloud, with a runbook that sends a service's traffic back.

Nothing of it is installed: it stands for systems whose services are on Cloud Run. `tests/tasks` plan by it.
"""

from __future__ import annotations

from datetime import timedelta

from blocks.environment import Environment
from blocks.google import Google
from blocks.permissions import Names
from flows.parts import cloudrun as parts
from runbook import Context, Escalation, Form, Hypothesis, Level, Runbook, Severity, probe
from tasks.web.read import Page, read_page

PROJECT, SERVICE = "bakery-prod", "api"


class Bakery(Environment):
    google: Google
    service: str = SERVICE
    runs_as: str = f"api-runtime@{PROJECT}.iam.gserviceaccount.com"
    url: str = "https://bakery.example.com"

    def resources(self) -> Names:
        return {"run_service": (self.service,), "run_identity": (self.runs_as,)}


class Params(Form):
    pass


@probe(read_page, asks="Does the bakery answer, and how fast?", source="devised")
def page(c: Context[Bakery, Params]) -> Page:
    return read_page(c.env.url)


SILENT = page.shows("the bakery does not answer well", lambda r: not r.answers)
WELL = page.shows("the bakery answers", lambda r: r.answers)
API = parts.AskedService[Bakery, Params](parts.service(SERVICE))

BAD_REVISION = Hypothesis(
    name="bad_revision",
    claim="Its newest revision does not work.",
    supported_by=(API.newest_failed,),
    refuted_by=(API.newest_ready,),
    source="devised",
)

RUNBOOK = Runbook[Bakery, Params](
    name="bakery.silent",
    title="The bakery does not answer",
    about="Whoever orders waits.",
    source="devised",
    version="1",
    severity=Severity.ERROR,
    environment=PROJECT,
    symptom=SILENT,
    hypotheses=(BAD_REVISION,),
    mitigations=(
        parts.send_traffic_back(
            BAD_REVISION,
            SERVICE,
            by="bakery on-call",
            risk="What the newest revision brought is gone meanwhile.",
            validated_by=WELL,
        ),
    ),
    escalation=Escalation(issue="Bakery", source="devised", levels=(Level(name="L1", after=timedelta(0)),)),
)
