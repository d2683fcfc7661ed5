"""`POST /alerts/{format}`: one delivery, from its first byte to its answer. `app` puts it in front of the framework.

Its body is bounded → the format verifies the raw bytes → reads the alerts → they are persisted → 202 with their
receipts → the dispatcher is told. Whatever fails before the commit is refused with a sentence and a remedy; whatever
fails after it is the dispatcher's to try again.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from deployments.receiver import formats
from deployments.receiver.answers import Accepted, Greeted, refusal, reply
from deployments.receiver.body import Bodies
from deployments.receiver.formats import Call, Format
from deployments.receiver.intake import Intake
from deployments.receiver.refusals import Refused
from deployments.receiver.tally import NOWHERE, Tally

log = logging.getLogger("codeblue.receiver")

_PLACE = "/alerts/"


@dataclass(frozen=True, kw_only=True)
class Active:
    """A form that is switched on, and how large its bodies may be."""

    format: Format
    at_most: int


class Deliveries:
    """An ASGI application of its own: through the framework's layers a delivery would take twice as long."""

    def __init__(
        self,
        active: Mapping[str, Active],
        intake: Intake,
        tally: Tally,
        dispatch: Callable[..., None],
        *,
        clock: Callable[[], datetime],
        body_within: float,
    ) -> None:
        self._active, self._intake, self._tally, self._dispatch = active, intake, tally, dispatch
        self._clock, self._within, self._bodies = clock, body_within, Bodies()

    @staticmethod
    def are_meant(scope: Scope) -> bool:
        """Whether a request is a delivery, whatever its form."""
        return scope["type"] == "http" and scope["method"] == "POST" and _form(scope) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one delivery and answer it, whatever becomes of it."""
        form = _form(scope) or ""
        try:
            with self._tally.counting(form if form in formats.known() else NOWHERE):
                answer = await self._receive(Request(scope, receive), form)
        except Refused as refused:
            answer = refusal(refused)
        await answer(scope, receive, send)

    async def _receive(self, request: Request, form: str) -> Response:
        if form not in self._active:
            raise _unknown(form)
        it = self._active[form]
        query: Mapping[str, str] = request.query_params if request.scope["query_string"] else {}
        call = Call(body=b"", headers=request.headers, now=self._clock(), query=query)
        try:
            reads_cut = getattr(it.format, "reads_cut", False) and await _proven(it.format, call)
            async with self._bodies.bounded(
                request, at_most=it.at_most, within=self._within, reads_cut=reads_cut
            ) as body:
                return await self._accept(form, it.format, replace(call, body=body.raw, cut=body.cut))
        except Refused as refused:
            log.warning("%s refused, %d: %s", form, refused.status, refused.error)
            raise
        except Exception as exc:  # an internal error: the sender keeps its alert and comes again
            raise _sorry(exc) from exc

    async def _accept(self, name: str, form: Format, call: Call) -> Response:
        await form.verify(call)
        message = form.read(call)
        if message.test:
            await self._intake.note(name, message.test, call)
            log.info("%s: %s was received; nothing follows from it.", name, message.test)
            return reply(200, Greeted(done=f"Received: {message.test}. It is noted, and nothing follows from it."))
        if message.handshake is not None:
            done = await message.handshake()
            log.info("%s: %s", name, done)
            return reply(200, Greeted(done=done))
        receipts, new = await self._intake.take(name, message)
        for note in dict.fromkeys(note for item in message.items for note in item.notes):
            log.warning("%s: %s", name, note)
        if new:
            self._dispatch()
        return reply(202, Accepted(receipts=[receipt.id for receipt in receipts], new=new))


def _form(scope: Scope) -> str | None:
    """The form that an address names, with or without a slash at its end; `None` for any other address."""
    path: str = scope["path"]
    form = path.rstrip("/")[len(_PLACE) :] if path.startswith(_PLACE) else ""
    return form if form and "/" not in form else None


async def _proven(form: Format, call: Call) -> bool:
    """Whether the headers alone prove the sender."""
    try:
        await form.verify(call)
    except Refused:
        return False
    return True


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
