"""The second factor does not work: for one user, or for all."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.forms import WindowForm
from flows.incident import runbook_flow
from flows.parts import cognito
from runbook import (
    Alert,
    Approval,
    Context,
    Guardrail,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Refusal,
    Runbook,
    Severity,
    Strength,
    probe,
)
from tasks.cognito import factors as second
from tasks.cognito.account import read_account
from tasks.cognito.read import read_pool
from tasks.cognito.refusals import KINDS, PATTERN
from tasks.cognito.secure import ResetMfa
from tasks.logs.read import read_events


class Params(WindowForm, cognito.UserForm):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    period: timedelta = Field(
        default=timedelta(minutes=5),
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
        description="What counts as just now.",
    )


Here = Context[Rung, Params]


@probe(
    read_pool,
    read_events,
    read_account,
    asks="Does the second factor work, for the named user and for all?",
    source="rung.p180 rung.p181",
)
def factors(c: Here) -> second.Factors:
    login, p = c.env.login, c.params
    settings = read_pool(c.env.aws, login.pool)
    return second.factors(
        settings,
        lambda: read_events(c.env.aws, login.log, pattern=PATTERN, window=c.back(p.period), kinds=KINDS),
        (lambda: read_account(c.env.aws, settings, p.username)) if p.username else None,
    )


user = cognito.user("rung.c187 rung.p186")
USER = cognito.AskedUser(user)
pool = cognito.pool()
refusals = cognito.refusals()

BROKEN = factors.shows(
    "the named user's second factor does not work, or ten codes were refused just now",
    lambda r: r.anybody,
    gauge="codes refused a minute",
)

MANY = factors.shows("ten codes were refused just now, of all users", lambda r: r.of_all)
MISSING = factors.shows("the user has no second factor in a pool that has them", lambda r: r.missing)
HAS_FACTOR = user.shows("the user has a second factor", lambda r: bool(r.factors))
NO_APP = user.shows("the user has no authenticator", lambda r: not r.code_app)
NO_CODE_REFUSED = user.shows("no code of the user was refused", lambda r: r.attempts.code_failures == 0)
CODE_REFUSED = user.shows("the user gave a code, and it was refused", lambda r: r.attempts.code_failures > 0)
CODES_OFF_IN_POOL = pool.shows(
    "the pool has second factors and takes no authenticator codes", lambda r: r.refuses_codes
)
TAKES_CODES = pool.shows("the pool takes authenticator codes", lambda r: r.codes)

AUTHENTICATOR_LOST = Hypothesis(
    name="authenticator_lost",
    claim="The user no longer has the authenticator that Cognito asks for.",
    supported_by=(
        user.shows(
            "at least two sign-ins in a row stopped at the question for a code",
            lambda r: r.attempts.unanswered >= second.NEVER and r.code_app,
        ),
        USER.familiar,
    ),
    # Whoever has the password and no code is the user without the phone, or somebody who has never had it.
    refuted_by=(CODE_REFUSED, NO_APP, USER.risky, MANY, USER.strange),
    strength=((USER.familiar, Strength.HINT), (USER.strange, Strength.DECISIVE), (MANY, Strength.DECISIVE)),
    prior=0.3,
    source="rung.h192",
)

OUT_OF_STEP = Hypothesis(
    name="out_of_step",
    claim="The clock of the user's phone is wrong, so its codes are those of another minute.",
    supported_by=(
        user.shows("at least three codes in a row were refused", lambda r: r.attempts.code_failures >= second.IN_A_ROW),
    ),
    refuted_by=(NO_CODE_REFUSED, USER.risky, MANY),
    prior=0.3,
    source="rung.h192",
)

CODES_OFF = Hypothesis(
    name="codes_off",
    claim="Somebody switched authenticator codes off in the pool.",
    supported_by=(
        CODES_OFF_IN_POOL,
        refusals.shows(
            "Cognito said at least ten times that it takes no codes", lambda r: r.of("codes not taken") >= 10
        ),
    ),
    refuted_by=(TAKES_CODES,),
    strength=((CODES_OFF_IN_POOL, Strength.DECISIVE),),
    source="devised",
)

NOT_ENROLLED = Hypothesis(
    name="not_enrolled",
    claim="The user has no second factor enrolled.",
    supported_by=(MISSING,),
    refuted_by=(HAS_FACTOR, USER.risky),
    source="devised",
)

RESET_MFA = Mitigation(
    name="reset_mfa",
    title="Take the lost authenticator off the account",
    treats=AUTHENTICATOR_LOST,
    change=lambda c: ResetMfa(aws=c.env.aws, pool=c.env.login.pool, user=c.params.username),
    approval=Approval(
        by="two of identity on-call, not the one who asked",
        risk="Until a new authenticator is enrolled, the password alone opens a patient's or therapist's account: agree"
        " only when the user's identity is proven (called back on the number on file, or seen), and write how into your"
        " reason.",
        quorum=2,
        requester_excluded=True,
    ),
    guardrail=Guardrail(at_most=1, cooldown=timedelta(minutes=5)),
    undo=Irreversible("The old authenticator's secret is gone, and nobody has it; the user enrols a new one."),
    validated_by=user.shows(
        "the old authenticator is off the account, or sign-ins pass again",
        lambda r: not r.code_app or r.attempts.passed > 0,
    ),
    source="rung.c193",
)

SET_CLOCK = Manual(
    name="set_clock",
    title="Set the clock of the user's phone",
    treats=OUT_OF_STEP,
    why_manual="only the user has the phone.",
    steps=(
        "Let the user switch on *Set time automatically* in the phone, and compare its clock with time.gov: half a"
        " minute is too much.",
        "Let the user sign in with the next new code, not with one that is about to change.",
        "If codes are refused still, the authenticator holds another secret: say that it cannot be done; it is as"
        " good as lost.",
    ),
    validated_by=NO_CODE_REFUSED,
    source="rung.h192",
)

TAKE_CODES = Manual(
    name="take_codes",
    title="Switch authenticator codes on again in the pool",
    treats=CODES_OFF,
    why_manual="it is a decision about everybody's security; whoever switched it off must be asked first.",
    steps=(
        pool.tells(
            lambda r: [f"MFA of the pool is {r.mfa}; the pool was last changed at {r.changed:%Y-%m-%d %H:%M} UTC."]
        ),
        "Find the last SetUserPoolMfaConfig in CloudTrail, and who made it.",
        "Switch authenticator apps on again (SetUserPoolMfaConfig), with all other settings that GetUserPoolMfaConfig"
        " shows. Do not switch MFA off, not even for a moment.",
    ),
    validated_by=TAKES_CODES,
    source="devised",
)

ENROL = Manual(
    name="enrol",
    title="Let the user enrol an authenticator",
    treats=(NOT_ENROLLED, AUTHENTICATOR_LOST),
    why_manual="only the user has the phone.",
    steps=(
        "If an authenticator that the user no longer has is still on the account, say that it cannot be done.",
        "Know whom you speak with: call back on the number on file, or see the person. Take no number from the"
        " request.",
        "Let the user sign in and follow the app's set-up of an authenticator: it shows a code to scan, asks for one"
        " code, and is done. Stay on the line until it is.",
        "Remind the user to switch on the automatic time of the phone, and to keep the recovery sheet.",
    ),
    validated_by=HAS_FACTOR,
    source="rung.h198 rung.p199",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.mfa_issues",
    title="MFA issues",
    about="Users report that the second factor does not work, or that codes are rejected. With `username` it looks at"
    " one user, too.",
    source="rung.mfa_issues",
    version="1",
    severity=Severity.ERROR,
    environment="rung-prod",
    starts_on=("MfaNotWorking", "rung-mfa-*"),
    from_labels={"username": "username"},
    symptom=BROKEN,
    hypotheses=(AUTHENTICATOR_LOST, OUT_OF_STEP, CODES_OFF, NOT_ENROLLED),
    mitigations=(RESET_MFA, SET_CLOCK, TAKE_CODES, ENROL),
    refuses=(
        Refusal(
            what="Read a user's `MFAOptions`.",
            why="Cognito no longer supports it, and it never knew authenticator apps: it is null for everybody. The"
            " user's factors (UserMFASettingList) and the pool's are read.",
            source="rung.c187",
        ),
        Refusal(
            what="Reset MFA as the first thing to do.",
            why="It takes the second lock off an account on the word of whoever asks. Where codes are given and"
            " refused, the clock of the phone is set first; and a reset needs two who know that the user is the user.",
            source="rung.c193",
        ),
    ),
    escalation=Rung.AUTH,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_mfa_issues(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why the second factor does not work and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
