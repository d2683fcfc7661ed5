"""What each method needs, and on which resource. A method that is not here is refused to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from sandbox.google.refused import Refused

if TYPE_CHECKING:
    from sandbox.google.server import Call

NEEDS: Final[Mapping[str, str]] = {
    "run.projects.locations.services.get": "run.services.get",
    "run.projects.locations.services.list": "run.services.list",
    "run.projects.locations.services.patch": "run.services.update",
    "run.projects.locations.services.revisions.get": "run.revisions.get",
    "run.projects.locations.services.revisions.list": "run.revisions.list",
    "run.projects.locations.operations.get": "run.operations.get",
    "logging.entries.list": "logging.logEntries.list",
    "monitoring.projects.timeSeries.list": "monitoring.timeSeries.list",
    "redis.projects.locations.instances.get": "redis.instances.get",
    "sql.instances.get": "cloudsql.instances.get",
    "secretmanager.projects.secrets.versions.list": "secretmanager.versions.list",
    "sql.instances.patch": "cloudsql.instances.update",
    "sql.operations.list": "cloudsql.instances.get",
}
"""Of a method that is known. One that asks what the asker may do needs nothing."""

ASKS_ITSELF: Final = frozenset(
    {
        "cloudresourcemanager.projects.testIamPermissions",
        "iam.projects.serviceAccounts.testIamPermissions",
        "run.projects.locations.services.testIamPermissions",
        "secretmanager.projects.secrets.testIamPermissions",
        "iamcredentials.projects.serviceAccounts.generateAccessToken",
    }
)
"""Methods that judge for themselves what their asker may do."""


def must_hold(call: Call, project: str) -> None:
    """Raise `Refused` unless the asker holds what the method needs, on its resource or above."""
    if call.method in ASKS_ITSELF:
        return
    if (need := NEEDS.get(call.method)) is None:
        raise Refused(501, f"{call.method} is not served here.")
    on = tuple(resources(call, project))
    if not call.account.may(need, on):
        raise Refused(403, f"Permission '{need}' denied on '{on[0]}'.", reason="IAM_PERMISSION_DENIED")


def resources(call: Call, project: str) -> Iterator[str]:
    """What a request is about, and what is above it; a list of entries says it in its body."""
    place = call.path
    own = place.get("projectsId") or place.get("project")
    if "servicesId" in place:
        yield f"projects/{own}/locations/{place['locationsId']}/services/{place['servicesId']}"
    if "secretsId" in place:
        yield f"projects/{own}/secrets/{place['secretsId']}"
    if own is not None:
        yield f"projects/{own}"
    for name in call.body.get("resourceNames", ()):
        yield str(name)
    if own is None and not call.body.get("resourceNames"):
        yield f"projects/{project}"
