"""A user pool with people in it: what moto lacks (sign-in events) or does not keep (when an account was changed)."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any, cast

from moto.cognitoidp.models import (
    CognitoIdpBackend,
    CognitoIdpUser,
    CognitoIdpUserPool,
    CognitoIdpUserPoolClient,
    UserStatus,
    cognitoidp_backends,
)

from journal import clock
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.cloud import User, UserPool, there
from sandbox.overlay.registry import MOTO, handles, seeds, where
from sandbox.overlay.stage import Stage, utcnow

MOST = 60
"""Sign-in events on one page."""

EVENTS: dict[str, deque[dict[str, Any]]] = {}
"""Sign-in events by `sub`, newest first; kept while the pool's threat protection is on."""

_IDS = itertools.count(1)


@seeds
@where("pool")
def pool(stage: Stage) -> None:
    """The pool, its app client, and its people: all with a password and an authenticator."""
    backend, own = backend_of(stage), there(stage.cloud.pool)
    function = f"arn:aws:lambda:{stage.region}:{stage.account}:function:{own.trigger}:{own.trigger_alias}"
    made = cast(
        "CognitoIdpUserPool",
        CognitoIdpUserPool(
            stage.account,
            stage.region,
            own.name,
            {
                "MfaConfiguration": "ON",
                "LambdaConfig": {"PreAuthentication": function},
                "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"},
                "Policies": {"PasswordPolicy": {"MinimumLength": 12, "TemporaryPasswordValidityDays": 7}},
            },
        ),
    )
    made.id = own.id
    made.arn = f"arn:aws:cognito-idp:{stage.region}:{stage.account}:userpool/{own.id}"
    made.token_mfa_config = {"Enabled": True}
    settings = {"ClientName": own.client_name, "ExplicitAuthFlows": list(own.flows), "AccessTokenValidity": 1}
    client = cast("CognitoIdpUserPoolClient", CognitoIdpUserPoolClient(own.id, True, settings))
    client.id = own.client
    made.clients[client.id] = client
    for user in own.users:
        made.users[user.sub] = _person(own, user)
    backend.user_pools[made.id] = made


def _person(pool: UserPool, user: User) -> CognitoIdpUser:
    attributes = {
        "sub": user.sub,
        "name": user.name,
        "email": user.email,
        "email_verified": "true",
        "phone_number": user.phone,
        "phone_number_verified": "false",
    }
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    made = cast("CognitoIdpUser", CognitoIdpUser(pool.id, user.sub, pool.password, UserStatus.CONFIRMED, listed))
    made.id = user.sub
    made.update_attributes([{"Name": "sub", "Value": user.sub}])
    made.token_verified = made.software_token_mfa_enabled = True
    made.preferred_mfa_setting = "SOFTWARE_TOKEN_MFA"
    return made


HOME = "Ludlow"
"""From where people sign in."""


@handles("cognito-idp", "AdminEnableUser", "AdminDisableUser")
def enable(call: Call, stage: Stage) -> object:
    """Enable or disable a user; moto forgets to note when."""
    user = _user(call, stage)
    user.enabled = call.operation == "AdminEnableUser"
    return _changed(user)


@handles("cognito-idp", "AdminResetUserPassword")
def reset_password(call: Call, stage: Stage) -> object:
    """Reset a password; a code goes to the user, once more when one has been sent already."""
    user = _user(call, stage)
    backend_of(stage).admin_reset_user_password(str(call.parameters["UserPoolId"]), user.username)
    return _changed(user)


@handles("cognito-idp", "AdminSetUserMFAPreference")
def set_factors(call: Call, stage: Stage) -> object:
    """Set which second factors a user has."""
    user, given = _user(call, stage), call.parameters
    backend_of(stage).admin_set_user_mfa_preference(
        str(given["UserPoolId"]),
        user.username,
        given.get("SoftwareTokenMfaSettings") or {},
        given.get("SMSMfaSettings") or {},
    )
    return _changed(user)


@handles("cognito-idp", "AdminSetUserPassword")
def set_password(call: Call, stage: Stage) -> object:
    """Give a user a password: one to keep, or one to change at the next sign-in."""
    user, given = _user(call, stage), call.parameters
    backend_of(stage).admin_set_user_password(
        str(given["UserPoolId"]), user.username, str(given["Password"]), bool(given.get("Permanent"))
    )
    _changed(user)
    if not given.get("Permanent"):  # a password to change: it may be an old one
        user.last_modified_date -= timedelta(days=int(stage.condition("invited_days_ago", 0)))
        _forget(user)
    return {}


def _forget(user: CognitoIdpUser) -> None:
    """Whoever was invited on a day in the past has not signed in since: what there was belongs to another story."""
    events, since = EVENTS.get(user.username, deque()), user.last_modified_date.replace(tzinfo=UTC)
    while events and events[0]["CreationDate"] > since:
        events.popleft()


@handles("cognito-idp", "AdminCreateUser")
def invite(call: Call, stage: Stage) -> object:
    """Send an invitation again; moto would make a new user in place of the one that is there."""
    if call.parameters.get("MessageAction") != "RESEND":
        return MOTO
    user = _user(call, stage)
    if user.status != UserStatus.FORCE_CHANGE_PASSWORD:
        raise Refused("UnsupportedUserStateException", "Resend not possible. status is not FORCE_CHANGE_PASSWORD")
    _changed(user)
    return {"User": user.to_json(extended=True)}


@handles("cognito-idp", "AdminListUserAuthEvents")
def list_events(call: Call, stage: Stage) -> object:
    """Sign-in events of a user, newest first; only where threat protection keeps them."""
    given, user = call.parameters, _user(call, stage)
    mode = pool_of(stage).extended_config.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF")
    if mode == "OFF":
        raise Refused("UserPoolAddOnNotEnabledException", "User pool add-ons are not enabled.")
    most = int(given.get("MaxResults") or MOST)
    if most > MOST:
        raise Refused("InvalidParameterException", f"MaxResults must be at most {MOST}.")
    start = int(given.get("NextToken") or 0)
    found = list(EVENTS.get(user.username, ()))
    answer: dict[str, Any] = {"AuthEvents": found[start : start + most]}
    if len(found) > start + most:
        answer["NextToken"] = str(start + most)
    return answer


def note_event(
    sub: str, *, response: str, challenges: Mapping[str, str], risky: bool = False, city: str = HOME
) -> None:
    """Keep a sign-in event, with where it came from, as Cognito does."""
    risk = {"RiskDecision": "AccountTakeover", "RiskLevel": "High"} if risky else {"RiskDecision": "NoRisk"}
    event = {
        "EventId": f"{next(_IDS):08d}-0000-4000-8000-000000000000",
        "EventType": "SignIn",
        "CreationDate": clock.now(),
        "EventResponse": response,
        "EventRisk": {**risk, "CompromisedCredentialsDetected": False},
        "ChallengeResponses": [
            {"ChallengeName": name, "ChallengeResponse": result} for name, result in challenges.items()
        ],
        "EventContextData": {"IpAddress": "203.0.113.77", "City": city, "DeviceName": "Ada's phone"},
    }
    EVENTS.setdefault(sub, deque(maxlen=500)).appendleft(event)


def backend_of(stage: Stage) -> CognitoIdpBackend:
    """Cognito in this account and region."""
    return cognitoidp_backends[stage.account][stage.region]


def pool_of(stage: Stage) -> CognitoIdpUserPool:
    """The pool as it is now."""
    return backend_of(stage).user_pools[there(stage.cloud.pool).id]


def choose_password(user: CognitoIdpUser, password: str) -> None:
    """What a user does who was sent a code."""
    user.password, user.status = password, UserStatus.CONFIRMED
    _changed(user)


def _user(call: Call, stage: Stage) -> CognitoIdpUser:
    return backend_of(stage).admin_get_user(str(call.parameters["UserPoolId"]), str(call.parameters["Username"]))


def _changed(user: CognitoIdpUser) -> dict[str, Any]:
    user.last_modified_date = utcnow()
    return {}
