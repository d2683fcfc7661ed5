"""The permission language of Google: which roles of ours hold what, and on which resources they are granted.

Each permission is granted as low as Google lets it be: on a service, on the identity that a service runs as, on a
secret, else on the project. A role of our own (`iam.roles.create`) holds nothing but what runbooks need.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from blocks.permissions import Identity, Names, NotNamed

PREFIX: Final = "google:"
"""What our needs begin with; the rest is Google's own name of the permission."""

Level = Literal["project", "run_service", "run_identity", "secret"]
"""What is granted on: the project, the services that an environment names, the accounts that they run as, secrets."""

LEVELS: Final[dict[str, Level]] = {
    "cloudsql.instances.get": "project",
    "cloudsql.instances.update": "project",
    "logging.logEntries.list": "project",
    "monitoring.timeSeries.list": "project",
    "redis.instances.get": "project",
    "run.operations.get": "project",
    "run.revisions.get": "run_service",
    "run.revisions.list": "run_service",
    "run.services.get": "run_service",
    "run.services.list": "project",
    "run.services.update": "run_service",
    "secretmanager.versions.list": "secret",
    "iam.serviceAccounts.actAs": "run_identity",
}
"""Every permission that looks and changes may need. Whoever changes a service must be let act as what it runs as."""


def spoken(need: str) -> str | None:
    """Google's name of a need; nothing where it is none of ours."""
    name = need.removeprefix(PREFIX)
    return name if need.startswith(PREFIX) and name in LEVELS else None


def resources(level: Level, *, project: str, region: str, names: Names) -> tuple[str, ...]:
    """The resources of a level. Raises `NotNamed` where the environment names none."""
    if level == "project":
        return (f"projects/{project}",)
    found: Sequence[str] = names.get(level, ())
    if not found:
        raise NotNamed(f"A permission of Google is granted by {level}, and the environment names none; name them.")
    if level == "run_service":
        return tuple(f"projects/{project}/locations/{region}/services/{name}" for name in found)
    if level == "secret":
        return tuple(f"projects/{project}/secrets/{name}" for name in found)
    return tuple(f"projects/{project}/serviceAccounts/{account}" for account in found)


def by_level(needs: frozenset[str]) -> Iterator[tuple[Level, tuple[str, ...]]]:
    """Google's names of what is needed, by where they are granted."""
    wanted = sorted(name for name in map(spoken, needs) if name is not None)
    for level in sorted(set(LEVELS.values())):
        if held := tuple(name for name in wanted if LEVELS[name] == level):
            yield level, held


def document(
    identity: Identity, account: str, needs: frozenset[str], *, project: str, region: str, names: Names
) -> dict[str, Any]:
    """Roles to create, each a `CreateRoleRequest` of IAM, and the bindings to add to the policies of resources."""
    roles: list[dict[str, Any]] = []
    bindings: list[dict[str, Any]] = []
    for level, held in by_level(needs):
        name = f"codeblue_{identity}_{level}"
        role = {"title": f"Code Blue {identity}, {level.replace('_', ' ')}", "stage": "GA"}
        roles.append({"roleId": name, "role": {**role, "includedPermissions": list(held)}})
        bindings += [
            {"resource": on, "role": f"projects/{project}/roles/{name}", "members": [f"serviceAccount:{account}"]}
            for on in resources(level, project=project, region=region, names=names)
        ]
    return {"roles": roles, "bindings": bindings}
