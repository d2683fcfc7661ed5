"""What the two identities of a system need, worked out from what its probes and changes declare, and nothing more.

`codeblue permissions` prints it, `docs/render.py` writes it down: one piece, so that they cannot differ.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, get_type_hints

from deployments.deployed import Listed, listed
from deployments.iam import GLOBAL, resources_of
from runbook import Change, Context, Mitigation, Runbook
from tasks.cloudwatch.alarms import read_alarms
from tasks.cloudwatch.read import read_metrics
from tasks.iam.held import read_held
from tasks.postgres.rights import read_rights

SQL, OURS = "postgres:", ("postgres:", "http:", "n8n:")
"""Prefixes of permissions that are not IAM's."""

SELECT = re.compile(r"select:(\w+)(\([\w, ]+\))?")
"""A table to read, and perhaps the only columns of it."""


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Permissions of the reading and of the changing identity, as the runbooks declare them."""

    reading: frozenset[str]
    changing: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Granted:
    """The same as people grant it. `other` are rights that neither IAM nor SQL gives, such as pages to reach."""

    reading_policy: dict[str, Any] = field(default_factory=dict[str, Any])
    changing_policy: dict[str, Any] = field(default_factory=dict[str, Any])
    grants: tuple[str, ...] = ()
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


def changes_of(one: Listed) -> Iterator[tuple[Mitigation[Any, Any], Change[Any]]]:
    """Each mitigation of a runbook with its change, bound to no environment: good for what its class declares."""
    context = Context(env=Anything(), params=_params(one))
    for step in one.declaration.steps():
        if isinstance(step, Mitigation):
            yield step, step.change(context)


def _params(one: Listed) -> Any:
    """The runbook's parameters; what has no default matters no more than the environment does."""
    kind = get_type_hints(one.flow.fn)["params"]
    return kind.model_construct(**{n: Anything() for n, f in kind.model_fields.items() if f.is_required()})


CHECKS = Needs(
    reading=frozenset(need for one in (read_alarms, read_metrics, read_held, read_rights) for need in one.permissions),
    changing=frozenset(),
)
"""What the checks look at beside the symptoms of runbooks, whose probes declare their own."""


def needs_of_system(system: str) -> Needs:
    """What all runbooks of a system and the checks need together. Raises `LookupError` when there is no such system."""
    every: list[Needs] = [needs_of(one) for one in listed() if one.declaration.system == system]
    if not every:
        systems = ", ".join(sorted({one.declaration.system for one in listed()}))
        raise LookupError(f"There is no system {system!r}. There are: {systems}.")
    return Needs(
        reading=frozenset(need for one in (*every, CHECKS) for need in one.reading),
        changing=frozenset(need for one in every for need in one.changing),
    )


def granted(needs: Needs, env: Any) -> Granted:
    """Policies and grants for one environment, or for placeholders (see `usual`)."""
    database = env.database
    return Granted(
        reading_policy=policy(needs.reading, env),
        changing_policy=policy(needs.changing, env),
        grants=(
            *(line for need in _sql(needs.reading) for line in grants(need, env, str(database.reader))),
            *(line for need in _sql(needs.changing) for line in grants(need, env, str(database.changer))),
        ),
        other=tuple(sorted(n for n in needs.reading | needs.changing if n.startswith(OURS) and not n.startswith(SQL))),
    )


def policy(needs: Iterable[str], env: Any) -> dict[str, Any]:
    """An IAM policy: actions grouped by the resources they can be narrowed to.

    What cannot be narrowed gets `*`, in the environment's region only where a call has one.
    """
    actions: defaultdict[tuple[tuple[str, ...], bool], list[str]] = defaultdict(list)
    for need in sorted(need for need in needs if not need.startswith(OURS)):
        resources = _filled(resources_of(need), env)
        regional = resources == ("*",) and need.partition(":")[0] not in GLOBAL
        actions[resources, regional].append(need)
    statements = [
        {
            "Effect": "Allow",
            "Action": names,
            "Resource": list(resources),
            **({"Condition": {"StringEquals": {"aws:RequestedRegion": env.aws.region}}} if regional else {}),
        }
        for (resources, regional), names in actions.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _filled(templates: tuple[str, ...], env: Any) -> tuple[str, ...]:
    """ARNs with the environment's names; `*` when this kind of environment does not name the resource."""
    try:
        return tuple(one.format(region=env.aws.region, account=env.aws.account_id, env=env) for one in templates)
    except AttributeError:
        return ("*",)


def _sql(needs: Iterable[str]) -> list[str]:
    return sorted(need.removeprefix(SQL) for need in needs if need.startswith(SQL))


def rights_of(needs: Iterable[str], env: Any) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """The same as memberships (and `connect`), and as columns to read (table and name), each with its need.

    A column without a name stands for a whole table.
    """
    members: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for need in _sql(needs):
        if chosen := SELECT.fullmatch(need):
            names = [name.strip() for name in (chosen[2] or "").strip("()").split(",")]
            columns |= {(chosen[1], name): need for name in names}
        else:
            members[str(env.table_owner) if need == "owner" else need] = need
    return members, columns


def grants(need: str, env: Any, role: str) -> Iterator[str]:
    """SQL for one permission: `connect`, `owner`, `select:TABLE(columns)`, or a role of PostgreSQL's own."""
    if need == "connect":
        yield f"GRANT CONNECT ON DATABASE {env.database.dbname} TO {role};"
    elif need == "owner":
        yield f"GRANT {env.table_owner} TO {role}; -- tables are indexed and analysed only by their owner"
    elif found := SELECT.fullmatch(need):
        yield f"GRANT SELECT {found[2] + ' ' if found[2] else ''}ON {found[1]} TO {role};"
    elif re.fullmatch(r"pg_\w+", need):
        yield f"GRANT {need} TO {role};"
    else:
        raise ValueError(f"No grant is known for the permission postgres:{need}; teach it to deployments.permissions.")


def usual(kind: type[Any]) -> Any:
    """A stand-in for an environment of a kind: its default names, and placeholders for account and region."""
    names = {name: value.get_default() for name, value in kind.model_fields.items() if not value.is_required()}
    role = "arn:aws:iam::ACCOUNT:role/"
    aws = SimpleNamespace(
        region="REGION", account_id="ACCOUNT", reading_role=f"{role}READING", changing_role=f"{role}CHANGING"
    )
    database = SimpleNamespace(dbname="DATABASE", reader="READER", changer="CHANGER")
    return SimpleNamespace(**{**names, "aws": aws, "database": database})


def as_markdown(found: Granted) -> Iterator[str]:
    """For people: the policies as JSON, the grants as SQL."""
    for name, one in (("Reading", found.reading_policy), ("Changing", found.changing_policy)):
        if one["Statement"]:
            yield f"### {name} role\n\n```json\n{json.dumps(one, indent=2)}\n```\n"
    if found.grants:
        yield "### PostgreSQL\n\n```sql\n" + "\n".join(found.grants) + "\n```\n"
    if found.other:
        yield "### Besides\n\n" + "\n".join(f"- `{one}`" for one in found.other) + "\n"
