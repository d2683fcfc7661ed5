"""How what a role is allowed differs from what it should be: missing, more, or not to be told. Pure.

A policy is taken apart into grants of one action pattern on one resource pattern under its conditions. One grant is
*within* another when every request that it allows is allowed by the other, too. What cannot be told from the documents
alone (an allowance under other conditions, a denial under any) is unclear, and never counted as right.
Not seen here: service control policies, and policies of the resources themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from blocks.iam.documents import statements

Condition = tuple[str, str, tuple[str, ...]]
Document = str | Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, order=True)
class Grant:
    """One action on one resource, both with wildcards, under all of its conditions (operator, key, values)."""

    action: str
    resource: str
    conditions: tuple[Condition, ...] = ()

    def within(self, other: Grant) -> bool:
        """Whether the other allows everything that this one allows."""
        return (
            covers(other.action.lower(), self.action.lower())
            and covers(other.resource, self.resource)
            and set(other.conditions) <= set(self.conditions)
        )

    def meets(self, other: Grant) -> bool:
        """Whether some request is about both, conditions aside."""
        return overlap(other.action.lower(), self.action.lower()) and overlap(other.resource, self.resource)

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" + (" under conditions" if self.conditions else "")


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Wanted and not allowed, allowed and not wanted, and wanted where the documents alone do not tell."""

    missing: tuple[Grant, ...]
    more: tuple[Grant, ...]
    unclear: tuple[Grant, ...]


@dataclass(frozen=True, kw_only=True)
class _Said:
    """Policies taken apart. What is said by exception (`NotAction`) is put as everything: `open` and `shut`."""

    allows: tuple[Grant, ...] = ()
    open: tuple[Grant, ...] = ()
    denies: tuple[Grant, ...] = ()
    shut: tuple[Grant, ...] = ()

    def allow(self, wanted: Grant) -> bool | None:
        """Whether the whole grant is allowed; none where it cannot be told."""
        if any(one.meets(wanted) for one in self.denies):
            plain = [one for one in self.denies if not one.conditions]
            return (
                False if any(Grant(action=wanted.action, resource=wanted.resource).within(o) for o in plain) else None
            )
        if any(one.meets(wanted) for one in self.shut):
            return None
        if any(wanted.within(one) for one in self.allows):
            return True
        bare = [Grant(action=one.action, resource=re.sub(r"\$\{[^}]*\}", "*", one.resource)) for one in self.allows]
        maybe = (*bare, *self.open)
        return (
            None if any(Grant(action=wanted.action, resource=wanted.resource).within(one) for one in maybe) else False
        )


def drift(wanted: Document, held: Iterable[Document], boundary: Document | None = None) -> Drift:
    """Compare a generated policy with all policies of a role, and its permission boundary.

    Raises `ValueError` for a document that is no policy.
    """
    asked, said = _said([wanted]).allows, _said(held)
    answers = {grant: said.allow(grant) for grant in asked}
    extra = [one for one in (*said.allows, *said.open) if not any(one.within(grant) for grant in asked)]
    if boundary is not None:
        fence = _said([boundary])
        answers = {grant: _both(answer, fence.allow(grant)) for grant, answer in answers.items()}
        extra = [one for one in extra if _gets_through(one, fence, asked)]
    return Drift(
        missing=tuple(sorted(grant for grant, answer in answers.items() if answer is False)),
        more=tuple(sorted(set(extra))),
        unclear=tuple(sorted(grant for grant, answer in answers.items() if answer is None)),
    )


def _gets_through(extra: Grant, fence: _Said, asked: Iterable[Grant]) -> bool:
    """Whether a boundary lets anything of it through that is not wanted."""
    gates = [one for one in (*fence.allows, *fence.open) if one.meets(extra)]
    return any(not any(gate.within(grant) for grant in asked) for gate in gates)


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _said(documents: Iterable[Document]) -> _Said:
    found: dict[str, list[Grant]] = {"allows": [], "open": [], "denies": [], "shut": []}
    for document in documents:
        for statement in statements(document):
            by_exception = "NotAction" in statement or "NotResource" in statement
            names = ("open", "allows") if statement["Effect"] == "Allow" else ("shut", "denies")
            found[names[0] if by_exception else names[1]] += _grants(statement)
    return _Said(**{name: tuple(grants) for name, grants in found.items()})


def _grants(statement: Mapping[str, Any]) -> list[Grant]:
    conditions = tuple(
        sorted(
            (operator, key.lower(), tuple(sorted(str(one) for one in _many(values))))
            for operator, tests in cast("Mapping[str, Mapping[str, Any]]", statement.get("Condition", {})).items()
            for key, values in tests.items()
        )
    )
    actions, resources = _many(statement.get("Action", "*")), _many(statement.get("Resource", "*"))
    return [
        Grant(action=str(action), resource=str(resource), conditions=conditions)
        for action in actions
        for resource in resources
    ]


def covers(wide: str, narrow: str) -> bool:
    """Whether one pattern (`*` any text, `?` one sign) matches all that another matches.

    A wildcard of the narrow one is matched by `*` alone, so yes is always true; no may be wrong for odd patterns.
    """
    parts = (".*" if sign == "*" else r"[^*]" if sign == "?" else re.escape(sign) for sign in wide)
    return re.fullmatch("".join(parts), narrow, re.DOTALL) is not None


def overlap(one: str, other: str) -> bool:
    """Whether some text matches both patterns."""
    reached = {0}  # how much of `other` the part of `one` that was read may have used up
    for sign in one:
        reached = _past_stars(reached, other)
        if sign == "*":
            reached = set(range(min(reached, default=len(other) + 1), len(other) + 1))
            continue
        stay = {at for at in reached if other[at : at + 1] == "*"}
        reached = stay | {
            at + 1 for at in reached if at < len(other) and (other[at] in {sign, "?"} or (sign == "?" != other[at]))
        }
    return len(other) in _past_stars(reached, other)


def _past_stars(reached: set[int], pattern: str) -> set[int]:
    found = set(reached)
    for at in sorted(reached):
        end = at
        while pattern[end : end + 1] == "*":
            end += 1
            found.add(end)
    return found


def _many(value: Any) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, list) else [value]
