"""The WSGI application: checks first, then our handlers, then moto."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

from journal import clock
from sandbox.overlay import enums, identity
from sandbox.overlay.call import Call, Environ, answer, read, refusal
from sandbox.overlay.hindered import ahead
from sandbox.overlay.registry import HANDLERS, MOTO
from sandbox.overlay.remembered import Dispatcher, remember
from sandbox.overlay.stage import Stage

StartResponse = Callable[..., Any]

OPEN_TO_ALL = ("AWSCognitoIdentityProviderService.", "AWSCognitoIdentityService.")
"""Services a browser calls without a signature."""


class Overlay:
    """moto with our checks and handlers in front."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        remember()
        self._moto = Dispatcher()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        call = read(environ)
        if call is None:
            if environ.get("HTTP_AUTHORIZATION") or str(environ.get("HTTP_X_AMZ_TARGET", "")).startswith(OPEN_TO_ALL):
                return self._moto(environ, start_response)
            # Also shuts moto's own control surface (/moto-api), with which a client could reset the world.
            start_response("403 FORBIDDEN", [("Content-Type", "application/json")])
            return [json.dumps({"__type": "MissingAuthenticationToken"}).encode()]
        start_response = _dated(start_response, clock.now() - ahead(call, self._stage))
        try:
            identity.check(call, self._stage)
            enums.check(call)
            result = self._handle(call)
        except (ServiceException, HTTPException) as error:
            result = refusal(error)
        if result is MOTO:
            return self._moto(environ, start_response)
        status, headers, body = answer(call, result)
        start_response(
            f"{status} {'OK' if status < HTTPStatus.BAD_REQUEST else 'ERROR'}",
            [*headers, ("Content-Length", str(len(body)))],
        )
        return [body]

    def _handle(self, call: Call) -> object:
        handler = HANDLERS.get((call.service, call.operation))
        return MOTO if handler is None else handler(call, self._stage)


def _dated(start_response: StartResponse, now: datetime) -> StartResponse:
    """Answer with the time, as AWS does: by it whoever asks can tell that their own clock is off."""

    def dated(status: str, headers: list[tuple[str, str]], *more: object) -> Any:
        return start_response(status, [*headers, ("Date", format_datetime(now, usegmt=True))], *more)

    return dated
