"""People are signed out before their time: what they show is said to have expired, or to be signed by nobody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.probes._refusals import often
from flows.medicalcor.probes.session_jwt_expired import (
    NOT_OURS,
    RENEWED,
    SESSION_ENDS,
    TOKEN_ENDS,
    Params,
    ages,
    clocks,
    renewed,
    rotation,
    settings,
    signed_out,
)
from flows.parts.cloudrun import GUARDRAIL
from runbook import (
    Alert,
    Approval,
    Hypothesis,
    Manual,
    Mitigation,
    Refusal,
    Runbook,
    Severity,
    Strength,
    WayBack,
)
from tasks.cloudrun.template import SetVariable

PAST_A_TOKEN = timedelta(minutes=20)
"""Somebody who has just signed in again is signed out by the next fault only when the first token ends (`15m`)."""

DAY, TOLERATED = timedelta(days=1), timedelta(seconds=30)
"""How long a key is no news, and by how much a clock may be off: devised, the page has no number."""

OUT = often(signed_out, "people are signed out as often as is trouble (`signed_out`)")
SHORT = settings.shows("tokens or sessions are set to end sooner than the environment says", lambda r: r.is_shorter())
LONG = settings.shows(
    "tokens and sessions are set to last as long as the environment says", lambda r: not r.is_shorter()
)
AT_SESSION_END = ages.shows(
    "at least eight in ten of those who are signed out are so at just the age at which sessions end by the settings",
    lambda r: r.share_at(SESSION_ENDS) >= 0.8,
)
AT_TOKEN_END = ages.shows(
    "at least eight in ten of those who are signed out are so at just the age at which tokens end by the settings, and"
    " sessions do not",
    lambda r: r.share_only_at(TOKEN_ENDS) >= 0.8,
)
NOT_AT_TOKEN_END = ages.shows(
    "fewer than one in five of those who are signed out are so at the age at which tokens end",
    lambda r: r.share_only_at(TOKEN_ENDS) < 0.2,
)
NOT_AT_SESSION_END = ages.shows(
    "fewer than one in five of those who are signed out are so at the age at which sessions end",
    lambda r: r.share_at(SESSION_ENDS) < 0.2,
)
NONE_RENEWED = renewed.shows("no token was renewed", lambda r: r.none(RENEWED))
SOME_RENEWED = renewed.shows("at least three tokens were renewed", lambda r: r.of(RENEWED) >= 3)  # devised
OFF = clocks.shows("the clock of the pages is off by more than 30 seconds", lambda r: r.is_off(TOLERATED))
RIGHT = clocks.shows("the clock of the pages is right to 30 seconds", lambda r: not r.is_off(TOLERATED))
OF_SIGNATURE = signed_out.shows(
    "at least half of those who are signed out show a token whose signature is refused",
    lambda r: r.of_all(NOT_OURS) >= 0.5,
)
NO_SIGNATURE = signed_out.shows("no signature was refused", lambda r: r.none(NOT_OURS))
WITH_VERSION = rotation.shows(
    "signatures began to be refused within a quarter of an hour after a key to sign with was made",
    lambda r: r.began_with_one(),
)
NO_VERSION = rotation.shows("no key to sign with was made for a day", lambda r: r.none_for(DAY))

EXPIRY_SHORT = Hypothesis(
    name="expiry_short",
    claim="Sessions end sooner than they should, because they are set to.",
    supported_by=(SHORT, AT_SESSION_END),
    refuted_by=(LONG, NOT_AT_SESSION_END, OF_SIGNATURE),
    strength=((SHORT, Strength.DECISIVE), (LONG, Strength.DECISIVE), (NOT_AT_SESSION_END, Strength.DECISIVE)),
    source="medicalcor.h668",
)

NO_REFRESH = Hypothesis(
    name="refresh_missing",
    claim="Tokens are not renewed, so that people are signed out when their first one ends.",
    supported_by=(AT_TOKEN_END, NONE_RENEWED),
    refuted_by=(SOME_RENEWED, NOT_AT_TOKEN_END, OFF),
    strength=(
        (AT_TOKEN_END, Strength.DECISIVE),
        (SOME_RENEWED, Strength.DECISIVE),
        (NOT_AT_TOKEN_END, Strength.DECISIVE),
        (OFF, Strength.DECISIVE),
    ),
    source="medicalcor.h669",
)

CLOCK = Hypothesis(
    name="clock_off",
    claim="The clock of the pages is off, so that tokens seem to have ended, or not to have begun.",
    supported_by=(OFF,),
    refuted_by=(RIGHT, OF_SIGNATURE),
    strength=((OFF, Strength.DECISIVE),),
    source="medicalcor.h670",
)

ROTATED = Hypothesis(
    name="key_rotated",
    claim="Tokens are signed with another key than the one by which the pages check them, since one was made.",
    supported_by=(OF_SIGNATURE, WITH_VERSION),
    refuted_by=(NO_SIGNATURE, NO_VERSION),
    strength=(
        (OF_SIGNATURE, Strength.DECISIVE),
        (NO_SIGNATURE, Strength.DECISIVE),
        (NO_VERSION, Strength.DECISIVE),
    ),
    source="devised",
)

SET_LIFETIME = Mitigation(
    name="set_session_lifetime",
    title="Let sessions last as long as the environment says",
    treats=EXPIRY_SHORT,
    change=lambda c: SetVariable(
        google=c.env.google,
        service=c.env.web.name,
        variable=c.env.sign_ins.session_variable,
        container=c.env.web.container,
        declared=c.env.sign_ins.declared,
    ),
    approval=Approval(
        by="security",
        risk="Whoever gets hold of a session has it for longer; somebody may have shortened it on purpose.",
        quorum=2,
    ),
    guardrail=GUARDRAIL,
    undo=WayBack("Another revision is told what the one before was told, unless somebody has changed it since."),
    validated_by=LONG,
    holds_for=PAST_A_TOKEN,
    within=timedelta(minutes=30),
    source="medicalcor.h668",
)

ADD_REFRESH = Manual(
    name="add_refresh",
    title="Let the pages renew tokens again",
    treats=NO_REFRESH,
    why_manual="that is code: only its owners can add it, or bring it back.",
    steps=(
        ages.tells(lambda r: [f"Seen: {r}."]),
        renewed.tells(lambda r: [f"{r.of(RENEWED)} tokens were renewed."]),
        "Look at the newest release of the pages: did it change how a token is renewed, or where it is kept?",
        "Do not make tokens last longer instead: one that cannot be taken back would be good for hours.",
        "Mend it, and deploy. Say that it is done; what the pages log is then looked at again.",
    ),
    validated_by=SOME_RENEWED,
    waits=timedelta(hours=8),
    within=timedelta(minutes=30),
    source="medicalcor.h669",
)

SET_CLOCK = Manual(
    name="set_clock",
    title="Have the clock of the pages set",
    treats=CLOCK,
    why_manual="Cloud Run keeps the clocks of its machines; who can set this one depends on what stands before it.",
    steps=(
        clocks.tells(lambda r: [f"Seen: {r}."]),
        "Find out whose clock that is: of a container, of something that stands before it, or of whoever signs.",
        "Where it is a container's, deploy the same revision again, so that it runs elsewhere, and tell Google.",
        "Do not let tokens be good for longer instead: that is good for those as well who have stolen one.",
        "Say that it is done; the clock is then looked at again.",
    ),
    validated_by=RIGHT,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="medicalcor.h670",
)

OVERLAP = Manual(
    name="let_both_be_good",
    title="Let signatures of both keys be good until the last token of the one before has ended",
    treats=ROTATED,
    why_manual="a key to sign with is a secret that lets its owner be anybody; who changes it answers for that.",
    steps=(
        signed_out.tells(lambda r: [f"{r.of(NOT_OURS)} of {r.total} who were signed out had a signature refused."]),
        rotation.tells(lambda r: [f"Seen: {r}."]),
        "Ask whoever made the new key why: where the one before was stolen, everybody is to be signed out, and this is"
        " as it should be. Then tell people so.",
        "Otherwise see that whoever signs and whoever checks read the same version, and that checks accept both until"
        " the last token of the one before has ended.",
        "Say that it is done; what the pages log is then looked at again.",
    ),
    validated_by=NO_SIGNATURE,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="devised",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.session_jwt_expired",
    title="Session or JWT expired",
    about="People are logged out unexpectedly, and the pages log `Token expired`.",
    source="medicalcor.session_jwt_expired medicalcor.p656 medicalcor.p657",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("SessionExpired", "MedicalCorSessionExpired", "medicalcor-*session*"),
    symptom=OUT,
    hypotheses=(EXPIRY_SHORT, NO_REFRESH, CLOCK, ROTATED),
    mitigations=(SET_LIFETIME, ADD_REFRESH, SET_CLOCK, OVERLAP),
    refuses=(
        Refusal(
            what="Printing what the pages' container is told, and searching that for JWT.",
            why="It shows the names and hides the values, which stand on the next line; and the key to sign with is"
            " among them. Two variables that the environment declares are read, and all others dropped.",
            source="medicalcor.c663 medicalcor.t663",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_session_jwt_expired(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why people are signed out before their time and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
