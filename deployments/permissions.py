"""What the two identities of a system need, worked out from what its probes and changes declare, and nothing more.

`codeblue permissions` prints it, `docs/render.py` writes it down, the check `permissions` compares with it: one piece,
so that they cannot differ. What a need means is for the connections of the environment to say (`blocks.permissions`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from blocks.base import CodeBlueBlock, stand_ins
from blocks.environment import Environment
from blocks.permissions import Grants, Needs, Users
from deployments.deployed import Listed, listed
from deployments.environments import environment_of
from journal.near import perhaps
from runbook import Change, Context, Examination, Form, Mitigation, Permanent, Runbook
from runbook.mitigation import Changing
from tasks.cloudwatch.alarms import read_alarms
from tasks.cloudwatch.read import read_metrics

CHECKS = Needs(reading=frozenset(need for one in (read_alarms, read_metrics) for need in one.permissions))
"""What the checks of metrics and alarms look at, beside the symptoms of runbooks, whose probes declare their own."""


class NotSpoken(Permanent):
    """A permission is needed that no connection of the environment can grant."""


@dataclass(frozen=True, kw_only=True)
class Granted:
    """What people grant, by connection. `other` are rights that no connection grants, such as pages to reach."""

    connections: dict[str, tuple[Grants, ...]]
    other: tuple[str, ...] = ()


class Anything:
    """Stands in for an environment: whatever a change is bound to, its class says what it needs."""

    def __getattr__(self, name: str) -> Anything:
        return self

    def __iter__(self) -> Iterator[Anything]:
        return iter(())


def needs_of(one: Listed) -> Needs:
    """What one runbook needs. Imports its flow."""
    runbook: Runbook[Any, Any] = one.declaration
    changes = [change for _, change in changes_of(one)]
    reading = {need for probe in runbook.probes().values() for need in probe.permissions}
    return Needs(
        reading=frozenset(reading | {need for change in changes for need in change.reads}),
        changing=frozenset(need for change in changes for need in change.permissions),
    )


def changes_of(one: Listed) -> Iterator[tuple[Changing[Any, Any], Change[Any]]]:
    """What a runbook changes, each with its change bound to no environment: good for what its class declares."""
    context = Context(env=Anything(), params=usual_params(form_of(one.flow)))
    for step in one.declaration.steps():
        if isinstance(step, Mitigation | Examination):
            yield step, step.change(context)


def form_of(flow: Any) -> type[Form]:
    """The kind of parameters that a runbook's flow takes."""
    kind: type[Form] = get_type_hints(flow.fn)["params"]
    return kind


def usual_params(kind: type[Form]) -> Form:
    """Its parameters; what has no default matters no more than the environment does."""
    missing: dict[str, Any] = {name: Anything() for name, field in kind.model_fields.items() if field.is_required()}
    return kind.model_construct(**missing)


def needs_of_system(system: str) -> Needs:
    """What all runbooks of a system and the checks need together. Raises `LookupError` when there is no such system."""
    every: list[Needs] = [needs_of(one) for one in listed() if one.declaration.system == system]
    if not every:
        systems = sorted({one.declaration.system for one in listed()})
        near = perhaps(system, systems)
        raise LookupError(f"There is no system {system!r}.{near} There are: {', '.join(systems)}.")
    kinds = [kind for _, kind in connections_of(environment_of(system))]
    own = frozenset(need for kind in kinds for need in kind.own_needs())
    # Where no connection speaks AWS, there are no such metrics and alarms to check.
    checks = frozenset(need for need in CHECKS.reading if any(kind.speaks(need) for kind in kinds))
    return Needs(
        reading=own.union(checks, *(one.reading for one in every)),
        changing=frozenset[str]().union(*(one.changing for one in every)),
    )


def connections_of(kind: type[Environment]) -> Iterator[tuple[str, type[CodeBlueBlock]]]:
    """The connections that a kind of environment declares, by the names of their fields."""
    for name, value in kind.model_fields.items():
        for one in (value.annotation, *get_args(value.annotation)):
            if isinstance(one, type) and issubclass(one, CodeBlueBlock) and name != "notifier":
                yield name, one


def granted(needs: Needs, env: Environment) -> Granted:
    """Policies and grants for one environment, or for placeholders (see `usual`).

    Raises `NotSpoken` for a need that none of its connections can grant, and `NotNamed` for one whose resource the
    environment does not name.
    """
    other = other_than_spoken(needs, env)
    names, connections = env.resources(), env.connections()
    found = {name: tuple(one.grants(spoken(needs, one), names)) for name, one in connections.items()}
    return Granted(connections={name: grants for name, grants in found.items() if grants}, other=other)


def spoken(needs: Needs, connection: CodeBlueBlock) -> Needs:
    """Those of the needs that are of a connection's language."""
    return Needs(
        reading=frozenset(need for need in needs.reading if connection.speaks(need)),
        changing=frozenset(need for need in needs.changing if connection.speaks(need)),
    )


def other_than_spoken(needs: Needs, env: Environment) -> tuple[str, ...]:
    """What people see to by hand. Raises `NotSpoken` for anything that is neither that nor spoken."""
    connections = env.connections().values()
    rest = [n for n in sorted(needs.reading | needs.changing) if not any(one.speaks(n) for one in connections)]
    if strange := [need for need in rest if need.partition(":")[0] not in env.by_hand]:
        raise NotSpoken(
            f"{', '.join(strange)}: no connection of {type(env).__name__} can grant that; give the environment one,"
            " or leave the runbooks out that need it."
        )
    return tuple(rest)


def users_of(system: str) -> Users:
    """Which runbooks need each permission."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in listed():
        if one.declaration.system == system:
            needs = needs_of(one)
            for need in needs.reading | needs.changing:
                found[need].append(one.runbook)
    return {need: tuple(sorted(runbooks)) for need, runbooks in found.items()}


def usual(kind: type[Environment]) -> Environment:
    """A stand-in for an environment of a kind: its default names, and placeholders for its connections."""
    connections: dict[str, Any] = {name: one.placeholder() for name, one in connections_of(kind)}
    return kind.model_construct(**stand_ins(kind), **connections)


def as_markdown(found: Granted) -> Iterator[str]:
    """For people: the policies as JSON, the grants as SQL."""
    several = len(found.connections) > 1
    for name, grants in found.connections.items():
        for one in grants:
            title = f"{one.title} of `{name}`" if several else one.title
            text = json.dumps(one.document, indent=2) if one.language == "json" else "\n".join(_lines(one.document))
            yield f"### {title}\n\n```{one.language}\n{text}\n```\n"
    if found.other:
        yield "### Besides\n\n" + "\n".join(f"- `{one}`" for one in found.other) + "\n"


def as_data(found: Granted) -> dict[str, dict[str, Any]]:
    """For programs: connection → identity → policy, or list of statements."""
    return {name: {one.identity: one.document for one in grants} for name, grants in found.connections.items()}


def _lines(document: Any) -> Iterable[str]:
    return document
