"""What an account may do, as it asks itself; and acting as another one, which the machine's own identity does."""

from __future__ import annotations

from typing import Any, Final

from journal import clock
from sandbox.google.identity import LASTS
from sandbox.google.refused import Refused
from sandbox.google.server import Call, Cloud

AT_ONCE: Final = 100
"""Permissions in one question."""

ACT_AS: Final = "iam.serviceAccounts.getAccessToken"


def offer(cloud: Cloud) -> None:
    """Let accounts ask what they may do in the project, on its services, secrets and accounts."""

    def tested(call: Call) -> dict[str, Any]:
        wanted = call.body.get("permissions", [])
        if not wanted or len(wanted) > AT_ONCE or any("*" in one for one in wanted):
            raise Refused(400, f"1 to {AT_ONCE} permissions are tested at once, and no wildcards.", field="permissions")
        if call.path["projectsId"] != cloud.project:
            raise Refused(403, "The project does not exist, or you may not see it.")
        on = _on(call)
        held = [one for one in wanted if call.account.may(one, on)]
        return {"permissions": held} if held else {}

    def generated(call: Call) -> dict[str, Any]:
        email = call.path["serviceAccountsId"]
        if call.path["projectsId"] != "-":
            raise Refused(400, "The account stands in the place of its project: projects/-/serviceAccounts.")
        on = (f"projects/{cloud.project}/serviceAccounts/{email}", f"projects/{cloud.project}")
        if not call.account.may(ACT_AS, on):
            raise Refused(403, f"Permission '{ACT_AS}' denied on {email}.", reason="IAM_PERMISSION_DENIED")
        return {"accessToken": cloud.accounts.token(email), "expireTime": f"{clock.now() + LASTS:%Y-%m-%dT%H:%M:%SZ}"}

    for kind in (
        "cloudresourcemanager.projects",
        "iam.projects.serviceAccounts",
        "run.projects.locations.services",
        "secretmanager.projects.secrets",
    ):
        cloud.handlers[f"{kind}.testIamPermissions"] = tested
    cloud.handlers["iamcredentials.projects.serviceAccounts.generateAccessToken"] = generated


def _on(call: Call) -> tuple[str, ...]:
    """The resource that a question is about, and the project above it."""
    project = f"projects/{call.path['projectsId']}"
    if "servicesId" in call.path:
        return (f"{project}/locations/{call.path['locationsId']}/services/{call.path['servicesId']}", project)
    if "secretsId" in call.path:
        return (f"{project}/secrets/{call.path['secretsId']}", project)
    if "serviceAccountsId" in call.path:
        return (f"{project}/serviceAccounts/{call.path['serviceAccountsId']}", project)
    return (project,)
