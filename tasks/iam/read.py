"""Looks at a role: whether IAM's own simulation lets it do something, and which policies it has."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, Permanent, look

ALLOWED = "allowed"


class Role(Facts):
    """A role, and what simulation says about each action: `allowed`, `explicitDeny` or `implicitDeny`.

    The simulation counts inline and attached policies and a permission boundary; it knows nothing of bucket policies.
    """

    name: str
    decisions: dict[str, str]
    inline: tuple[str, ...]
    attached: tuple[str, ...]
    boundary: bool

    @property
    def refused(self) -> tuple[str, ...]:
        """Actions that the role may not do."""
        return tuple(action for action, said in self.decisions.items() if said != ALLOWED)

    def __str__(self) -> str:
        said = ", ".join(f"{action} {decision}" for action, decision in self.decisions.items())
        policies = ", ".join((*self.inline, *self.attached)) or "none"
        return f"{self.name}: {said}; policies: {policies}{', a permission boundary' if self.boundary else ''}"


@look(
    "iam:GetRole",
    "iam:ListRolePolicies",
    "iam:ListAttachedRolePolicies",
    "iam:SimulatePrincipalPolicy",
    bound="one role, 100 policies",
)
def read_role(aws: Aws, role: str, *, actions: tuple[str, ...], resource: str) -> Role:
    """What a role may do to a resource (`rung.c403`; attached policies and the boundary count too, unlike there).

    Raises `Permanent` when the role does not exist, or may not be seen or simulated.
    """
    iam = aws.reading("iam")
    try:
        found = iam.get_role(RoleName=role)["Role"]
        inline = iam.list_role_policies(RoleName=role, MaxItems=100)["PolicyNames"]
        attached = iam.list_attached_role_policies(RoleName=role, MaxItems=100)["AttachedPolicies"]
        results = iam.simulate_principal_policy(
            PolicySourceArn=found["Arn"], ActionNames=list(actions), ResourceArns=[resource]
        )["EvaluationResults"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"look at what the role {role} may do") from error
    decisions = {one["EvalActionName"]: _decision(one, role) for one in results}
    if set(decisions) != set(actions):
        raise Permanent(f"The simulation of {role} did not answer for every action; that is unknown.")
    return Role(
        name=role,
        decisions=decisions,
        inline=tuple(inline),
        attached=tuple(one["PolicyName"] for one in attached),
        boundary="PermissionsBoundary" in found,
    )


def _decision(result: dict[str, Any], role: str) -> str:
    # A condition whose key was not given counts as not met: what is refused for that reason is not known.
    if result["EvalDecision"] != ALLOWED and result.get("MissingContextValues"):
        missing = ", ".join(result["MissingContextValues"])
        raise Permanent(f"What {role} may do depends on {missing}, which a simulation cannot know; look by hand.")
    return str(result["EvalDecision"])
