"""The stand-in's API, as `v3-openapi.yaml` of Trigger.dev publishes it. What that does not know is refused.

Which key may ask what follows Trigger.dev's own routes: those of tags and schedules know no presets, so a restricted
key is a stranger to them (401); elsewhere it is told that it may not (403).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from journal import clock
from sandbox.triggerdev.kept import Kept, Run, Schedule

Preset = Literal["observer", "operator", "unrestricted"]
READING, CHANGING, BLIND = "tr_prod_practice_reads", "tr_prod_practice_changes", "tr_prod_practice_blind"
KEYS: Final[Mapping[str, Preset]] = {READING: "observer", CHANGING: "unrestricted"}

STATUSES: Final = frozenset(
    {"PENDING_VERSION", "WAITING_FOR_DEPLOY", "QUEUED", "EXECUTING", "REATTEMPTING", "FROZEN", "COMPLETED", "CANCELED"}
    | {"FAILED", "CRASHED", "INTERRUPTED", "SYSTEM_FAILURE", "DELAYED", "EXPIRED", "TIMED_OUT"}
)
"""Of an answer for which no version of the API was asked."""
TAGS, TAG_LETTERS = 10, 128
Do = Callable[["Asked"], Any]


@dataclass(frozen=True)
class Refused(Exception):
    status: int
    error: str
    details: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that may be done: what is kept, the query, the body, and the part of the path that is a name."""

    kept: Kept
    query: Mapping[str, str]
    body: Any
    name: str

    def schedule(self) -> Schedule:
        found = self.kept.schedules.get(self.name)
        if found is None:
            raise Refused(404, "Schedule not found")
        return found

    def run(self) -> Run:
        found = self.kept.runs.get(self.name)
        if found is None:
            raise Refused(404, "Run not found")
        return found


def _number(asked: Asked, name: str, usual: int, least: int, most: int) -> int:
    said = asked.query.get(name, str(usual))
    if not said.isdigit() or not least <= int(said) <= most:
        raise _invalid(f"Number must be from {least} to {most}", name)
    return int(said)


def _invalid(message: str, name: str) -> Refused:
    return Refused(400, "Query Error", ({"code": "custom", "message": message, "path": [name]},))


def _at(asked: Asked, name: str, usual: datetime) -> datetime:
    try:
        return datetime.fromisoformat(asked.query[name]) if name in asked.query else usual
    except ValueError:
        raise _invalid("Invalid date", name) from None


def list_runs(asked: Asked) -> dict[str, Any]:
    kept, query = asked.kept, asked.query
    size = _number(asked, "page[size]", 25, 10, 100)
    wanted = {name: set(query[f"filter[{name}]"].split(",")) for name in _FILTERS if f"filter[{name}]" in query}
    if strange := sorted(wanted.get("status", set()) - STATUSES):
        raise _invalid(f"Invalid status values: {', '.join(strange)}", "filter[status]")
    now = clock.now()
    first, last = (_at(asked, f"filter[createdAt][{end}]", usual) for end, usual in (("from", _LONG_AGO), ("to", now)))
    found = [
        one
        for one in sorted(kept.runs.values(), key=lambda one: (one.created, one.id), reverse=True)
        if first <= one.created <= min(last, now - kept.late)
        and all(_FILTERS[name](one) & given for name, given in wanted.items())
    ]
    after = query.get("page[after]")
    place = next((number + 1 for number, one in enumerate(found) if one.id == after), 0)
    if after is not None and not place:
        raise Refused(400, "Invalid cursor")
    page, more = found[place : place + size], found[place + size :]
    pagination = {"next": page[-1].id} if more else {}
    return {"data": [_listed(kept, one) for one in page], "pagination": pagination}


_LONG_AGO: Final = datetime.fromisoformat("2000-01-01T00:00:00Z")
_FILTERS: Final[Mapping[str, Callable[[Run], set[str]]]] = {
    "status": lambda one: {one.status},
    "taskIdentifier": lambda one: {one.task},
    "version": lambda one: {one.version},
    "tag": lambda one: set(one.tags),
}


def _listed(kept: Kept, run: Run) -> dict[str, Any]:
    moments = {"createdAt": run.created, "updatedAt": run.updated, "startedAt": run.began, "finishedAt": run.ended}
    return {
        "id": run.id,
        "status": run.status,
        "taskIdentifier": run.task,
        **({"version": run.version} if run.version else {}),
        **{name: _written(at) for name, at in moments.items() if at is not None},
        "isTest": run.test,
        "env": {"id": "cl1234", "name": kept.environment},
        "tags": list(run.tags),
        "costInCents": 0.00292,
        "baseCostInCents": 0.0025,
        "durationMs": 491,
    }


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def retrieve_run(asked: Asked) -> dict[str, Any]:
    run = asked.run()
    error = {} if run.error is None else {"error": _error(run)}
    return {**_listed(asked.kept, run), "payload": run.payload, "attempts": [], **error}


def _error(run: Run) -> dict[str, str]:
    assert run.error is not None
    named = {"name": run.error.name} if run.error.name else {}
    return {"message": run.error.message, **named, "stackTrace": f"{run.error.name}: {run.error.message}\n    at run"}


def replay_run(asked: Asked) -> dict[str, Any]:
    return {"id": asked.kept.replay(asked.run()).id}


def cancel_run(asked: Asked) -> dict[str, Any]:
    run = asked.run()
    asked.kept.cancel(run)
    return {"id": run.id}


def add_tags(asked: Asked) -> dict[str, Any]:
    run = asked.run()
    body = cast("dict[str, Any]", asked.body) if isinstance(asked.body, dict) else {}
    said: Any = body.get("tags") if set(body) == {"tags"} else None
    tags: Any = [said] if isinstance(said, str) else said
    if not isinstance(tags, list) or not all(
        isinstance(one, str) and 0 < len(one) <= TAG_LETTERS for one in cast("list[Any]", tags)
    ):
        raise Refused(400, "Invalid request body")
    new = [one for one in cast("list[str]", tags) if one not in run.tags]
    if len(run.tags) + len(new) > TAGS:
        raise Refused(422, f"Runs can only have {TAGS} tags, you're trying to set {len(run.tags) + len(new)}.")
    run.tags += new
    return {"message": f"Successfully set {len(new)} new tags." if new else "No new tags to add"}


def list_queues(asked: Asked) -> dict[str, Any]:
    page, size = _number(asked, "page", 1, 1, 1000), _number(asked, "perPage", 25, 1, 100)
    queues = sorted(asked.kept.queues.values(), key=lambda one: one.name)
    found: list[dict[str, Any]] = []
    for one in queues[(page - 1) * size : page * size]:
        open_ = [run for run in asked.kept.runs.values() if run.task == one.name and not run.over]
        going = sum(run.began is not None for run in open_)
        found.append(
            {
                "id": f"queue_{one.name}",
                "name": one.name,
                "type": "task",
                "running": going,
                "queued": len(open_) - going,
                "paused": one.paused,
                "concurrencyLimit": one.limit,
            }
        )
    pages = max(1, -(-len(queues) // size))
    return {"data": found, "pagination": {"currentPage": page, "totalPages": pages, "count": len(queues)}}


def list_schedules(asked: Asked) -> dict[str, Any]:
    page, size = _number(asked, "page", 1, 1, 1000), _number(asked, "perPage", 50, 1, 100)
    found = sorted(asked.kept.schedules.values(), key=lambda one: one.id)
    pages = max(1, -(-len(found) // size))
    return {
        "data": [_schedule(asked.kept, one) for one in found[(page - 1) * size : page * size]],
        "pagination": {"currentPage": page, "totalPages": pages, "count": len(found)},
    }


def retrieve_schedule(asked: Asked) -> dict[str, Any]:
    return _schedule(asked.kept, asked.schedule())


def activate_schedule(asked: Asked) -> dict[str, Any]:
    asked.schedule().active = True
    return retrieve_schedule(asked)


def deactivate_schedule(asked: Asked) -> dict[str, Any]:
    asked.schedule().active = False
    return retrieve_schedule(asked)


def _schedule(kept: Kept, one: Schedule) -> dict[str, Any]:
    return {
        "id": one.id,
        "task": one.task,
        "type": one.kind,
        "active": one.active,
        "generator": {"type": "CRON", "expression": one.cron, "description": "as practised"},
        "timezone": one.timezone,
        "nextRun": _written(kept.tasks[one.task].due),
        "environments": [],
    }


@dataclass(frozen=True, kw_only=True)
class Known:
    """One route: which keys may ask it, and what it knows of a query. A body is known where `takes` says so."""

    path: str
    method: Literal["GET", "POST"]
    do: Do
    keys: frozenset[Preset]
    stranger: int = 403
    knows: frozenset[str] = frozenset()
    takes: bool = False


LOOK: Final[frozenset[Preset]] = frozenset({"observer", "operator", "unrestricted"})
OPERATE: Final[frozenset[Preset]] = frozenset({"operator", "unrestricted"})
ALL: Final[frozenset[Preset]] = frozenset({"unrestricted"})
RUNS: Final = frozenset(
    ["page[size]", "page[after]", "filter[createdAt][from]", "filter[createdAt][to]"]
    + [f"filter[{name}]" for name in _FILTERS]
)
PAGES: Final = frozenset({"page", "perPage"})

ROUTES: Final = (
    Known(path="/api/v1/runs", method="GET", do=list_runs, keys=LOOK, knows=RUNS),
    Known(path="/api/v3/runs/{name}", method="GET", do=retrieve_run, keys=LOOK),
    Known(path="/api/v1/runs/{name}/replay", method="POST", do=replay_run, keys=OPERATE),
    Known(path="/api/v2/runs/{name}/cancel", method="POST", do=cancel_run, keys=OPERATE),
    Known(path="/api/v1/runs/{name}/tags", method="POST", do=add_tags, keys=ALL, stranger=401, takes=True),
    Known(path="/api/v1/queues", method="GET", do=list_queues, keys=LOOK, knows=PAGES),
    Known(path="/api/v1/schedules", method="GET", do=list_schedules, keys=ALL, stranger=401, knows=PAGES),
    Known(path="/api/v1/schedules/{name}", method="GET", do=retrieve_schedule, keys=ALL, stranger=401),
    Known(path="/api/v1/schedules/{name}/activate", method="POST", do=activate_schedule, keys=ALL, stranger=401),
    Known(path="/api/v1/schedules/{name}/deactivate", method="POST", do=deactivate_schedule, keys=ALL, stranger=401),
)


def serve(kept: Kept) -> Starlette:
    """The application, for any server of ASGI."""
    return Starlette(
        routes=[Route(one.path, _answers(kept, one), methods=[one.method]) for one in ROUTES],
        exception_handlers={404: _nothing, 405: _nothing},
    )


async def _nothing(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": "There is no such route"}, getattr(error, "status_code", 404))


def _answers(kept: Kept, known: Known) -> Callable[[Request], Any]:
    async def answer(request: Request) -> JSONResponse:
        try:
            asked = _asked(kept, known, request, await request.body())
            with kept.lock:
                kept.turn()
                return JSONResponse(known.do(asked))
        except Refused as refused:
            details = {"details": list(refused.details)} if refused.details else {}
            return JSONResponse({"error": refused.error, **details}, refused.status)
        except ValueError:
            return JSONResponse({"error": "Invalid JSON"}, 400)

    return answer


def _asked(kept: Kept, known: Known, request: Request, body: bytes) -> Asked:
    """The request, if it may be done. A key that it does not know, in its query or for want of one, is refused."""
    _admit(request, known)
    if strange := sorted(set(request.query_params) - known.knows):
        raise _invalid(f"Unrecognized key: {strange[0]}", strange[0])
    if bool(body) is not known.takes:
        raise Refused(400, "Request body is empty" if known.takes else "This route takes no body")
    return Asked(
        kept=kept,
        query=dict(request.query_params),
        body=json.loads(body) if body else None,
        name=request.path_params.get("name", ""),
    )


def _admit(request: Request, known: Known) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    preset = KEYS.get(key) if scheme == "Bearer" else None
    if preset is None or (preset not in known.keys and known.stranger == 401):  # noqa: PLR2004 # HTTP's own
        raise Refused(401, "Invalid or Missing API Key")
    if preset not in known.keys:
        raise Refused(403, "Unauthorized")
