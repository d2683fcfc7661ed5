"""What a policy document says about one request. Pure; a small part of IAM's language, and honest about the rest.

Understood are principals by ARN, account or `*`, actions and resources with wildcards, and the conditions in
`OPERATORS` on the keys that the caller knows. Whatever else a statement says makes the answer unknown, unless another
statement decides it anyway. AWS's own simulation is asked where there is one (`tasks.iam.read`); it takes no bucket
policy for a role, so those are read here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

Decision = Literal["allow", "deny", "none", "unknown"]

OPERATORS = frozenset({"StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool"})
"""Each also in its negative form (`StringNotEquals`) and with `IfExists` at its end."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Who wants to do what to which resource.

    `context` has the condition keys that are known (lower case); `None` is a key that the request does not carry.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | None]

    @property
    def account(self) -> str:
        return self.principal.split(":")[4]


def statements(document: str | Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of a policy. Raises `ValueError` when it is not one."""
    read: Any = json.loads(document) if isinstance(document, str) else document
    if not isinstance(read, Mapping) or "Statement" not in read:
        raise ValueError("a policy is a JSON object with statements")
    found = _many(cast("Mapping[str, Any]", read)["Statement"])
    if not all(isinstance(one, Mapping) and one.get("Effect") in ("Allow", "Deny") for one in found):
        raise ValueError("a statement is a JSON object that allows or denies")
    return found


def name_of(statement: Mapping[str, Any], number: int) -> str:
    """How a person finds a statement: its Sid, or its place (from 1 on)."""
    return str(statement.get("Sid") or f"statement {number}")


def decide(document: str | Mapping[str, Any], request: Request) -> tuple[Decision, tuple[str, ...]]:
    """What the policy says about the request, and the names of the statements that say so."""
    found: dict[str, list[str]] = {"Deny": [], "Allow": [], "maybe Deny": [], "maybe Allow": []}
    for number, statement in enumerate(statements(document), start=1):
        match applies(statement, request):
            case True:
                found[statement["Effect"]].append(name_of(statement, number))
            case None:
                found[f"maybe {statement['Effect']}"].append(name_of(statement, number))
            case False:
                pass
    order: tuple[tuple[str, Decision], ...] = (
        ("Deny", "deny"),
        ("maybe Deny", "unknown"),
        ("Allow", "allow"),
        ("maybe Allow", "unknown"),
    )
    for kind, said in order:
        if found[kind]:
            return said, tuple(found[kind])
    return "none", ()


def applies(statement: Mapping[str, Any], request: Request) -> bool | None:
    """Whether a statement is about the request; `None` when it says something that is not understood here."""
    parts = (
        _principal(statement, request),
        _listed(statement, "Action", request.action.lower(), fold=True),
        _listed(statement, "Resource", request.resource, fold=False),
        _conditions(statement.get("Condition", {}), request.context),
    )
    if False in parts:
        return False
    return None if None in parts else True


def opens_to_others(document: str | Mapping[str, Any], account: str) -> tuple[str, ...]:
    """Statements that allow something to somebody outside the account."""
    return tuple(
        name_of(statement, number)
        for number, statement in enumerate(statements(document), start=1)
        if statement["Effect"] == "Allow" and not _only_ours(statement, account)
    )


def _only_ours(statement: Mapping[str, Any], account: str) -> bool:
    equals: Mapping[str, Any] = statement.get("Condition", {}).get("StringEquals", {})
    if any(key.lower() == "aws:principalaccount" and _many(value) == [account] for key, value in equals.items()):
        return True
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping) or set(cast("Mapping[str, Any]", principal)) != {"AWS"}:
        return False
    named = _many(cast("Mapping[str, Any]", principal)["AWS"])
    return bool(named) and all(one == account or str(one).split(":")[4:5] == [account] for one in named)


def _principal(statement: Mapping[str, Any], request: Request) -> bool | None:
    if "NotPrincipal" in statement:
        return None
    if "Principal" not in statement:
        return True  # an identity's own policy
    principal: Any = statement["Principal"]
    named = ["*"] if principal == "*" else [str(one) for one in _many(principal.get("AWS", []))]
    if "*" in named or request.principal in named:
        return True
    root = {request.account, f"arn:aws:iam::{request.account}:root"}
    if root & set(named):
        # Allowing the account leaves it to the account's own policies; denying it denies everybody in it.
        return statement["Effect"] == "Deny"
    role = request.principal.rpartition("/")[2]
    return None if any(f":assumed-role/{role}/" in one for one in named) else False


def _listed(statement: Mapping[str, Any], element: str, wanted: str, *, fold: bool) -> bool | None:
    if element in statement:
        return any(_like(str(one).lower() if fold else str(one), wanted) for one in _many(statement[element]))
    if f"Not{element}" in statement:
        return not any(
            _like(str(one).lower() if fold else str(one), wanted) for one in _many(statement[f"Not{element}"])
        )
    return None


def _conditions(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, str | None]) -> bool | None:
    answers = [
        _condition(operator, key.lower(), [str(one) for one in _many(values)], context)
        for operator, tests in conditions.items()
        for key, values in tests.items()
    ]
    if False in answers:
        return False
    return None if None in answers else True


def _condition(operator: str, key: str, values: list[str], context: Mapping[str, str | None]) -> bool | None:
    plain = operator.removesuffix("IfExists")
    negative = "Not" in plain
    plain = plain.replace("Not", "")
    if plain not in OPERATORS or key not in context or any("${" in value for value in values):
        return None
    has = context[key]
    if has is None:
        return negative or operator.endswith("IfExists")
    if plain == "Bool":
        return has.lower() in [value.lower() for value in values]
    exact = plain == "StringEquals"
    found = any(has == value if exact else _like(value, has) for value in values)
    return found != negative


def _like(pattern: str, text: str) -> bool:
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _many(value: Any) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, list) else [value]
