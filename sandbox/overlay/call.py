"""An AWS request, understood: which service and operation, with which typed parameters, signed by which key.

Parsing and answering use moto's own parsers and serialisers with the botocore models, so that a handler never sees a
protocol.
"""

from __future__ import annotations

import gzip
import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import XFormedAttributePicker, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

Environ = dict[str, Any]

SIGNED_AS: Mapping[str, tuple[str, ...]] = {
    "monitoring": ("cloudwatch",),
    "bedrock": ("bedrock", "bedrock-runtime", "bedrock-agent"),
    "email": ("sesv2", "ses"),
    "servicequotas": ("service-quotas",),
}
"""Signing names that differ from the service's own, with every service that signs so."""


class Refused(ServiceException):
    """AWS says no. `status` is the HTTP status where it is not the model's own."""

    def __init__(self, code: str, message: str, *, status: int | None = None) -> None:
        super().__init__(code, message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request. `parameters` are in the shape boto3 sends them; empty when they could not be read."""

    service: str
    operation: str
    region: str
    access_key: str
    parameters: Mapping[str, Any]
    model: OperationModel
    protocol: str

    @property
    def action(self) -> str:
        """The name IAM knows it by, such as `rds:RebootDBInstance`."""
        return f"{self.service}:{self.operation}"

    @property
    def speaks_query(self) -> bool:
        """Whether errors carry the names of the query protocol (AccessDenied, ValidationError)."""
        metadata: Mapping[str, object] = self.model.service_model.metadata
        return self.protocol in ("query", "ec2") or "awsQueryCompatible" in metadata


def read(environ: Environ) -> Call | None:
    """The call in a WSGI request; `None` when it is not signed or not a call of a service botocore knows."""
    scope = _scope(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        return None
    access_key, region, signed_as = scope
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    try:
        return _understand(environ, body, access_key=access_key, region=region, signed_as=signed_as)
    finally:
        environ["wsgi.input"] = io.BytesIO(body)


def answer(call: Call, result: object) -> tuple[int, list[tuple[str, str]], bytes]:
    """A result (or an error) as status, headers and body in the caller's protocol."""
    serializer = get_serializer_class(call.service, call.protocol)(
        operation_model=call.model, value_picker=XFormedAttributePicker()
    )
    written = serializer.serialize(result)
    status = int(written["status_code"])
    if isinstance(result, Refused) and result.status is not None:
        status = result.status
    body = written["body"]
    headers = {**written["headers"], "x-amzn-RequestId": str(uuid.uuid4())}
    return (
        status,
        [(str(name), str(value)) for name, value in headers.items()],
        body if isinstance(body, bytes) else str(body).encode(),
    )


def _scope(authorization: str) -> tuple[str, str, str] | None:
    marker = "Credential="
    if marker not in authorization:
        return None
    parts = authorization.split(marker, 1)[1].split(",", maxsplit=1)[0].split("/")
    try:
        access_key, _day, region, service, _end = parts
    except ValueError:
        return None
    return access_key, region, service.lower()


def _understand(environ: Environ, body: bytes, *, access_key: str, region: str, signed_as: str) -> Call | None:
    readable = gzip.decompress(body) if environ.get("HTTP_CONTENT_ENCODING") == "gzip" else body
    for service in SIGNED_AS.get(signed_as, (signed_as,)):
        fresh = {**environ, "wsgi.input": io.BytesIO(readable), "CONTENT_LENGTH": str(len(readable))}
        request = Request(fresh)
        try:
            model: ServiceModel = get_service_model(service)
            protocol = determine_request_protocol(model, request.content_type)
            operation, found_in_path = _operation(request, service)
            operation_model: OperationModel = model.operation_model(operation)
        except Exception:  # noqa: BLE001 - botocore and moto raise many kinds; not this service, or moto's to refuse
            continue
        parser = PROTOCOL_PARSERS[protocol](operation_model)
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": readable,
                "url_path": request.path,
                "url_params": found_in_path,
            }
        )
        return Call(
            service=service,
            operation=operation,
            region=region,
            access_key=access_key,
            parameters=parsed or {},
            model=operation_model,
            protocol=protocol,
        )
    return None


def _operation(request: Request, service: str) -> tuple[str, dict[str, Any]]:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.split(".")[-1], {}
    named = request.values.get("Action")
    if named:
        return named, {}
    operation, found_in_path = get_service_router(service).match(request)
    return operation.name, dict(found_in_path)


def refusal(error: ServiceException | HTTPException) -> ServiceException:
    """Moto's own errors, raised by its backends, as something `answer` can write."""
    if isinstance(error, ServiceException):
        return error
    return Refused(
        str(getattr(error, "error_type", "InternalFailure")),
        str(getattr(error, "message", error.description)),
        status=error.code,
    )
