"""What the two accounts of a project are really allowed: each asks Google what it may do, which needs no right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from blocks.google_roles import LEVELS, PREFIX, by_level, resources
from blocks.permissions import Identity, Names, Users, without

if TYPE_CHECKING:
    from blocks.google import Api, Google


def amiss(google: Google, identity: Identity, needs: frozenset[str], names: Names, users: Users) -> Iterator[str]:
    """What an account lacks, and what of our language it is allowed beyond its needs, resource by resource."""
    wanted = dict(by_level(needs))
    for level in sorted(set(LEVELS.values())):
        if level not in wanted and level != "project" and not names.get(level):
            continue  # nothing of it is named, and nothing of it is needed
        every, own = sorted(name for name, at in LEVELS.items() if at == level), wanted.get(level, ())
        for on in resources(level, project=google.project, region=google.region, names=names):
            found = tested(google, identity, on, every)
            for name in own:
                if name not in found:
                    lost = without(identity, users.get(f"{PREFIX}{name}", ()))
                    yield f"The {identity} account lacks {name} on {on}{lost}"
            for name in sorted(found.difference(own)):
                yield f"The {identity} account is allowed more than is generated: {name} on {on}; take it away."


def tested(google: Google, identity: Identity, on: str, names: Sequence[str]) -> frozenset[str]:
    """Which of some permissions an account holds on a resource."""
    body, doing = {"permissions": list(names)}, f"ask what it may do on {on}"

    where, of = next((one for kind, one in _ASKED.items() if kind in on), _PROJECT)
    with google.asking(where, identity) as one:
        answer = one.ask(lambda api: of(api.projects()).testIamPermissions(resource=on, body=body), doing)
    return frozenset(map(str, answer.get("permissions", ())))


_Asked = tuple["Api", Callable[[Any], Any]]
_PROJECT: _Asked = ("cloudresourcemanager", lambda projects: projects)
_ASKED: dict[str, _Asked] = {
    "/services/": ("run", lambda projects: projects.locations().services()),
    "/serviceAccounts/": ("iam", lambda projects: projects.serviceAccounts()),
    "/secrets/": ("secretmanager", lambda projects: projects.secrets()),
}
"""Which API is asked of a resource, by what its name holds, and where in that API."""
