"""Who may do what in this account: identity policies, a bucket's policy and an endpoint's, decided as AWS does.

Enough of the language for what the sandbox's policies say; a condition that is not known here fails loudly.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from moto.iam.models import iam_backends

from sandbox.overlay.stage import Stage

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One request. `carries` are the condition keys that come with it."""

    role: str
    action: str
    resource: str
    carries: frozenset[tuple[str, str]] = frozenset()


def of_role(stage: Stage, name: str) -> list[str]:
    """The text of every policy of a role, inline and attached."""
    iam = iam_backends[stage.account]["aws"]
    role = iam.get_role(name)
    attached = [
        str(iam.get_policy_version(arn, policy.default_version_id).document)
        for arn, policy in role.managed_policies.items()
    ]
    return [*map(str, role.policies.values()), *attached]


def effects(documents: Iterable[str], wish: Wish) -> frozenset[str]:
    """Which effects the statements that are about the wish have."""
    return frozenset[str]().union(*(_effects(document, wish) for document in documents))


@lru_cache(maxsize=4096)
def _effects(document: str, wish: Wish) -> frozenset[str]:
    """Of one document: the same is wished of the same policies again and again, so it is mostly known."""
    return frozenset(str(one["Effect"]) for one in _each(json.loads(document)) if _is_about(one, wish))


def _each(document: Document) -> Iterator[Document]:
    found: Any = document["Statement"]
    yield from cast("list[Document]", found if isinstance(found, list) else [found])


def _is_about(statement: Document, wish: Wish) -> bool:
    return (
        _names(statement, wish)
        and any(fnmatch.fnmatch(wish.action.lower(), one.lower()) for one in _list(statement["Action"]))
        and any(fnmatch.fnmatchcase(wish.resource, one) for one in _list(statement["Resource"]))
        and all(
            _holds(operator, key, _list(values), dict(wish.carries))
            for operator, tests in statement.get("Condition", {}).items()
            for key, values in tests.items()
        )
    )


def _names(statement: Document, wish: Wish) -> bool:
    if "Principal" not in statement:
        return True
    principal: Any = statement["Principal"]
    return principal == "*" or bool({"*", wish.role} & set(_list(principal.get("AWS", []))))


def _holds(operator: str, key: str, values: list[str], carries: Mapping[str, str]) -> bool:
    has = carries.get(key)
    match operator:
        case "StringEquals" | "Bool":
            return has in values
        case "StringNotEquals":
            return has not in values
        case _:
            raise NotImplementedError(f"The sandbox does not know the condition {operator}; teach it.")


def _list(value: Any) -> list[str]:
    return [str(one) for one in cast("list[Any]", value)] if isinstance(value, list) else [str(value)]
