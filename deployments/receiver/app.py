"""The receiver's web application: `POST /alerts/{format}`, `GET /health`, `GET /ready`. `serve` runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from deployments.receiver import formats
from deployments.receiver.answers import DispatchState, Health, Ready, refusal, reply
from deployments.receiver.connections import OneSpelling
from deployments.receiver.deliveries import Active, Deliveries
from deployments.receiver.describing import described
from deployments.receiver.fetching import Fetcher
from deployments.receiver.formats import Tools
from deployments.receiver.intake import Intake
from deployments.receiver.keys import Keys
from deployments.receiver.pages import router
from deployments.receiver.pulse import Pulse
from deployments.receiver.refusals import Refused
from deployments.receiver.settings import FILE, ReceiverSettings, SettingsError, first_wrong
from deployments.receiver.tally import Tally
from journal.inbox import Inbox
from journal.store import Journal

_REFRESH_KEYS = 30.0
"""Seconds until a changed secret is noticed."""


class _Receiver(FastAPI):
    """The framework answers whatever is no delivery."""

    deliveries: Deliveries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to one of the two."""
        if Deliveries.are_meant(scope):
            await self.deliveries(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


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
    intake = Intake(Inbox(journal), within=settings.keep_within)
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

    app = _Receiver(
        title="Code Blue receiver", lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.add_middleware(OneSpelling)
    app.state.keys = every_keys
    _answer_clearly(app)
    app.deliveries = Deliveries(active, intake, tally, dispatch, clock=journal.clock, body_within=settings.body_within)
    # Says which method this address takes to those who use another.
    app.router.routes.insert(0, Route("/alerts/{form}", app.deliveries, methods=["POST"]))
    app.include_router(router)
    told = described().routes
    app.openapi = lambda: get_openapi(title=app.title, version=app.version, routes=[*told, *app.routes])

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
        return reply(200 if waiting is not None else 503, said)

    @app.get("/ready", responses={503: {"model": Ready, "description": "Alerts would not be kept now."}})
    async def ready() -> Response:
        """Whether alerts may be sent here."""
        good = await pulse.waiting() is not None
        return reply(200 if good else 503, Ready(ready=good, formats=formats_there, installation=installation))


def _limit(settings: ReceiverSettings, name: str) -> int:
    """The largest body of a form: by its own part of the settings, by the settings, or by its module."""
    own = settings.formats[name].get("body_limit")
    if isinstance(own, int):
        return own
    given = "body_limit" in settings.model_fields_set
    return settings.body_limit if given else getattr(formats.module(name), "BODY_LIMIT", settings.body_limit)


def _switched_on(settings: ReceiverSettings, tools: Tools) -> dict[str, Active]:
    active: dict[str, Active] = {}
    for name, given in settings.formats.items():
        if name not in formats.known():
            raise SettingsError(FILE, f"there is no format {name!r}; there are {', '.join(formats.known())}")
        module = formats.module(name)
        try:
            options = module.Options.model_validate(given)
        except ValidationError as exc:
            raise SettingsError(FILE, f"formats.{name}.{first_wrong(exc)}") from None
        active[name] = Active(format=module.make(options, tools), at_most=_limit(settings, name))
    return active


async def _refresh(every_keys: list[Keys]) -> None:
    while True:
        await asyncio.sleep(_REFRESH_KEYS)
        for keys in every_keys:
            await asyncio.to_thread(keys.refresh)


def _answer_clearly(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def of_the_framework(_: Request, exc: HTTPException) -> Response:
        words = {
            404: ("There is nothing at this address.", "Send alerts to /alerts/ and the name of their form."),
            405: ("This address does not take this method.", "Send alerts by POST; ask /health and /ready by GET."),
        }
        error, remedy = words.get(exc.status_code, ("The request was not understood.", "Correct it and send it again."))
        return refusal(Refused(exc.status_code, error, remedy), dict(exc.headers or {}))
