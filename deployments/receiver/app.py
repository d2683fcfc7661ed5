"""The receiver's web application: `POST /alerts/{format}`, `GET /health`, `GET /ready`. `serve` runs it.

One delivery passes: its body is bounded → the format verifies the raw bytes → reads the alerts → they are persisted →
202 with their receipts → the dispatcher is told. Whatever fails before the commit is refused with a sentence and a
remedy; whatever fails after it is the dispatcher's to try again.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi import Path as PathParam
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from deployments.receiver import formats
from deployments.receiver.answers import (
    POST_ANSWERS,
    POST_BODY,
    SIGNED_HEADERS,
    Accepted,
    DispatchState,
    Greeted,
    Health,
    Ready,
)
from deployments.receiver.body import Bodies
from deployments.receiver.connections import OneSpelling
from deployments.receiver.fetching import Fetcher
from deployments.receiver.formats import Call, Format, Tools
from deployments.receiver.formats.signed import Body
from deployments.receiver.intake import Intake
from deployments.receiver.keys import Keys
from deployments.receiver.pages import router
from deployments.receiver.pulse import Pulse
from deployments.receiver.refusals import Refused
from deployments.receiver.settings import FILE, ReceiverSettings, SettingsError, first_wrong
from deployments.receiver.tally import NOWHERE, Tally
from journal.inbox import Inbox
from journal.store import Journal

log = logging.getLogger("codeblue.receiver")

Form = Annotated[str, PathParam(description=f"The sender's form: {', '.join(formats.known())}.")]

_REFRESH_KEYS = 30.0
"""Seconds until a changed secret is noticed."""


def create_app(
    settings: ReceiverSettings,
    journal: Journal,
    dispatch: Callable[..., None],
    *,
    home: Path = Path(),
    state: Callable[[], DispatchState] = DispatchState.model_construct,
    fetch: Callable[[str], Awaitable[bytes]] | None = None,
    installation: str = "",
) -> FastAPI:
    """The application. `dispatch()` is called after each commit and must return at once.

    `home` is where relative references to secrets start; `state` tells how dispatching goes, for `/health`; `fetch`
    asks an address outside (tests bring their own); `installation` says whose receiver this is, for `/ready`. Raises
    SettingsError, MissingSecretError.
    """
    fetcher = Fetcher()
    every_keys: list[Keys] = []
    active = _switched_on(settings, Tools(home=home, fetch=fetch or fetcher, keep=every_keys.append))
    limits = {name: _limit(settings, name) for name in active}
    intake, bodies = Intake(Inbox(journal), within=settings.keep_within), Bodies()
    pulse = Pulse(journal)
    tally = Tally(journal.clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        refreshing = asyncio.create_task(_refresh(every_keys))
        try:
            yield
        finally:
            refreshing.cancel()
            with suppress(asyncio.CancelledError):
                await refreshing
            await asyncio.to_thread(intake.close)
            pulse.close()
            await fetcher.close()

    app = FastAPI(title="Code Blue receiver", lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_middleware(OneSpelling)
    app.state.keys = every_keys
    _answer_clearly(app)
    described = APIRouter()
    _describe_signed(described)

    @described.post("/alerts/{form}", status_code=202, responses=POST_ANSWERS, openapi_extra=POST_BODY)
    async def receive(request: Request, form: Form) -> Response:
        """Take a monitor's alerts: 202 once they are kept."""
        if form not in active:
            raise _unknown(form)
        it = active[form]
        call = Call(body=b"", headers=request.headers, now=journal.clock(), query=request.query_params)
        reads_cut = getattr(it, "reads_cut", False) and await _proven(it, call)
        try:
            async with bodies.bounded(
                request, at_most=limits[form], within=settings.body_within, reads_cut=reads_cut
            ) as body:
                return await _accept(form, it, replace(call, body=body.raw, cut=body.cut), intake, dispatch)
        except Refused as refused:
            log.warning("%s refused, %d: %s", form, refused.status, refused.error)
            raise
        except Exception as exc:  # an internal error: the sender keeps its alert and comes again
            raise _sorry(exc) from exc

    # FastAPI describes it and Starlette serves it: resolving parameters would take longer than verifying an alert.
    async def served(request: Request) -> Response:
        form = request.path_params["form"]
        with tally.counting(form if form in formats.known() else NOWHERE):
            return await receive(request, form)

    app.router.routes.insert(0, Route("/alerts/{form}", served, methods=["POST"]))
    app.include_router(router)
    app.openapi = lambda: get_openapi(title=app.title, version=app.version, routes=[*described.routes, *app.routes])

    _answer_for_itself(app, pulse, tally, state, formats_there=sorted(active), installation=installation)
    return app


def _answer_for_itself(
    app: FastAPI,
    pulse: Pulse,
    tally: Tally,
    state: Callable[[], DispatchState],
    *,
    formats_there: list[str],
    installation: str,
) -> None:
    """The two questions that others ask the receiver about itself."""

    @app.get("/health", responses={503: {"model": Health, "description": "The journal is away."}})
    async def health() -> Response:
        """Whether the journal is there and dispatching goes on."""
        waiting = await pulse.waiting()
        said = Health(
            journal="away" if waiting is None else "reachable",
            waiting=waiting,
            dispatch=state(),
            deliveries=tally.said(),
        )
        return _json(200 if waiting is not None else 503, said)

    @app.get("/ready", responses={503: {"model": Ready, "description": "Alerts would not be kept now."}})
    async def ready() -> Response:
        """Whether alerts may be sent here."""
        good = await pulse.waiting() is not None
        return _json(200 if good else 503, Ready(ready=good, formats=formats_there, installation=installation))


async def _accept(name: str, form: Format, call: Call, intake: Intake, dispatch: Callable[..., None]) -> Response:
    await form.verify(call)
    message = form.read(call)
    if message.test:
        await intake.note(name, message.test, call)
        log.info("%s: %s was received; nothing follows from it.", name, message.test)
        return _json(200, Greeted(done=f"Received: {message.test}. It is noted, and nothing follows from it."))
    if message.handshake is not None:
        done = await message.handshake()
        log.info("%s: %s", name, done)
        return _json(200, Greeted(done=done))
    receipts, new = await intake.take(name, message)
    for note in dict.fromkeys(note for item in message.items for note in item.notes):
        log.warning("%s: %s", name, note)
    if new:
        dispatch()
    return _json(202, Accepted(receipts=[receipt.id for receipt in receipts], new=new))


def _describe_signed(described: APIRouter) -> None:
    """Our own JSON has a schema of its own; `receive` serves it like any other form."""

    async def receive_signed() -> None:
        """Take one alert of a sender of your own, in our own JSON: 202 once it is kept."""

    described.add_api_route(
        "/alerts/signed",
        receive_signed,
        methods=["POST"],
        status_code=202,
        responses=POST_ANSWERS,
        openapi_extra=_signed(),
        response_model=None,
    )


def _signed() -> dict[str, Any]:
    schema = Body.model_json_schema()
    return {
        "parameters": SIGNED_HEADERS,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _inlined(schema)}}},
    }


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the definitions that it refers to in their places."""
    inner = schema.pop("$defs", {})
    for field in schema["properties"].values():
        if reference := field.pop("$ref", ""):
            field.update({**inner[reference.rpartition("/")[2]], **field})
    return schema


async def _proven(form: Format, call: Call) -> bool:
    """Whether the headers alone prove the sender."""
    try:
        await form.verify(call)
    except Refused:
        return False
    return True


def _limit(settings: ReceiverSettings, name: str) -> int:
    """The largest body of a form: by its own part of the settings, by the settings, or by its module."""
    own = settings.formats[name].get("body_limit")
    if isinstance(own, int):
        return own
    given = "body_limit" in settings.model_fields_set
    return settings.body_limit if given else getattr(formats.module(name), "BODY_LIMIT", settings.body_limit)


def _switched_on(settings: ReceiverSettings, tools: Tools) -> dict[str, Format]:
    active: dict[str, Format] = {}
    for name, given in settings.formats.items():
        if name not in formats.known():
            raise SettingsError(FILE, f"there is no format {name!r}; there are {', '.join(formats.known())}")
        module = formats.module(name)
        try:
            options = module.Options.model_validate(given)
        except ValidationError as exc:
            raise SettingsError(FILE, f"formats.{name}.{first_wrong(exc)}") from None
        active[name] = module.make(options, tools)
    return active


def _unknown(form: str) -> Refused:
    if form in formats.known():
        return Refused(
            404,
            f"The form {form!r} is not switched on.",
            f"Add [formats.{form}] to the receiver's settings, and start codeblue up again, which reads them.",
        )
    return Refused(404, "There is no such form.", f"Send to /alerts/ and one of: {', '.join(formats.known())}.")


def _sorry(exc: Exception) -> Refused:
    # The error's text may hold what was sent, so only its kind and place are logged.
    places = "".join(traceback.format_list(traceback.extract_tb(exc.__traceback__)))
    log.error("An unexpected %s at\n%s", type(exc).__name__, places)
    return Refused(503, "The receiver failed on this delivery.", "Send it again; if it fails again, report it.", 30)


async def _refresh(every_keys: list[Keys]) -> None:
    while True:
        await asyncio.sleep(_REFRESH_KEYS)
        for keys in every_keys:
            await asyncio.to_thread(keys.refresh)


def _json(status: int, said: BaseModel, headers: dict[str, str] | None = None) -> Response:
    return Response(said.model_dump_json(), status, headers, media_type="application/json")


def _answer_clearly(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(_: Request, exc: Refused) -> Response:
        headers = {"Retry-After": str(exc.retry_after)} if exc.retry_after is not None else {}
        if exc.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Webhook realm="codeblue"'
        if exc.status in {408, 413}:  # the rest of the body is not read, so the connection cannot go on
            headers["Connection"] = "close"
        return _json(exc.status, exc.problem, headers)

    @app.exception_handler(HTTPException)
    async def of_the_framework(_: Request, exc: HTTPException) -> Response:
        words = {
            404: ("There is nothing at this address.", "Send alerts to /alerts/ and the name of their form."),
            405: ("This address does not take this method.", "Send alerts by POST; ask /health and /ready by GET."),
        }
        error, remedy = words.get(exc.status_code, ("The request was not understood.", "Correct it and send it again."))
        return _json(exc.status_code, Refused(exc.status_code, error, remedy).problem, dict(exc.headers or {}))
