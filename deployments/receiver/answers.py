"""What the receiver answers, as models: they are its OpenAPI, too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from deployments.receiver.refusals import Problem, Refused


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Accepted(_Answer):
    """Kept, come what may; the runbook starts in the background."""

    receipts: list[int] = Field(description="One for each alert: its number in the inbox.")
    new: bool = Field(description="False if all of them were kept before: the sender tried again.")


class Greeted(_Answer):
    """The handshake of a vendor was answered; there was no alert."""

    done: str


class DispatchState(_Answer):
    """How the dispatcher is doing."""

    running: bool = Field(default=False, description="Whether it works at all.")
    last_dispatch: datetime | None = Field(default=None, description="When an incident last got its flow run.")
    awaiting_runs: int = Field(default=0, description="Open incidents that have no flow run yet.")
    trouble: str | None = Field(
        default=None, description="What keeps it from going on, if anything does; it tries again."
    )


class Deliveries(_Answer):
    """What became of the deliveries in one form since the receiver started."""

    form: str
    taken: int = 0
    refused: int = 0
    last_taken: datetime | None = None
    last_refused: datetime | None = None
    status: int | None = Field(default=None, description="The last refusal's.")
    error: str | None = Field(default=None, description="Why the last one was refused.")


class Health(_Answer):
    """Whether alerts are kept, and what becomes of them."""

    journal: Literal["reachable", "away"]
    waiting: int | None = Field(description="Alerts in the inbox that are not handled yet; null if nobody can tell.")
    dispatch: DispatchState
    deliveries: list[Deliveries] = Field(default_factory=list[Deliveries])


class Ready(_Answer):
    """Whether alerts may be sent here."""

    ready: bool
    formats: list[str]
    installation: str = Field(description="Whose receiver this is: a name made up for one home, and no secret.")


def reply(status: int, said: BaseModel, headers: Mapping[str, str] | None = None) -> Response:
    """An answer, as JSON."""
    return Response(said.model_dump_json(), status, headers, media_type="application/json")


def refusal(exc: Refused, further: Mapping[str, str] | None = None) -> Response:
    """Why something is not accepted, with the headers that belong to it."""
    headers = dict(further or {})
    if exc.retry_after is not None:
        headers["Retry-After"] = str(exc.retry_after)
    if exc.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Webhook realm="codeblue"'
    if exc.status in {408, 413, 503}:  # the rest of the body may not be read, so the connection cannot go on
        headers["Connection"] = "close"
    return reply(exc.status, exc.problem, headers)


def _problem(description: str) -> dict[str, Any]:
    return {"model": Problem, "description": description}


POST_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Greeted, "description": "A vendor's handshake was answered."},
    202: {"model": Accepted, "description": "Every alert is kept."},
    400: _problem("Not the syntax of this form."),
    401: _problem("Not signed, wrongly signed, or signed at another time."),
    403: _problem("Authentic, but not allowed to send here."),
    404: _problem("No such form, or it is not switched on."),
    408: _problem("The body did not arrive in time."),
    409: _problem("A replay of a delivery that was accepted before. Nothing was done."),
    413: _problem("The body is too large."),
    415: _problem("The body is compressed."),
    422: _problem("Well-formed, but not what this form says."),
    503: _problem("The alert could not be kept. Send it again after `Retry-After` seconds."),
}

SIGNED_HEADERS = [
    {"name": name, "in": "header", "required": True, "description": description, "schema": {"type": "string"}}
    for name, description in (
        ("webhook-id", "Names the delivery: unique for each, the same when it is sent again."),
        ("webhook-timestamp", "Unix seconds of this attempt; the clocks may differ by five minutes."),
        ("webhook-signature", "`v1,` and the base64 of HMAC-SHA256(secret, `<id>.<timestamp>.<body>`)."),
    )
]
"""The proof of `/alerts/signed`, for its OpenAPI."""

POST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "What the vendor sends, byte for byte; its module in `deployments/receiver/formats` says what.",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/plain": {"schema": {"type": "string"}}},
    }
}
