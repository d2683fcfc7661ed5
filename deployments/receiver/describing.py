"""What the receiver's OpenAPI says of deliveries, which `deliveries` serves beside the framework. `app` calls it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as PathParam

from deployments.receiver import formats
from deployments.receiver.answers import POST_ANSWERS, POST_BODY, SIGNED_HEADERS
from deployments.receiver.formats.signed import Body

Form = Annotated[str, PathParam(description=f"The sender's form: {', '.join(formats.known())}.")]


def described() -> APIRouter:
    """The routes of deliveries, as they are described; nothing is ever sent through them."""
    router = APIRouter()
    _describe_signed(router)

    @router.post("/alerts/{form}", status_code=202, responses=POST_ANSWERS, openapi_extra=POST_BODY)
    async def receive(form: Form) -> None:
        """Take a monitor's alerts: 202 once they are kept."""

    return router


def _describe_signed(router: APIRouter) -> None:
    """Our own JSON has a schema of its own; it is served like any other form."""

    async def receive_signed() -> None:
        """Take one alert of a sender of your own, in our own JSON: 202 once it is kept."""

    router.add_api_route(
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
