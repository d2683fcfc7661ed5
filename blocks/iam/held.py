"""Looks at what a role is allowed: the documents of all its policies, and its permission boundary."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, Permanent, look

AT_MOST = 100
"""Policies of one kind; more are refused as unknown, because a list cut short proves nothing."""


class HeldPolicies(Facts):
    """The documents of a role's policies, inline and attached, by name; `boundary` is absent where there is none."""

    role: str
    policies: dict[str, dict[str, Any]]
    boundary: dict[str, Any] | None

    def __str__(self) -> str:
        return f"{self.role}: {', '.join(self.policies) or 'no policies'}{', a boundary' if self.boundary else ''}"


@look(
    "iam:GetRole",
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    bound=f"one role, {AT_MOST} policies of each kind",
)
def read_held(aws: Aws, arn: str) -> HeldPolicies:
    """What a role is allowed. Raises `Permanent` when it is not there, may not be seen, or has too many policies."""
    name = arn.rpartition("/")[2]
    iam = aws.reading("iam")
    try:
        found = iam.get_role(RoleName=name)["Role"]
        if found["Arn"] != arn:
            raise Permanent(f"The role {name} is {found['Arn']}, not {arn}: correct the saved block.")
        inline = iam.list_role_policies(RoleName=name, MaxItems=AT_MOST)
        attached = iam.list_attached_role_policies(RoleName=name, MaxItems=AT_MOST)
        if inline.get("IsTruncated") or attached.get("IsTruncated"):
            raise Permanent(f"{name} has more than {AT_MOST} policies; give it one.")
        policies = {
            policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in inline["PolicyNames"]
        }
        policies |= {one["PolicyArn"]: _document(iam, one["PolicyArn"]) for one in attached["AttachedPolicies"]}
        fence = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        boundary = _document(iam, fence) if fence else None
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"look at what the role {name} is allowed") from error
    return HeldPolicies(role=name, policies=policies, boundary=boundary)


def _document(iam: Any, arn: str) -> dict[str, Any]:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
