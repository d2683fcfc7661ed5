"""What `medicalcor.api_key_rejected` asks: its form, whom the API refuses and why, and which key it compares with."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._api import api
from flows.medicalcor.probes._cloudrun import of_log
from flows.medicalcor.probes._refusals import RefusalsForm
from runbook import Context, Permanent, probe
from tasks.cloudrun.told import Deployed, read_deployed
from tasks.gcplogs.refusals import Refusals, read_refusals
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.logs.read import Kind
from tasks.selections import RunServiceOf
from tasks.web.keys import Tried, fingerprint, read_key

WITHDRAWN, EXPIRED, UNKNOWN, ISSUED, ANOTHER = "withdrawn", "expired", "unknown", "issued", "another"


class Params(RefusalsForm):
    refused: float = Field(
        default=3.0,
        gt=0,
        le=600,
        description="Requests a minute that are refused for their key from which on it is a trouble: devised, the page"
        " has no number, and somebody who tries keys is refused on good days as well.",
    )


Here = Context[MedicalCor, Params]


def of_keys(c: Here, of: RunServiceOf) -> Wanted:
    """What the API logs of keys."""
    component = (("jsonPayload", c.env.fields.component), c.env.caller_key.component)
    return Wanted(fields=(*of_service(of.service), component))


def read(c: Here, of: RunServiceOf, *kinds: Kind) -> Refusals:
    """Those that the API logs: it says something all the time, of keys only where one is refused, as Cloud Run does."""
    service = of_service(of.service)
    return read_refusals(
        c.env.google,
        of_keys(c, of),
        window=c.back(c.params.window),
        kinds=kinds,
        trouble=c.params.refused,
        beside=Wanted(fields=(*service, of_log(c, "stdout"))),
        unless=Wanted(fields=(*service, of_log(c, "requests"), (("httpRequest", "status"), "401"))),
    )


@probe(
    read_refusals,
    asks="Whom does the API refuse for a key, and why, as it logs that?",
    source="medicalcor.t629 medicalcor.p630",
    timeout=timedelta(seconds=30),
    about=api,
)
def refusals(c: Here, of: RunServiceOf) -> Refusals:
    return read(
        c,
        of,
        Kind(name=WITHDRAWN, pattern=r"(?i)key (?:was |is |has been )?(?:revoked|withdrawn|disabled)"),
        Kind(name=EXPIRED, pattern=r"(?i)key (?:has |is )?expired|expired (?:api )?key"),
        Kind(name=UNKNOWN, pattern=r"(?i)(?:invalid|unknown|incorrect) (?:api )?key"),
    )


@probe(
    read_refusals,
    asks="Which key do those show that are refused, by its fingerprint?",
    source="medicalcor.c636 medicalcor.p635 medicalcor.h645",
    timeout=timedelta(seconds=30),
    about=api,
)
def shown(c: Here, of: RunServiceOf) -> Refusals:
    if c.env.issued_key is None:
        raise Permanent(
            "The environment holds no issued key, so nobody can tell whether another one is shown; save it."
        )
    field = c.env.fields.shown
    return read(
        c,
        of,
        Kind(name=ISSUED, pattern=rf'"{field}": "{fingerprint(c.env.issued_key)}"'),
        Kind(name=ANOTHER, pattern=rf'"{field}": "([0-9a-f]{{8}})"'),
    )


@probe(
    read_key,
    asks="Does the API accept the key that was issued?",
    source="medicalcor.c639 medicalcor.t639 medicalcor.p638",
    timeout=timedelta(seconds=15),
)
def tried(c: Here) -> Tried:
    if c.env.issued_key is None:
        raise Permanent("The environment holds no issued key, so it cannot be tested; save it.")
    return read_key(f"{c.env.api.address}{c.env.caller_key.path}", c.env.caller_key.header, c.env.issued_key)


@probe(
    read_deployed,
    asks="Which version of the key does the revision read that answers, and which is the newest?",
    source="medicalcor.h648",
    timeout=timedelta(seconds=15),
    about=api,
)
def deployed(c: Here, of: RunServiceOf) -> Deployed:
    kept = c.env.caller_key
    return read_deployed(
        c.env.google, of.service, kept.variable, kept.kept_as, c.env.api.container, wanted=kept.version or None
    )
