"""Whether the two identities of an environment are still allowed what was generated for them, and nothing more.

What is missing makes a runbook blind in an incident, and nobody sees that before. What is more than generated is there
for whoever gets hold of the identity. Compared are the documents of both roles' policies and both database roles'
memberships and privileges with what `codeblue permissions` prints; what cannot be looked at is unknown.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeVar, cast

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from blocks.journal_store import journal_url
from deployments.checks import outcome
from deployments.checks.outcome import Found
from deployments.deployed import listed
from deployments.permissions import SQL, needs_of, needs_of_system, policy, rights_of
from journal.store import Journal
from runbook import Permanent, Temporary
from tasks.iam.drift import Grant, drift
from tasks.iam.held import Held, read_held
from tasks.postgres.rights import Rights, read_rights
from tasks.step import step

T = TypeVar("T")

SHOWN = 12
"""Sentences about one identity and kind of drift; with more, the actions are told in one."""

WELCOME = frozenset({"pg_use_reserved_connections"})
"""Memberships that are no runbook's need and no drift: with it a reader gets in when the server is full."""

checking: Any = cast("Any", flow)(
    name="codeblue.permissions",
    flow_run_name="{environment}",
    task_runner=ThreadPoolTaskRunner(max_workers=4),
    persist_result=False,
)


@checking
def permissions(
    system: Annotated[str, Field(description="The system, such as rung.")],
    environment: Annotated[str, Field(description="Saved environment to look at.")],
) -> State[Any]:
    """Compare what the environment's identities are allowed with what is generated for them."""
    here = outcome.environment(system, environment)
    if isinstance(here, State):
        return here
    env = cast("Any", here)
    said: list[str] = []
    blind: list[str] = []
    for seen in seen_of(system, env):
        try:
            missing_or_more, unclear = seen()
        except (Permanent, Temporary) as unseen:
            blind.append(str(unseen))
            continue
        said += missing_or_more
        blind += unclear
    with Journal.connect(journal_url()) as journal:
        if said:
            today = f"{journal.clock():%Y-%m-%d}"
            found = [
                Found(mark=f"{environment}:{_short(text)}:{today}", text=f"{environment}: {text}") for text in said
            ]
            state = outcome.tell(journal, "permissions", found, here.notifier)
            return outcome.also_unknown(state, blind) if blind else state
    if blind:
        return outcome.unknown(" ".join(blind))
    return outcome.quiet("Both roles and both database roles are allowed what is generated, and nothing more.")


Seen = tuple[list[str], list[str]]
"""Sentences about what is missing or more, and about what cannot be told."""


def seen_of(system: str, env: Any) -> list[Callable[[], Seen]]:
    """One look for each of the four identities; calling it gives what it found, or raises what kept it from looking."""
    needs, users = needs_of_system(system), users_of(system)
    asked: list[Callable[[], Seen]] = []
    for word, arn, wanted in (
        ("reading", env.aws.reading_role, needs.reading),
        ("changing", env.aws.changing_role, needs.changing),
    ):
        held = _look(f"What is the {word} role allowed?", lambda arn=arn: read_held(env.aws, arn))
        document = policy(wanted, env)
        asked.append(lambda held=held, word=word, document=document: of_role(word, held(), document, users))
    for word, role, wanted in (
        ("reading", env.database.reader, needs.reading),
        ("changing", env.database.changer, needs.changing),
    ):
        members, columns = rights_of(wanted, env)

        def read(role: str = role, columns: tuple[tuple[str, str], ...] = tuple(columns)) -> Rights:
            return read_rights(env.database, role, columns)

        rights = _look(f"What may the {word} database role do?", read)
        asked.append(
            lambda word=word, rights=rights, members=members, columns=columns: (
                of_database(word, rights(), members, columns, users),
                [],
            )
        )
    return asked


def _look(shown: str, read: Callable[[], T]) -> Callable[[], T]:
    future: Any = step("permissions", read, shown=shown, retries=2).submit()
    return lambda: cast("T", future.result())


def users_of(system: str) -> Mapping[str, tuple[str, ...]]:
    """Which runbooks need each permission."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in listed():
        if one.runbook.startswith(f"{system}."):
            needs = needs_of(one)
            for need in needs.reading | needs.changing:
                found[need].append(one.runbook)
    return {need: tuple(sorted(runbooks)) for need, runbooks in found.items()}


def of_role(word: str, held: Held, wanted: Mapping[str, Any], users: Mapping[str, tuple[str, ...]]) -> Seen:
    """What is amiss with a role of AWS. A document that is no policy cannot be told about."""
    who = f"The {word} role {held.role}"
    try:
        found = drift(wanted, held.policies.values(), held.boundary)
    except ValueError as error:
        return [], [f"{who} has a policy that cannot be read: {error}."]
    said = [
        *_each(f"{who} lacks", found.missing, lambda action: _without(word, users.get(action, ()))),
        *_each(f"{who} is allowed more than is generated:", found.more, lambda _: "; take it away."),
    ]
    unclear = ", ".join(sorted({one.action for one in found.unclear}))
    return said, [f"Whether {who[0].lower()}{who[1:]} may {unclear} depends on conditions; look by hand."] * bool(
        unclear
    )


def of_database(
    word: str,
    seen: Rights,
    members: Mapping[str, str],
    columns: Mapping[tuple[str, str], str],
    users: Mapping[str, tuple[str, ...]],
) -> list[str]:
    """What is amiss with a role of the database; `members` and `columns` as `permissions.rights_of` says."""
    who = f"The {word} database role {seen.role}"
    has = {*seen.reaches, *(["connect"] if seen.connects else [])}
    everything = "superuser" in seen.powers
    named = {column: _named(*column) for column in columns}
    lacking = [] if everything else [(right, need) for right, need in members.items() if right not in has]
    lacking += [(named[one], need) for one, need in columns.items() if one not in seen.reads]
    more = [
        *(f"is {power}" for power in seen.powers),
        *(f"is a member of {role}" for role in seen.holds if role not in members and role not in WELCOME),
        *(f"may give {role} to others" for role in seen.hands_on),
        *(f"owns {table}" for table in seen.owns),
        *(f"may {right}" for right in seen.may if right not in named.values()),
    ]
    if len(more) > SHOWN:
        more = [f"has {len(more)} rights more ({', '.join(more)[:1500]})"]
    return [
        *(f"{who} lacks {right}{_without(word, users.get(SQL + need, ()))}" for right, need in lacking),
        *(f"{who} {one}, which is not generated; take it away." for one in more),
    ]


def _named(table: str, column: str) -> str:
    return f"SELECT on {table}({column})" if column else f"SELECT on {table}"


def _each(begin: str, grants: Iterable[Grant], end: Callable[[str], str]) -> Iterator[str]:
    by_action: defaultdict[str, list[str]] = defaultdict(list)
    for one in grants:
        by_action[one.action].append(one.resource + (" under conditions" if one.conditions else ""))
    if len(by_action) > SHOWN:
        yield f"{begin} {len(by_action)} actions: {', '.join(by_action)}"[:3000] + "."
        return
    for action, resources in by_action.items():
        yield f"{begin} {action} on {', '.join(resources)}{end(action)}"


def _without(word: str, runbooks: tuple[str, ...]) -> str:
    if not runbooks:
        return "; a check needs it."
    return f"; {', '.join(runbooks)} would be {'blind' if word == 'reading' else 'unable to act'} without it."


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
