"""What a role of AWS is allowed, held against what is generated for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from blocks.iam.drift import Grant, drift
from blocks.iam.held import HeldPolicies
from blocks.permissions import Difference, Identity, Users, without

SHOWN = 12
"""Sentences about one identity and kind of drift; with more, the actions are told in one."""


def of_role(identity: Identity, held: HeldPolicies, wanted: Mapping[str, Any], users: Users) -> Difference:
    """What is amiss with a role. A document that is no policy cannot be told about."""
    who = f"The {identity} role {held.role}"
    try:
        found = drift(wanted, held.policies.values(), held.boundary)
    except ValueError as error:
        return Difference(unclear=(f"{who} has a policy that cannot be read: {error}.",))
    said = [
        *_each(f"{who} lacks", found.missing, lambda action: without(identity, users.get(action, ()))),
        *_each(f"{who} is allowed more than is generated:", found.more, lambda _: "; take it away."),
    ]
    unclear = ", ".join(sorted({one.action for one in found.unclear}))
    depends = (f"Whether {who[0].lower()}{who[1:]} may {unclear} depends on conditions; look by hand.",)
    return Difference(said=tuple(said), unclear=depends if unclear else ())


def _each(begin: str, grants: Iterable[Grant], end: Callable[[str], str]) -> Iterator[str]:
    by_action: defaultdict[str, list[str]] = defaultdict(list)
    for one in grants:
        by_action[one.action].append(one.resource + (" under conditions" if one.conditions else ""))
    if len(by_action) > SHOWN:
        yield f"{begin} {len(by_action)} actions: {', '.join(by_action)}"[:3000] + "."
        return
    for action, resources in by_action.items():
        yield f"{begin} {action} on {', '.join(resources)}{end(action)}"
