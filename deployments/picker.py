"""Puts the saved environments into the start forms of the Prefect UI, so that one is chosen and not typed.

Prefect makes a form from the schema that is stored with a deployment. Here `environment` becomes a choice: one of those
saved for the deployment's system, or *another*, typed as before. A bare `enum` was rejected: Prefect's server enforces
the schema, so it would refuse an alert for an environment that was saved a moment ago.

Called when the stack starts, by `python -m deployments.stack_register`, and by the watch, which notices what was saved
or deleted since. Repeated, it changes nothing.
"""

from __future__ import annotations

import copy
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.responses import DeploymentResponse

from deployments.apart import each
from deployments.failing import Failures

SAVED, ANOTHER = "saved", "another"
"""The two sides of the choice, as the form shows them."""

SYSTEM = "system:"
"""How the tag begins that says which system a deployment is for."""

Saved = Mapping[str, Sequence[str]]
"""The names of the saved environments, by system."""

FORMS = "offering environments in the start form"
"""What fails for a deployment whose form is left as it was."""

PAGE = 200
"""What Prefect gives at once of anything."""

ABOUT = frozenset({"title", "description", "default", "position"})
"""What is said about a parameter and not about its values."""


def offer(client: SyncPrefectClient, saved: Saved | None = None, failures: Failures | None = None) -> list[str]:
    """Bring all forms up to date; the names of the deployments whose form differed. `saved` spares asking for them.

    A form that Prefect does not take, or that nobody can read, is noted in `failures` and keeps no other from its turn.
    """
    saved = environments(client) if saved is None else saved
    changed: list[str] = []

    def bring(one: DeploymentResponse) -> None:
        systems = [tag.removeprefix(SYSTEM) for tag in one.tags if tag.startswith(SYSTEM)]
        before: dict[str, Any] = one.parameter_openapi_schema or {}
        after = with_choice(before, [name for system in systems for name in saved.get(system, ())])
        if after != before:
            client.update_deployment(one.id, DeploymentUpdate(parameter_openapi_schema=after))
            changed.append(one.name)

    there = _pages(lambda offset: client.read_deployments(limit=PAGE, offset=offset))
    each(
        failures or Failures(),
        FORMS,
        [(f"{one.name} ({one.entrypoint or one.id})", partial(bring, one)) for one in there],
    )
    return changed


def environments(client: SyncPrefectClient) -> Saved:
    """The names of the saved environments by system: kinds are named after theirs, `codeblue-shop`."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in _pages(lambda offset: client.read_block_documents(limit=PAGE, offset=offset, include_secrets=False)):
        kind = one.block_type.slug if one.block_type is not None else ""
        if one.name and not one.is_anonymous:
            found[kind.removeprefix("codeblue-")].append(one.name)
    return {system: sorted(names) for system, names in found.items()}


def with_choice(schema: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The schema with a choice for each parameter `environment`, or without one when no name is given.

    The only saved environment becomes the form's default.
    """
    changed, names = copy.deepcopy(dict(schema)), list(names)
    forms: dict[str, Any] = changed.get("definitions") or {}
    for place in (changed, forms.get("Params", {})):
        given = place.get("properties", {}).get("environment")
        if given is not None and (plain := _plain(given)).get("type") == "string":
            place["properties"]["environment"] = _chosen(plain, names)
    first = changed.get("properties", {}).get("params", {}).get("default")
    if len(names) == 1 and isinstance(first, dict) and "environment" in first:
        first["environment"] = names[0]
    return changed


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """The parameter as its flow declares it."""
    sides: list[dict[str, Any]] = given.get("anyOf", [])
    if [side.get("title") for side in sides] != [SAVED, ANOTHER]:
        return given
    return {name: value for name, value in given.items() if name != "anyOf"} | {
        name: value for name, value in sides[1].items() if name != "title"
    }


def _chosen(plain: dict[str, Any], names: list[str]) -> dict[str, Any]:
    if not names:
        return plain
    about = {name: value for name, value in plain.items() if name in ABOUT}
    typed = {name: value for name, value in plain.items() if name not in ABOUT}
    if len(names) == 1 and "default" in about:
        about["default"] = names[0]
    choice = {"type": "string", "enum": names, "title": SAVED}
    return {**about, "anyOf": [choice, {**typed, "title": ANOTHER}]}


def _pages(read: Callable[[int], list[Any]]) -> list[Any]:
    found: list[Any] = []
    while page := read(len(found)):
        found += page
        if len(page) < PAGE:
            break
    return found


@dataclass(kw_only=True)
class Picker:
    """Keeps forms up to date, for the watch.

    It asks every few seconds what is saved, and reads all forms when that differs, and now and then, since deploying
    anew takes a choice away.
    """

    failures: Failures = field(default_factory=Failures)
    every: float = 10.0
    whole: float = 120.0
    _last: float = field(default=float("-inf"), init=False)
    _read: float = field(default=float("-inf"), init=False)
    _saved: Saved | None = field(default=None, init=False)

    def look(self, client: SyncPrefectClient) -> list[str]:
        """`offer`, when it is time. Raises when Prefect is away; it is then time at once."""
        now = time.monotonic()
        if now - self._last < self.every:
            return []
        saved = environments(client)
        changed: list[str] = []
        if saved != self._saved or now - self._read >= self.whole:
            changed = offer(client, saved, self.failures)
            self._saved, self._read = saved, now
        self._last = now
        return changed
