"""The project behind HTTP: who asks, what is asked, and whether either is what Google's documents say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.google.documents import Method, find
from sandbox.google.identity import Account, Accounts
from sandbox.google.permissions import must_hold
from sandbox.google.refused import Refused

TOKENS = "/token"
"""Where accounts are let in: the `token_uri` of their keys."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request that its document allows, and who makes it."""

    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    account: Account


Handler = Callable[[Call], dict[str, Any]]


@dataclass(kw_only=True)
class Cloud:
    """A project as it is served. `instead` answers one method otherwise: to break it, as a rehearsal does."""

    project: str
    accounts: Accounts = field(default_factory=Accounts)
    handlers: dict[str, Handler] = field(default_factory=dict[str, Handler])
    instead: dict[str, Callable[[Call], Response]] = field(default_factory=dict[str, Callable[[Call], Response]])
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Each method that was asked for, with the account, whatever became of it."""

    def answer(
        self, method: Method, path: Mapping[str, str], query: dict[str, list[str]], body: Any, header: str
    ) -> Response:
        """Ask the handler, between the document's checks of what comes in and of what goes out."""
        account = self.accounts.who(header)
        self.asked.append((method.id, account.email))
        given = method.check_query(query)
        method.check_body(body)
        call = Call(method=method.id, path=path, query=given, body=body or {}, account=account)
        must_hold(call, self.project)
        if (instead := self.instead.get(method.id)) is not None:
            return instead(call)
        if (handler := self.handlers.get(method.id)) is None:
            raise Refused(501, f"{method.id} is not served here.")
        answer = handler(call)
        method.check_answer(answer)
        return JSONResponse(answer)


def serve(cloud: Cloud) -> Starlette:
    """The application, for any server of ASGI."""

    async def token(request: Request) -> Response:
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        try:
            return JSONResponse(cloud.accounts.let_in(form))
        except Refused as refused:
            said = {"error_description": refused.reason} if refused.reason else {}
            return JSONResponse({"error": refused.message, **said}, refused.status)

    async def any_(request: Request) -> Response:
        raw, method = await request.body(), None
        try:
            method, path = find(request.method, request.url.path)
            body = _read(raw)
            query = parse_qs(request.url.query, keep_blank_values=True)
            return cloud.answer(method, path, query, body, request.headers.get("authorization", ""))
        except Refused as refused:
            older = method is not None and method.older
            return JSONResponse(refused.older_body() if older else refused.body(), refused.status)
        except AssertionError as ours:
            return JSONResponse(Refused(500, str(ours)).body(), 500)

    verbs = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    return Starlette(routes=[Route(TOKENS, token, methods=["POST"]), Route("/{path:path}", any_, methods=verbs)])


def _read(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        raise Refused(400, "Invalid JSON payload received: it cannot be read.") from error
