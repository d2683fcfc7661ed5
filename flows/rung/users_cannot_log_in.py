"""Users cannot log in: one of them, or a good part of all."""

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
from flows.parts.awslambda import serving
from flows.parts.postgres import sessions
from flows.rung.connection_exhaustion import RUNBOOK as CONNECTION_EXHAUSTION
from runbook import (
    Alert,
    Approval,
    Context,
    Guardrail,
    HandOff,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Refusal,
    Runbook,
    Severity,
    Strength,
    WayBack,
    probe,
)
from tasks.cloudwatch.dimensions import of_alias
from tasks.cloudwatch.read import Metric, Metrics, read_metrics
from tasks.cognito import sign_in
from tasks.cognito.account import read_account
from tasks.cognito.change import EnableUser, ResetPassword
from tasks.cognito.read import AppClient, read_client, read_pool, sign_in_metrics
from tasks.cognito.secure import SecureAccount
from tasks.selections import AliasOf


class Params(WindowForm, cognito.UserForm):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")


Here = Context[Rung, Params]


def called(c: Here) -> AliasOf:
    """The function that Cognito calls before it lets anybody in, as it is called."""
    return AliasOf(function=c.env.login.function, alias=c.env.login.alias)


def failures(c: Here) -> tuple[Metric, Metric]:
    """The calls of that function which fail, and all of them."""
    of = of_alias(c.env.login.function, c.env.login.alias)
    return (
        of(name="failed", metric="Errors", statistic="Sum", zero_beside="calls"),
        of(name="calls", metric="Invocations", statistic="Sum"),
    )


user = cognito.user("rung.c142 rung.p141")
USER = cognito.AskedUser(user)
pool = cognito.pool("rung.c137 rung.p136")
refusals = cognito.refusals("rung.p131")


@probe(read_client, asks="Which ways to sign in does the app client allow?", source="devised")
def client(c: Here) -> AppClient:
    return read_client(c.env.aws, c.env.login.pool, c.env.login.client)


@probe(
    read_pool,
    read_metrics,
    asks="How many sign-ins pass, fail and are throttled, and do the pool's functions work?",
    source="rung.c148 rung.t152 rung.t154 rung.p147",
    about=called,
)
def metrics(c: Here) -> Metrics:
    login, p = c.env.login, c.params
    triggers = read_pool(c.env.aws, login.pool).triggers
    wanted = sign_in_metrics(login.pool, login.client, triggers)
    return read_metrics(c.env.aws, wanted, window=c.back(p.window), period=p.period)


@probe(read_pool, read_metrics, read_account, asks="Is anybody kept out?", source="rung.p129 rung.p130")
def kept_out(c: Here) -> sign_in.KeptOut:
    login, p = c.env.login, c.params
    settings = read_pool(c.env.aws, login.pool)
    wanted = sign_in_metrics(login.pool, login.client, {})
    return sign_in.kept_out(
        lambda: read_metrics(c.env.aws, wanted, window=c.back(p.window), period=p.period),
        (lambda: read_account(c.env.aws, settings, p.username)) if p.username else None,
    )


SOMEBODY = kept_out.shows(
    "the named user, or at least one sign-in in four, is kept out", lambda r: r.anybody, gauge="sign-ins that fail"
)

SLOTS = sessions.AskedSlots[Rung, Params](sessions.slots())

ENABLED = user.shows("the user is enabled", lambda r: r.enabled)
DISABLED_USER = user.shows("an administrator has disabled the user", lambda r: not r.enabled)
NOT_RISKY = user.shows("Cognito flagged no sign-in of the user as risky", lambda r: r.attempts.risky == 0)
SOMEBODY_ELSE = user.shows("somebody else has signed in, as Cognito judges it", lambda r: r.attempts.risky_passed > 0)
# One such sign-in may be the user's own, on a journey: a password is not taken away for that alone.
AGAIN_AND_AGAIN = user.shows(
    "at least three sign-ins that passed are taken for somebody else's", lambda r: r.attempts.risky_passed >= 3
)
NO_INTRUDER = user.shows(
    "since the account was last changed, nobody else has signed in", lambda r: r.attempts.risky_passed == 0
)
MANY = metrics.shows(
    "at least one sign-in in four fails or is throttled, of all users",
    lambda r: sign_in.sign_ins(r).failing >= sign_in.MANY,
)
WORKING = metrics.shows("none of the pool's functions fails", lambda r: sign_in.failing_function(r) == 0)
UNTHROTTLED = metrics.shows("no sign-in is throttled", lambda r: r.latest("throttled") == 0)
SIGNS_IN = client.shows("the app client allows signing in with a password", lambda r: r.signs_in)
NO_SLOT = refusals.shows(
    "Cognito refused at least ten sign-ins because a function got no database connection",
    lambda r: r.of("no connection") >= 10,
)
GOT_ONE = refusals.shows(
    "Cognito refused no sign-in because a function got no database connection", lambda r: r.none("no connection")
)
OWN_PASSWORD = user.shows("the user has chosen a password", lambda r: r.status != "FORCE_CHANGE_PASSWORD")
PENDING = user.shows(
    "the password was reset, and the user has not chosen another yet", lambda r: r.status == "RESET_REQUIRED"
)
RAN_OUT = user.shows("the user's temporary password has run out", lambda r: r.temporary_expired)
IN_TIME = user.shows("no temporary password has run out", lambda r: not r.temporary_expired)

USER_DISABLED = Hypothesis(
    name="user_disabled",
    claim="An administrator has disabled the user.",
    supported_by=(DISABLED_USER, USER.familiar),
    # Unlocking wants a positive sign that it is the user who asks; where nobody can tell, a person decides.
    refuted_by=(ENABLED, USER.risky, USER.strange),
    strength=((DISABLED_USER, Strength.DECISIVE), (USER.familiar, Strength.HINT), (USER.strange, Strength.DECISIVE)),
    source="rung.h161",
)

TEMPORARY_PASSWORD = Hypothesis(
    name="temporary_password",
    claim="The user never changed the temporary password, and it has run out.",
    supported_by=(RAN_OUT,),
    refuted_by=(OWN_PASSWORD,),
    strength=((RAN_OUT, Strength.DECISIVE),),
    source="devised",
)

FORGOTTEN_PASSWORD = Hypothesis(
    name="forgotten_password",
    claim="The user does not know the password any more.",
    supported_by=(
        user.shows(
            "at least three sign-ins in a row failed at the password", lambda r: r.attempts.password_failures >= 3
        ),
        USER.familiar,
        NOT_RISKY,
    ),
    refuted_by=(
        USER.strange,
        PENDING,
        user.shows("no sign-in failed at the password", lambda r: r.attempts.password_failures == 0),
        DISABLED_USER,
        RAN_OUT,
        USER.risky,
        MANY,
    ),
    strength=(
        (USER.familiar, Strength.HINT),
        (NOT_RISKY, Strength.HINT),
        (USER.strange, Strength.DECISIVE),
        (PENDING, Strength.DECISIVE),
        (DISABLED_USER, Strength.DECISIVE),
        # Where nobody can see how the others fare, a password is not taken away.
        (MANY, Strength.DECISIVE),
    ),
    source="rung.h166",
)

INTRUDER = Hypothesis(
    name="intruder",
    claim="Somebody else signs in as the user.",
    supported_by=(SOMEBODY_ELSE, AGAIN_AND_AGAIN),
    refuted_by=(NOT_RISKY,),
    strength=((SOMEBODY_ELSE, Strength.DECISIVE),),
    prior=0.05,
    source="rung.h171",
)

FUNCTION_FAILS = Hypothesis(
    name="function_fails",
    claim="A function that Cognito calls at every sign-in fails.",
    supported_by=(
        metrics.shows(
            "a function of the pool fails in at least one call in ten",
            lambda r: sign_in.failing_function(r) >= MOST_FAILING,
        ),
        refusals.shows(
            "Cognito refused at least ten sign-ins because a function failed", lambda r: r.of("function failed") >= 10
        ),
    ),
    refuted_by=(WORKING, pool.shows("the pool calls no function", lambda r: not r.triggers), NO_SLOT),
    source="devised",
)

NO_CONNECTIONS = Hypothesis(
    name="no_connections",
    claim="A function that Cognito calls at every sign-in gets no database connection: every slot is taken.",
    supported_by=(NO_SLOT, SLOTS.saturated),
    # Slots may be full of others while every sign-in that comes has its connection: then something else fails.
    refuted_by=(SLOTS.free, GOT_ONE, WORKING),
    strength=((NO_SLOT, Strength.DECISIVE), (SLOTS.free, Strength.DECISIVE), (GOT_ONE, Strength.DECISIVE)),
    source="devised",
)

THROTTLED = Hypothesis(
    name="throttled",
    claim="Cognito throttles sign-ins, because there are more than the account may make.",
    supported_by=(
        metrics.shows("at least one sign-in in twenty is throttled", lambda r: sign_in.sign_ins(r).throttling >= 0.05),
    ),
    refuted_by=(UNTHROTTLED,),
    source="devised",
)

FLOW_OFF = Hypothesis(
    name="flow_off",
    claim="The app client no longer allows the way in which rung signs users in.",
    supported_by=(
        client.shows("the app client allows no way of signing in with a password", lambda r: not r.signs_in),
        refusals.shows(
            "Cognito refused at least ten sign-ins because of the way they were made",
            lambda r: r.of("flow not allowed") >= 10,
        ),
    ),
    refuted_by=(SIGNS_IN,),
    source="devised",
)

MOST_FAILING = 0.1
"""Share of the calls of a function of the pool."""

ONE = Guardrail(at_most=1, cooldown=timedelta(minutes=5))
"""One user at a time: the changes reach no more."""

ASK_CONNECTIONS = HandOff(
    name="ask_connections",
    title="Find out who takes the connection slots, and look again",
    treats=NO_CONNECTIONS,
    to=CONNECTION_EXHAUSTION,
    params=lambda c: c.params.model_dump(mode="json", include={"environment"}),
    # Until connections are there again nobody knows what else keeps people out.
    returns=True,
    within=timedelta(hours=2),
    source="devised",
)

ENABLE = Mitigation(
    name="enable_user",
    title="Enable the user again",
    treats=USER_DISABLED,
    change=lambda c: EnableUser(aws=c.env.aws, pool=c.env.login.pool, user=c.params.username),
    approval=Approval(
        by="identity on-call, not the one who asked",
        risk="Somebody disabled this account, perhaps on purpose: know who and why before you agree.",
        requester_excluded=True,
    ),
    guardrail=ONE,
    undo=WayBack("The user is disabled again."),
    validated_by=ENABLED,
    source="rung.c162",
)

RESET = Mitigation(
    name="reset_password",
    title="Let the user choose a new password",
    treats=FORGOTTEN_PASSWORD,
    change=lambda c: ResetPassword(aws=c.env.aws, pool=c.env.login.pool, user=c.params.username),
    approval=Approval(
        by="identity on-call", risk="The present password stops working at once; the user needs the code that is sent."
    ),
    guardrail=ONE,
    undo=Irreversible("The old password is known to nobody; the user chooses a new one with the code."),
    validated_by=user.shows(
        "since the account was last changed, no sign-in has failed at the password",
        lambda r: r.attempts.password_failures == 0,
    ),
    source="rung.c167",
)

SECURE = Mitigation(
    name="secure_account",
    title="Reset the password and sign the user out everywhere",
    treats=INTRUDER,
    change=lambda c: SecureAccount(
        aws=c.env.aws, pool=c.env.login.pool, user=c.params.username, client=c.env.login.client
    ),
    approval=Approval(
        by="security on-call", risk="The user is signed out on every device and needs the code that is sent."
    ),
    guardrail=ONE,
    undo=Irreversible("Tokens that were revoked stay revoked; the user signs in again."),
    validated_by=NO_INTRUDER,
    source="rung.c172",
)

LATE = timedelta(minutes=15)
"""A whole period of five minutes begins up to five after the fix; a minute after it is over its values are there."""

INVITE = Manual(
    name="invite_again",
    title="Send the invitation again",
    treats=TEMPORARY_PASSWORD,
    why_manual="Cognito resets no password that was never chosen, and an invitation goes to the address on file: look"
    " at it first.",
    steps=(
        "Compare the address on file with what the user says, without copying it anywhere.",
        "In the Cognito console choose the user and *Resend invitation* (AdminCreateUser with MessageAction RESEND).",
        "Tell the user until when the new temporary password is good, and say that it is done.",
    ),
    validated_by=IN_TIME,
    source="devised",
)

POINT_BACK = serving.point_back(
    FUNCTION_FAILS, called, failures, limit=MOST_FAILING, validated_by=WORKING, within=LATE, by="identity on-call"
)

FIX_FUNCTION = Manual(
    name="fix_function",
    title="Go back to the version of the pool's function that worked",
    treats=FUNCTION_FAILS,
    why_manual="no version is known to have worked for long behind the alias that the pool calls; its team knows one,"
    " and UpdateUserPool resets every setting that is left out.",
    steps=(
        pool.tells(lambda r: [f"{trigger} calls {function}." for trigger, function in r.triggers.items()]),
        "Look at the function's own log for the error, and at what was deployed last.",
        "Point the trigger (or the alias that it calls) at the version before; give UpdateUserPool all settings that"
        " DescribeUserPool shows, because it resets those that it is not given.",
        "Say that it is done; sign-ins are then looked at again.",
    ),
    validated_by=WORKING,
    within=LATE,
    source="devised",
)

CALM = Manual(
    name="calm_sign_ins",
    title="Stop the client that signs in too often, or have the quota raised",
    treats=THROTTLED,
    why_manual="which client may be stopped, and whether the load is legitimate, is for a person to say.",
    steps=(
        metrics.tells(
            lambda r: [f"{s.throttled:.0f} sign-ins are throttled at the moment; {s}." for s in [sign_in.sign_ins(r)]]
        ),
        "Compare the app clients of the pool in CloudWatch (AWS/Cognito, UserPool and UserPoolClient): one that signs"
        " in again and again is stopped, or its client removed.",
        "If the load is legitimate, ask AWS to raise the quota *Rate of UserAuthentication requests*.",
        "If nobody knows the source, take it for an attack: call security and block it in the pool's web ACL.",
    ),
    validated_by=UNTHROTTLED,
    within=LATE,
    source="devised",
)

ALLOW_FLOW = Manual(
    name="allow_flow",
    title="Allow the app client the way of signing in that rung uses",
    treats=FLOW_OFF,
    why_manual="which flows an app may use is a decision about its security; the one that was taken away may have been"
    " taken away on purpose.",
    steps=(
        client.tells(lambda r: [f"The app client {r.client} allows {', '.join(r.flows) or 'nothing'}."]),
        "Find the last UpdateUserPoolClient in CloudTrail, and who made it.",
        "Put the flow back that rung uses (ALLOW_USER_SRP_AUTH), with all other settings that DescribeUserPoolClient"
        " shows: what is left out is reset.",
    ),
    validated_by=SIGNS_IN,
    source="devised",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.users_cannot_log_in",
    title="Users cannot log in",
    about="Login failures are reported, or many sign-ins fail. With `username` it looks at one user, too; what became"
    " of that user's attempts is known only where the pool's threat protection keeps sign-in events.",
    source="rung.users_cannot_log_in",
    version="1",
    severity=Severity.ERROR,
    environment="rung-prod",
    starts_on=("UsersCannotLogIn", "rung-failed-auth-spike-*"),
    from_labels={"username": "username"},
    symptom=SOMEBODY,
    lingers=timedelta(minutes=15),
    hypotheses=(
        USER_DISABLED,
        FORGOTTEN_PASSWORD,
        TEMPORARY_PASSWORD,
        INTRUDER,
        FUNCTION_FAILS,
        NO_CONNECTIONS,
        THROTTLED,
        FLOW_OFF,
    ),
    mitigations=(ASK_CONNECTIONS, ENABLE, RESET, SECURE, INVITE, POINT_BACK, FIX_FUNCTION, CALM, ALLOW_FLOW),
    refuses=(
        Refusal(
            what="Read `UserPool.Status`.",
            why="Cognito does not use it any more: it is null whether the pool is well or not. Settings, metrics and"
            " refusals are read.",
            source="rung.c137",
        ),
        Refusal(
            what="Unlock an account by AdminEnableUser.",
            why="It only takes back a disabling. Cognito's own lock-out after failed attempts is in no API and ends by"
            " itself within 15 minutes.",
            source="rung.c162",
        ),
        Refusal(
            what="Take the user from `$USERNAME`.",
            why="Many shells set it to whoever is logged in at the terminal, whose password would then be reset. The"
            " user is named by the `sub`, in the form or by a label of the alert.",
            source="rung.c167",
        ),
        Refusal(
            what="Sign a user out everywhere to make signing in work.",
            why="It lets nobody in. It is done only where somebody else is in the account, with a new password.",
            source="rung.c172",
        ),
    ),
    escalation=Rung.AUTH,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_users_cannot_log_in(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why users cannot log in and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
