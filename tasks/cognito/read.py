"""Looks at a Cognito user pool: its settings, an app client's, and its sign-in metrics.

`UserPool.Status` is never read: Cognito does not use it any more, so it is null whether the pool is well or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, look
from tasks.cloudwatch.dimensions import of_function
from tasks.cloudwatch.read import Metric

TRIGGERS = ("PreSignUp", "PreAuthentication", "PostAuthentication", "PreTokenGeneration", "UserMigration",
            "DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse", "CustomMessage")  # fmt: skip
"""Functions that Cognito calls while somebody signs in, asks for a code or chooses a password."""

WITH_PASSWORD = frozenset(
    {"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"}
)
"""Ways of an app client to sign in with a password; without any of them it only renews tokens."""

UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


class Pool(Facts):
    """Settings of a user pool that decide about signing in. `mfa` is OFF, OPTIONAL or ON.

    `codes` tells whether it takes codes of authenticator apps, `watches` whether it keeps sign-in events of each user
    (threat protection), `triggers` the functions it calls, by trigger.
    """

    pool: str
    mfa: str
    codes: bool
    watches: bool
    triggers: dict[str, str]
    temporary_for: timedelta
    changed: datetime
    users: int

    @property
    def refuses_codes(self) -> bool:
        """Whether people with an authenticator cannot use it, though a second factor may be asked for."""
        return self.mfa != "OFF" and not self.codes

    def __str__(self) -> str:
        codes = "takes authenticator codes" if self.codes else "takes no authenticator codes"
        called = ", ".join(f"{trigger} calls {function}" for trigger, function in self.triggers.items())
        events = "keeps" if self.watches else "does not keep"
        return (
            f"MFA is {self.mfa}, the pool {codes}, {events} sign-in events, and was changed at"
            f" {self.changed:%Y-%m-%d %H:%M} UTC; {called or 'it calls no function'}"
        )


@look("cognito-idp:DescribeUserPool", "cognito-idp:GetUserPoolMfaConfig", bound="one pool")
def read_pool(aws: Aws, pool: str) -> Pool:
    """Settings of a pool. Raises `Permanent` when it does not exist or may not be seen."""
    cognito = aws.reading("cognito-idp")
    try:
        found: dict[str, Any] = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
        factors: dict[str, Any] = cognito.get_user_pool_mfa_config(UserPoolId=pool)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"describe the user pool {pool}") from error
    days = found.get("Policies", {}).get("PasswordPolicy", {}).get("TemporaryPasswordValidityDays") or 7
    return Pool(
        pool=found["Id"],
        mfa=factors.get("MfaConfiguration") or "OFF",
        codes=_part(factors, "SoftwareTokenMfaConfiguration").get("Enabled") is True,
        watches=_part(found, "UserPoolAddOns").get("AdvancedSecurityMode", "OFF") != "OFF",
        triggers=_functions(_part(found, "LambdaConfig")),
        temporary_for=timedelta(days=days),
        changed=found["LastModifiedDate"],
        users=found.get("EstimatedNumberOfUsers", 0),
    )


class AppClient(Facts):
    """Settings of an app client: `flows` it may sign in by, and how long its tokens are good. Its secret is dropped."""

    client: str
    flows: tuple[str, ...]
    access_for: timedelta
    refresh_for: timedelta

    @property
    def signs_in(self) -> bool:
        """Whether anybody can sign in with a password at all."""
        return not WITH_PASSWORD.isdisjoint(self.flows)

    def __str__(self) -> str:
        flows = ", ".join(self.flows) or "no way"
        return f"the app client allows {flows}; access tokens are good for {self.access_for}"


@look("cognito-idp:DescribeUserPoolClient", bound="one app client, without its secret")
def read_client(aws: Aws, pool: str, client: str) -> AppClient:
    """Settings of an app client. Raises `Permanent` when it does not exist or may not be seen."""
    try:
        found: dict[str, Any] = aws.reading("cognito-idp").describe_user_pool_client(UserPoolId=pool, ClientId=client)[
            "UserPoolClient"
        ]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"describe the app client {client} of {pool}") from error
    units = _part(found, "TokenValidityUnits")
    return AppClient(
        client=found["ClientId"],
        flows=tuple(found.get("ExplicitAuthFlows") or ()),
        access_for=_span(found.get("AccessTokenValidity") or 1, units.get("AccessToken", "hours")),
        refresh_for=_span(found.get("RefreshTokenValidity") or 30, units.get("RefreshToken", "days")),
    )


def sign_in_metrics(pool: str, client: str, triggers: Mapping[str, str]) -> tuple[Metric, ...]:
    """What to ask CloudWatch about signing in.

    Cognito's dimensions are UserPool and UserPoolClient. SignInSuccesses has one value (1 or 0) for each attempt, so
    its sample count is the attempts and its sum the successes. Requests that were throttled have a metric of their own.
    """
    named = (("UserPool", pool), ("UserPoolClient", client))
    cognito = (
        Metric(name="attempts", namespace="AWS/Cognito", metric="SignInSuccesses", statistic="SampleCount",
               dimensions=named),
        Metric(name="successes", namespace="AWS/Cognito", metric="SignInSuccesses", statistic="Sum", dimensions=named),
        Metric(name="throttled", namespace="AWS/Cognito", metric="SignInThrottles", statistic="Sum", dimensions=named,
               zero_beside="attempts", chart="sign-ins that are throttled"),
    )  # fmt: skip
    functions = tuple(
        metric
        for function in dict.fromkeys(name.partition(":")[0] for name in triggers.values())
        for metric in (
            of_function(function)(name=f"{function} calls", metric="Invocations", statistic="Sum"),
            of_function(function)(
                name=f"{function} errors",
                metric="Errors",
                statistic="Sum",
                zero_beside=f"{function} calls",
                chart=f"calls of {function} that fail",
            ),
        )
    )
    return (*cognito, *functions)


def _part(found: dict[str, Any], name: str) -> dict[str, Any]:
    """A part of an answer; Cognito leaves some out, and has null for others."""
    part: dict[str, Any] | None = found.get(name)
    return part if part is not None else {}


def _functions(config: dict[str, Any]) -> dict[str, str]:
    """The names of the triggers' functions, with the version or alias when one is named."""
    return {trigger: str(config[trigger]).partition(":function:")[2] for trigger in TRIGGERS if config.get(trigger)}


def _span(amount: int, unit: str) -> timedelta:
    return timedelta(seconds=amount * UNITS[unit])
