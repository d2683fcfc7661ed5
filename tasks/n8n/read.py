"""Looks at n8n's workflows and webhooks. Nothing here runs a workflow.

The obvious check of a webhook, a POST to it, starts the production workflow: it writes records and may message clients.
A GET starts it too where the webhook is one for GET. A CORS *preflight* (OPTIONS with an Origin) never does: n8n
answers it with the methods that are registered at the path, before it looks for anything to execute. So it tells
whether an event would find a workflow, which the `active` flag of the API alone does not: n8n registers webhooks when
a workflow is activated and when it starts, and either can go wrong.
"""

from __future__ import annotations

import json
from typing import Any

from blocks.n8n import N8n
from runbook import Facts, Permanent, SlowDown, Temporary, look
from tasks.logs.read import Kind
from tasks.web.read import OUR_PLACE, Reply, ask

ORIGIN = "https://codeblue.invalid"
PAGE, PAGES = 100, 10
BOUND = 4 * 1024 * 1024
"""Bytes of one page of workflows: they come with all of their nodes."""

WEBHOOK = "n8n-nodes-base.webhook"
ERRORS = (
    Kind(name="unknown webhook", pattern=r"unknown webhook|is not registered"),
    Kind(name="heap full", pattern=r"heap out of memory"),
    Kind(name="model call", pattern=r"(?i)bedrock"),
    Kind(name="credentials", pattern=r"(?i)unauthori[sz]ed|credential|status code 40[13]"),
    Kind(name="database", pattern=r"(?i)database|postgres|ECONNREFUSED"),
)
"""What n8n's log tells of, as far as it matters when workflows do not run."""

NO_KEY, NO_SCOPE, TOO_MANY = 401, 403, 429


class Workflow(Facts):
    """A workflow that is started by webhooks; everything else n8n tells about it is dropped at once."""

    id: str
    name: str
    active: bool
    version: str
    paths: tuple[str, ...]


class Workflows(Facts):
    """The workflows that have a webhook at one of the paths that are called, and those paths."""

    wanted: tuple[str, ...]
    workflows: tuple[Workflow, ...]

    @property
    def inactive(self) -> tuple[Workflow, ...]:
        """Workflows of a wanted path that no active workflow serves."""
        served = {path for one in self.workflows if one.active for path in one.paths}
        return tuple(one for one in self.workflows if not one.active and set(one.paths) & set(self.wanted) - served)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Wanted paths at which no workflow has a webhook, active or not."""
        known = {path for one in self.workflows for path in one.paths}
        return tuple(path for path in self.wanted if path not in known)

    def __str__(self) -> str:
        told = [f"'{one.name}' is {'active' if one.active else 'NOT active'}" for one in self.workflows]
        told += [f"no workflow has a webhook at {path}" for path in self.unknown]
        return ", ".join(told)


class Webhooks(Facts):
    """Which methods n8n has registered at each path; none where an event would be turned away."""

    methods: dict[str, tuple[str, ...]]

    @property
    def turned_away(self) -> tuple[str, ...]:
        return tuple(path for path, methods in self.methods.items() if "POST" not in methods)

    def __str__(self) -> str:
        return ", ".join(
            f"/webhook/{path} {' '.join(found) or 'NOT'} registered" for path, found in self.methods.items()
        )


@look("n8n:workflow:list", bound=f"{PAGE * PAGES} workflows; ids, names and webhook paths are kept")
def read_workflows(n8n: N8n, wanted: tuple[str, ...]) -> Workflows:
    """The workflows behind the webhooks that are called (`rung.c226`), active or not.

    Raises `Permanent` without a key, `Temporary` while n8n does not answer.
    """
    found: list[Workflow] = []
    cursor = ""
    for _ in range(PAGES):
        more = f"&cursor={cursor}" if cursor else ""
        # Pinned data is what somebody once sent through the workflow, so it is not even fetched.
        page = told(n8n, f"/api/v1/workflows?limit={PAGE}&excludePinnedData=true{more}", n8n.reading())
        found += [one for one in map(to_workflow, page["data"]) if set(one.paths) & set(wanted)]
        cursor = page.get("nextCursor") or ""
        if not cursor:
            return Workflows(wanted=wanted, workflows=tuple(sorted(found, key=lambda one: one.id)))
    raise Permanent(f"n8n has more than {PAGE * PAGES} workflows, so whose webhooks these are was not found out.")


def read_workflow(n8n: N8n, identifier: str) -> Workflow:
    """One workflow again, for a change that must know whether it is still as planned."""
    return to_workflow(told(n8n, f"/api/v1/workflows/{identifier}?excludePinnedData=true", n8n.reading()))


@look("http:OPTIONS", bound="one preflight for each path; no workflow runs")
def read_webhooks(n8n: N8n, paths: tuple[str, ...]) -> Webhooks:
    """What is registered at each webhook path, asked by a preflight. Raises `Temporary` while n8n does not answer."""
    asking = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    methods: dict[str, tuple[str, ...]] = {}
    for path in paths:
        reply = ask(n8n.at(f"webhook/{path}"), method="OPTIONS", headers=asking, patience=n8n.patience)
        _must_answer(reply)
        allowed = reply.headers.get("access-control-allow-methods")
        if allowed is None:
            raise Permanent(
                f"The preflight of /webhook/{path} was not answered by n8n (status {reply.page.status}, no allowed"
                " methods); something stands before it. Look in n8n's own pages."
            )
        methods[path] = tuple(one for one in map(str.strip, allowed.split(",")) if one != "OPTIONS")
    return Webhooks(methods=methods)


def to_workflow(found: dict[str, Any]) -> Workflow:
    """A workflow as the API gives it, without all that is not for us."""
    nodes: list[dict[str, Any]] = found.get("nodes") or []
    hooks = [one for one in nodes if one.get("type") == WEBHOOK and not one.get("disabled")]
    given: list[dict[str, Any]] = [one.get("parameters") or {} for one in hooks]
    return Workflow(
        id=str(found["id"]),
        name=str(found["name"]),
        active=bool(found["active"]),
        version=str(found.get("versionId") or found.get("updatedAt") or ""),
        paths=tuple(str(one["path"]).strip("/") for one in given if one.get("path")),
    )


def told(n8n: N8n, path: str, headers: dict[str, str], *, method: str = "GET") -> dict[str, Any]:
    """What the public API answers to one call. Raises `Permanent` when it refuses, `Temporary` when it cannot."""
    reply = ask(n8n.at(path), method=method, headers=headers, patience=n8n.patience, at_most=BOUND)
    _must_answer(reply)
    status = reply.page.status or 0
    if status == NO_KEY:
        raise Permanent("n8n does not accept our API key; make a new one in its settings and save it in the block.")
    if status == NO_SCOPE:
        raise Permanent(f"Our API key of n8n lacks the scope for {method} {path.partition('?')[0]}; give it that.")
    if status == TOO_MANY:
        raise SlowDown("n8n's API asks to slow down (status 429).")
    if status >= 500:  # noqa: PLR2004 # HTTP's own
        raise Temporary(f"n8n's API answered {status} and may do better soon.")
    if status >= 300:  # noqa: PLR2004 # HTTP's own
        raise Permanent(f"n8n's API refused {method} {path.partition('?')[0]} (status {status}); look in its pages.")
    if not reply.page.complete:
        raise Permanent(f"n8n's answer is larger than {BOUND} bytes or came too slowly, so it was not read.")
    return json.loads(reply.text)


def _must_answer(reply: Reply) -> None:
    if reply.page.kind in OUR_PLACE:
        raise Permanent(f"{reply.page}; look from inside its network.")
    if reply.page.kind != "answered":
        raise Temporary(f"{reply.page}, so its workflows cannot be seen.")
