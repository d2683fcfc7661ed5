"""People who sign in, twice a second: many without a name, and those of the pool by name.

Whether they get in follows from what is configured in Cognito (the pool, the app client, the account) and from what
they have forgotten or lost (conditions). It shows in Cognito's metrics and sign-in events, in the metrics of the
function that Cognito calls, and in the log of the function that signs people in.
"""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPool, UserStatus

from sandbox.errors import WorkerFailed
from sandbox.overlay.cloud import UserPool, there
from sandbox.overlay.publish import log, metric
from sandbox.overlay.registry import simulator, where
from sandbox.overlay.services.cognito import HOME, choose_password, note_event, pool_of
from sandbox.overlay.services.functions import behind
from sandbox.overlay.stage import Stage, utcnow

ATTEMPTS = 10
ELSEWHERE = "Nowhere"
RARELY = 12
"""Turns in which a few come (the condition `few`), where hardly anybody does."""
TURNS = itertools.count()
MISTYPES = 1
"""How many of those without a name mistype their password each time."""
WITHOUT_APP = 2
"""How many of those without a name have another second factor than an authenticator app."""
GOOD_FOR = timedelta(days=7)
NEW_PASSWORD = "Chosen-After-The-Reset-1852"  # practice, on loopback


@dataclass(frozen=True, kw_only=True)
class Try:
    """What became of an attempt: as in a sign-in event, with the error that the caller saw."""

    response: str = "Pass"
    challenges: dict[str, str] = field(default_factory=lambda: {"Password": "Success", "Mfa": "Success"})
    error: str = ""


def failed(error: str, *, at: str = "Password") -> Try:
    """An attempt that Cognito refused."""
    before = {"Password": "Success"} if at == "Mfa" else {}
    return Try(response="Fail", challenges={**before, at: "Failure"}, error=error)


WRONG_PASSWORD = failed(
    "NotAuthorizedException) when calling the InitiateAuth operation: Incorrect username or password"
)
DISABLED = failed("NotAuthorizedException) when calling the InitiateAuth operation: User is disabled")
WRONG_CODE = failed("CodeMismatchException) when calling the RespondToAuthChallenge operation: Invalid code", at="Mfa")
NO_CODES = failed("SoftwareTokenMFANotFoundException) when calling the RespondToAuthChallenge operation: Off", at="Mfa")
RESET = failed("PasswordResetRequiredException) when calling the InitiateAuth operation: Password reset required")
TEMPORARY = failed(
    "NotAuthorizedException) when calling the InitiateAuth operation: Temporary password has expired and must be reset"
)
TRIGGER = failed("UserLambdaValidationException) when calling the InitiateAuth operation: PreAuthentication failed")
NO_SLOT = failed(
    "UserLambdaValidationException) when calling the InitiateAuth operation: PreAuthentication failed with error"
    " FATAL: sorry, too many clients already"
)
WRONG_SECRET = failed(
    "NotAuthorizedException) when calling the InitiateAuth operation: Unable to verify secret hash for client"
)
NO_FLOW = failed("InvalidParameterException) when calling the InitiateAuth operation: USER_SRP_AUTH is not enabled")
UNANSWERED = Try(response="InProgress", challenges={"Password": "Success"})


@simulator
@where("pool")
def sign_ins(stage: Stage) -> None:
    """Everybody tries once."""
    pool, own = pool_of(stage), there(stage.cloud.pool)
    storm = any(client.extended_config.get("ClientName") == own.importer for client in pool.clients.values())
    few = stage.condition("few")
    if few is not None and next(TURNS) % RARELY:
        return
    out = _everybody(stage, pool, own)
    many = ATTEMPTS if few is None else int(few)
    tries = [out or _of_client_load(pool, number) for number in range(many)]
    throttled = len(tries) // 2 if storm else 0
    tries = tries[throttled:]
    for user in list(pool.users.values()):
        if stage.condition("codes_not_delivered") != user.username:
            _recover(user)
        one = out or _of_user(stage, pool, user)
        city = ELSEWHERE if stage.condition("tried_elsewhere") == user.username else HOME
        note_event(user.username, response=one.response, challenges=one.challenges, city=city)
        tries.append(one)
        if stage.condition("intruder") == user.username and user.password == own.password:
            note_event(user.username, response="Pass", challenges={"Password": "Success"}, risky=True)
        if stage.condition("intruder_refused") == user.username:
            note_event(user.username, response="Fail", challenges={"Password": "Success"}, risky=True)
    _show(stage, tries, throttled)


def _everybody(stage: Stage, pool: CognitoIdpUserPool, own: UserPool) -> Try | None:
    """What keeps everybody out; the database is asked once a turn, since each asking takes a connection."""
    if stage.condition("client_secret_changed"):
        return WRONG_SECRET
    client = pool.clients[own.client]
    if own.flows[0] not in client.extended_config.get("ExplicitAuthFlows", []):
        return NO_FLOW
    called = behind(stage, own.trigger, _qualifier(pool))
    if str(called.version) == stage.condition("bad_trigger_version"):
        return TRIGGER
    return NO_SLOT if stage.condition("signing_in_asks_database") and not _admitted(stage) else None


def _qualifier(pool: CognitoIdpUserPool) -> str:
    """The alias or the version by which the pool calls its function."""
    return str(pool.extended_config["LambdaConfig"]["PreAuthentication"]).rpartition(":")[2]


def _admitted(stage: Stage) -> bool:
    """Whether the function gets a connection of the real database."""
    with suppress(WorkerFailed):  # the world is going down
        return bool(stage.ask("connect")["granted"])
    return False


def _of_client_load(pool: CognitoIdpUserPool, number: int) -> Try:
    if number < MISTYPES:
        return WRONG_PASSWORD
    return NO_CODES if _no_codes(pool) and number >= WITHOUT_APP else Try()


def _of_user(stage: Stage, pool: CognitoIdpUserPool, user: CognitoIdpUser) -> Try:
    sub, one_factor = user.username, not (user.software_token_mfa_enabled or user.sms_mfa_enabled)
    known = there(stage.cloud.pool).password
    hindrances = (
        (not user.enabled, DISABLED),
        (user.status == UserStatus.FORCE_CHANGE_PASSWORD, TEMPORARY),
        (user.status != UserStatus.CONFIRMED, RESET),
        (stage.condition("forgotten_password") == sub and user.password == known, WRONG_PASSWORD),
        (one_factor and pool.mfa_config == "ON", UNANSWERED),
        (one_factor, Try(challenges={"Password": "Success"})),
        (user.sms_mfa_enabled and stage.condition("sms_not_delivered") == sub, UNANSWERED),
        (user.software_token_mfa_enabled and _no_codes(pool), NO_CODES),
        (stage.condition("authenticator_lost") == sub, UNANSWERED),
        (stage.condition("clock_of_phone_wrong") == sub, WRONG_CODE),
    )
    return next((outcome for hindered, outcome in hindrances if hindered), Try())


def _recover(user: CognitoIdpUser) -> None:
    """Whoever was sent a code or an invitation that is still good chooses a password."""
    invited = user.status == UserStatus.FORCE_CHANGE_PASSWORD and utcnow() - user.last_modified_date < GOOD_FOR
    if user.enabled and (invited or user.status == UserStatus.RESET_REQUIRED):
        choose_password(user, NEW_PASSWORD)


def _no_codes(pool: CognitoIdpUserPool) -> bool:
    return pool.mfa_config != "OFF" and not (pool.token_mfa_config or {}).get("Enabled")


def _show(stage: Stage, tries: list[Try], throttled: int) -> None:
    own = there(stage.cloud.pool)
    named = {"UserPool": own.id, "UserPoolClient": own.client}
    judged = [float(one.response == "Pass") for one in tries if one.response != "InProgress"]
    metric(stage, "AWS/Cognito", "SignInSuccesses", *judged, dimensions=named, unit="Count")
    if throttled:
        metric(stage, "AWS/Cognito", "SignInThrottles", *([1.0] * throttled), dimensions=named, unit="Count")
    called = [one for one in tries if one is not NO_FLOW]
    if called:
        function = {"FunctionName": own.trigger}
        errors = float(sum(one is TRIGGER or one is NO_SLOT for one in called))
        for dimensions in (function, {**function, "Resource": f"{own.trigger}:{_qualifier(pool_of(stage))}"}):
            metric(stage, "AWS/Lambda", "Invocations", float(len(called)), dimensions=dimensions, unit="Count")
            metric(stage, "AWS/Lambda", "Errors", errors, dimensions=dimensions, unit="Count")
    who = own.users[0].email
    log(stage, own.log, [f"WARNING sign-in of {who}: An error occurred ({t.error}." for t in tries if t.error])
