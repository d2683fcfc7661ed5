"""Who asks, and may they? The people and roles of the sandbox's account, and what each may do.

admin              the sandbox itself and a drill's scripted person: everything
oncall             a person's own key: may assume the roles below, nothing else
codeblue-reading   looks; every action that is not a look is refused
codeblue-changing  looks and changes, except identities and roles
codeblue-blind     is let in and sees nothing but its own name
any other role     is a function's: may use objects as far as policies admit it (`sandbox.overlay.services.storage`)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from moto.iam.models import IAMBackend, iam_backends
from moto.sts.models import sts_backends

from blocks.iam.documents import Request, decide
from journal import clock
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.registry import seeds
from sandbox.overlay.stage import Stage
from sandbox.overlay.touched import touched

PARTITION = "aws"
LOOKS = ("Describe", "Get", "List", "BatchGet", "Filter", "Lookup", "Search", "Head", "Query", "Scan", "Select", "Test")
ALSO_LOOKS = frozenset(
    {
        "cognito-idp:AdminGetUser",
        "cognito-idp:AdminListUserAuthEvents",
        "iam:SimulatePrincipalPolicy",
        "logs:StartLiveTail",
        "logs:StartQuery",
        "logs:StopQuery",
    }
)
SECRET = frozenset({"secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "sts:GetSessionToken"})
OF_FUNCTIONS = frozenset({"s3:GetObject", "s3:PutObject", "s3:ListObjectsV2"})
IDENTITIES = ("iam", "sts", "organizations")


def _looks(call: Call) -> bool:
    return call.action in ALSO_LOOKS or (call.operation.startswith(LOOKS) and call.action not in SECRET)


ROLES: Mapping[str, Callable[[Call], bool]] = {
    "codeblue-reading": _looks,
    "codeblue-changing": lambda call: call.service not in IDENTITIES or _looks(call),
    "codeblue-blind": lambda _call: False,
}
USERS: Mapping[str, Callable[[Call], bool]] = {
    "admin": lambda _call: True,
    "oncall": lambda call: (
        call.action == "sts:AssumeRole" and ":role/codeblue-" in str(call.parameters.get("RoleArn", ""))
    ),
}


def check(call: Call, stage: Stage) -> None:
    """Raise `Refused` as AWS does when the key is unknown or expired, or its owner may not do this."""
    iam = _iam(stage)
    session = sts_backends[stage.account][PARTITION].get_assumed_role_from_access_key(call.access_key)
    if session is not None:
        if session.expiration <= clock.now().replace(tzinfo=session.expiration.tzinfo):
            raise Refused("ExpiredToken", "The security token included in the request is expired", status=403)
        name, arn = session.role_arn.rsplit("/", 1)[-1], session.arn
        allowed = ROLES.get(name, lambda call: call.action in OF_FUNCTIONS)
    else:
        user = iam.get_user_from_access_key_id(call.access_key)
        if user is None:
            raise Refused(
                "InvalidClientTokenId" if call.speaks_query else "UnrecognizedClientException",
                "The security token included in the request is invalid.",
                status=403,
            )
        name, arn, allowed = user.name, user.arn, USERS.get(user.name, lambda _call: False)
    if call.action != "sts:GetCallerIdentity" and not allowed(call):
        raise denied(call, arn)
    if session is not None and session.policy:
        _within(call, stage, json.loads(session.policy), arn)
    if session is not None and name in ROLES and not _looks(call):
        stage.written.append(call.action)
    if call.action == "sts:AssumeRole" and not _exists(iam, str(call.parameters.get("RoleArn"))):
        raise denied(call, arn, on=str(call.parameters.get("RoleArn")))


def _within(call: Call, stage: Stage, policy: Mapping[str, object], arn: str) -> None:
    """Raise `Refused` unless the session's own policy allows the call on everything it touches."""
    for action, resource in touched(call, stage):
        request = Request(principal=arn, action=action, resource=resource, context={})
        if decide(policy, request)[0] != "allow":
            raise denied(call, arn, on=resource)


def denied(call: Call, arn: str, *, on: str | None = None) -> Refused:
    """The refusal AWS gives when a policy does not allow an action."""
    resource = f" on resource: {on}" if on else ""
    return Refused(
        "AccessDenied" if call.speaks_query or call.service == "s3" else "AccessDeniedException",
        f"User: {arn} is not authorized to perform: {call.action}{resource} because no identity-based policy allows the"
        f" {call.action} action",
        status=403 if call.protocol != "json" else 400,
    )


@seeds
def people_and_roles(stage: Stage) -> None:
    """Create the users and roles; `keys` hands out the users' access keys."""
    iam = _iam(stage)
    for user in USERS:
        iam.create_user(stage.region, user)
        iam.create_access_key(user)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{stage.account}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    for role in ROLES:
        iam.create_role(role, json.dumps(trust), "/", None, f"Code Blue's {role}", [], "3600")


def keys(stage: Stage) -> dict[str, dict[str, str]]:
    """The access key of each user."""
    made = {user: _iam(stage).list_access_keys(user)[0] for user in USERS}
    return {user: {"id": key.access_key_id, "secret": key.secret_access_key} for user, key in made.items()}


def _iam(stage: Stage) -> IAMBackend:
    return iam_backends[stage.account][PARTITION]


def _exists(iam: IAMBackend, arn: str) -> bool:
    return any(role.arn == arn for role in iam.roles.values())
