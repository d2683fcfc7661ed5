"""What `medicalcor.session_jwt_expired` asks: its form, who is signed out and when, settings, keys and clocks."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._refusals import RefusalsForm
from runbook import Context, probe
from tasks.cloudrun.told import Variables, read_variables
from tasks.gcplogs.ages import Ages, read_ages
from tasks.gcplogs.read import Entries, read_entries
from tasks.gcplogs.refusals import Refusals, read_refusals
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.logs.read import Kind
from tasks.secretmanager.rotation import Rotation, read_rotation
from tasks.selections import RunServiceOf
from tasks.web.clocks import Clock, read_clock

EXPIRED, NOT_OURS, NOT_YET, RENEWED = "expired", "signed_otherwise", "not_yet", "renewed"
TOKEN_ENDS, SESSION_ENDS = "the end of a token", "the end of a session"
BURST = timedelta(minutes=30)
"""How far back it is looked for when a burst began: it does not begin where it is cut off."""


class Params(RefusalsForm):
    signed_out: float = Field(
        default=1.0,
        gt=0,
        le=600,
        description="People a minute who are signed out from which on it is a trouble: devised, the page has no number,"
        " and sessions end on good days as well.",
    )


Here = Context[MedicalCor, Params]


def web(c: Here) -> RunServiceOf:
    """The service of Cloud Run that people see."""
    return RunServiceOf(service=c.env.web.name)


def of_sessions(c: Here, of: RunServiceOf, level: str = "") -> Wanted:
    """What the pages log of sessions, of every level or of one. They say all the time that a token was renewed."""
    component = (("jsonPayload", c.env.fields.component), c.env.sign_ins.component)
    levels = ((("jsonPayload", c.env.fields.level), level),) if level else ()
    return Wanted(fields=(*of_service(of.service), component, *levels))


SIGNATURES = Kind(name=NOT_OURS, pattern=r"(?i)invalid signature|signature (?:verification|is invalid|mismatch)")


@probe(
    read_refusals,
    asks="Who is signed out, and why, as the pages log that?",
    source="medicalcor.p656 medicalcor.p657",
    timeout=timedelta(seconds=30),
    about=web,
)
def signed_out(c: Here, of: RunServiceOf) -> Refusals:
    kinds = (
        SIGNATURES,
        Kind(name=NOT_YET, pattern=r"(?i)not (?:yet )?(?:active|valid)|issued in the future|\"(?:iat|nbf)\" claim"),
        Kind(name=EXPIRED, pattern=r"(?i)(?:token|jwt) (?:has |is )?expired"),
    )
    return read_refusals(
        c.env.google,
        of_sessions(c, of, "warn"),
        window=c.back(c.params.window),
        kinds=kinds,
        trouble=c.params.signed_out,
        beside=of_sessions(c, of),
    )


@probe(
    read_variables,
    asks="How long do tokens and sessions last by the settings of the pages?",
    source="medicalcor.c663 medicalcor.t663 medicalcor.p662 medicalcor.h668",
    about=web,
)
def settings(c: Here, of: RunServiceOf) -> Variables:
    return read_variables(c.env.google, of.service, c.env.sign_ins.declared, c.env.web.container)


@probe(
    read_ages,
    read_variables,
    asks="At which age of a token or a session are people signed out?",
    source="devised",
    timeout=timedelta(seconds=30),
    about=web,
)
def ages(c: Here, of: RunServiceOf) -> Ages:
    lasts, kept = settings.read(c), c.env.sign_ins
    marks: dict[str, timedelta] = {}
    for name, variable in ((TOKEN_ENDS, kept.token_variable), (SESSION_ENDS, kept.session_variable)):
        with suppress(LookupError):
            marks[name] = lasts.lasts(variable)
    return read_ages(c.env.google, of_sessions(c, of, "warn"), kept.age, window=c.back(c.params.window), marks=marks)


@probe(
    read_entries,
    asks="Are tokens renewed?",
    source="medicalcor.h669",
    timeout=timedelta(seconds=30),
    about=web,
)
def renewed(c: Here, of: RunServiceOf) -> Entries:
    kinds = (Kind(name=RENEWED, pattern=r"(?i)token (?:was |has been )?(?:refreshed|renewed)"),)
    wanted = of_sessions(c, of, "info")
    return read_entries(c.env.google, wanted, window=c.back(c.params.window), kinds=kinds)


@probe(
    read_clock,
    asks="Is the clock of the pages right, beside those of three others?",
    source="medicalcor.h670",
    timeout=timedelta(seconds=30),
)
def clocks(c: Here) -> Clock:
    others = (c.env.google_status, *(one.status_page for one in c.env.dependencies))
    return read_clock(f"{c.env.web.address}/health", others[:3])


@probe(
    read_rotation,
    asks="Was another key to sign tokens with made when signatures began to be refused?",
    source="devised",
    timeout=timedelta(seconds=30),
    about=web,
)
def rotation(c: Here, of: RunServiceOf) -> Rotation:
    wanted = of_sessions(c, of, "warn")
    return read_rotation(c.env.google, c.env.sign_ins.kept_as, wanted, SIGNATURES, window=c.back(BURST))
