"""The contract over HTTP: who asks, what is asked, and each refusal as a status, a word and a sentence."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from journal import clock
from sandbox.switchboard.board import Board, Lifting, Refused, Switch, Wish
from sandbox.switchboard.jobs import Jobs, Run, Start

CONTRACT = "codeblue.switchboard/1"

Identity = Literal["reading", "changing"]
Request_ = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
Version = Annotated[str | None, Header(alias="If-Match")]


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What proves that somebody may look, and that somebody may change, too."""

    reading: str
    changing: str

    def looks(self, request: Request) -> Identity:
        """Whose token it is; each wrong one takes equally long."""
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        changing = hmac.compare_digest(shown.encode(), self.changing.encode())
        reading = hmac.compare_digest(shown.encode(), self.reading.encode())
        if scheme.lower() != "bearer" or not (changing or reading):
            raise Refused(401, "unknown_token", "This token is not known here; show one that is.")
        return "changing" if changing else "reading"

    def changes(self, request: Request) -> Identity:
        """Refuse whoever may only look."""
        if (found := self.looks(request)) != "changing":
            raise Refused(403, "may_not_change", "This token may look and not change; show the one for changes.")
        return found

    def wishes(self, request: Request, *, dry_run: bool = False) -> Identity:
        """A dry run changes nothing, so it takes no more than the right to look."""
        return self.looks(request) if dry_run else self.changes(request)


def serve(board: Board, jobs: Jobs, tokens: Tokens) -> FastAPI:
    """The application, for any server of ASGI; TLS is that server's to give."""
    app = FastAPI(title="switchboard", openapi_url=None, redirect_slashes=False)

    @app.get("/")
    def about(request: Request) -> dict[str, Any]:
        return {"contract": CONTRACT, "identity": tokens.looks(request), "now": clock.now()}

    _switches(app, board, tokens)
    _tasks(app, jobs, tokens)
    _refusals(app, tokens.looks)
    return app


def _switches(app: FastAPI, board: Board, tokens: Tokens) -> None:
    @app.get("/switches/{key}", dependencies=[Depends(tokens.looks)])
    def read(key: str) -> Switch:
        return board.read(key)

    @app.put("/switches/{key}", dependencies=[Depends(tokens.wishes)])
    def set_(key: str, wish: Wish, request: Request_, if_match: Version = None, *, dry_run: bool = False) -> Switch:
        board.read(key)
        do = board.would_set if dry_run else board.set
        return do(key, wish, version=_number(if_match), request=request)

    @app.post("/switches/{key}/lift", dependencies=[Depends(tokens.changes)])
    def lift(key: str, lifting: Lifting, request: Request_, if_match: Version = None) -> Switch:
        board.read(key)
        return board.lift(key, lifting, version=_number(if_match), request=request)


def _tasks(app: FastAPI, jobs: Jobs, tokens: Tokens) -> None:
    @app.post("/tasks/{name}", dependencies=[Depends(tokens.wishes)])
    def start(name: str, asked: Start | None = None, *, dry_run: bool = False) -> Run:
        if dry_run:
            return jobs.plan(name)
        if asked is None:
            raise Refused(422, "refused", "Say which plan is to be started: plan, at_most, incident and reason.")
        return jobs.start(name, asked)

    @app.get("/tasks/{name}/{plan}", dependencies=[Depends(tokens.looks)])
    def run(name: str, plan: str) -> Run:
        return jobs.read(name, plan)

    @app.delete("/tasks/{name}/{plan}", dependencies=[Depends(tokens.changes)])
    def stop(name: str, plan: str) -> Run:
        return jobs.stop(name, plan)


def _refusals(app: FastAPI, looks: Callable[[Request], Identity]) -> None:
    @app.exception_handler(Refused)
    def refused(_request: Request, error: Refused) -> JSONResponse:
        return JSONResponse({"error": error.error, "says": error.says}, error.status)

    @app.exception_handler(RequestValidationError)
    def misshapen(request: Request, error: RequestValidationError) -> JSONResponse:
        try:
            looks(request)  # who has no token is told nothing about shapes
        except Refused as stranger:
            return refused(request, stranger)
        at, says = error.errors()[0]["loc"][-1], error.errors()[0]["msg"]
        return JSONResponse({"error": "refused", "says": f"{at}: {says}."}, 422)

    @app.exception_handler(HTTPException)
    def unrouted(_request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": "unknown", "says": f"There is nothing here ({error.detail})."}, error.status_code)


def _number(if_match: str | None) -> int:
    """The version of `If-Match`: a number in quotation marks, as HTTP writes it."""
    if if_match is None:
        raise Refused(428, "no_version", "Say by If-Match which version you have seen.")
    text = if_match.strip().strip('"')
    if not (text.isascii() and text.isdigit()):
        raise Refused(422, "refused", f"{if_match[:40]} is no version; send the number that the switch has.")
    return int(text)
