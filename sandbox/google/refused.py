"""A refusal as Google words it: a status, a word for it and a sentence; the older APIs add a list of errors."""

from __future__ import annotations

from typing import Any, Final

STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
"""Google's word for each status that is answered here."""


class Refused(Exception):
    """A request that is not done."""

    def __init__(self, status: int, message: str, *, reason: str = "", field: str = "") -> None:
        super().__init__(status, message, reason, field)
        self.status, self.message, self.reason, self.field = status, message, reason, field

    def body(self) -> dict[str, Any]:
        """In the form of the newer APIs."""
        error: dict[str, Any] = {"code": self.status, "message": self.message, "status": STATUSES[self.status]}
        details: list[dict[str, Any]] = []
        if self.reason:
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            details.append({"@type": kind, "reason": self.reason, "domain": "googleapis.com"})
        if self.field:
            violation = {"field": self.field, "description": self.message}
            kind = "type.googleapis.com/google.rpc.BadRequest"
            details.append({"@type": kind, "fieldViolations": [violation]})
        return {"error": {**error, **({"details": details} if details else {})}}

    def older_body(self) -> dict[str, Any]:
        """In the form of Cloud SQL."""
        one = {"message": self.message, "domain": "global", "reason": self.reason or _usual(self.status)}
        return {"error": {"code": self.status, "message": self.message, "errors": [one]}}


def _usual(status: int) -> str:
    return {400: "invalid", 401: "authError", 403: "notAuthorized", 404: "instanceDoesNotExist"}.get(
        status, "backendError"
    )
