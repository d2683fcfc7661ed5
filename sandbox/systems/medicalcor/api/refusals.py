"""How those whom the API calls refuse a call: the status and the body that each of them publishes.

- OpenAI: platform.openai.com/docs/guides/error-codes
- HubSpot: developers.hubspot.com/docs/api-reference/error-handling
- WhatsApp: docs.360dialog.com/docs/support/api-error-message-list, and Meta's Cloud API in its form

A way that none of them publishes is no refusal. Bodies hold what they hold in life too, such as the telephone number of
whoever was written to or the end of a key: `PLANTED`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sandbox.errors import UnknownFault

PHONE: Final = "+40 721 555 014"
LEAD: Final = "Ioana Popescu asks what four implants cost"
KEYS: Final = ("sk-proj-7Hq2practice0nly9XwLm", "pat-eu1-5d1practice-0nly-4f6b", "D360practice0nly8Zk3")
PLANTED: Final = (PHONE, PHONE.replace(" ", ""), PHONE.replace(" ", "").lstrip("+"), LEAD, "Popescu", *KEYS)
"""What errors hold and nobody who looks may tell."""
PATIENCE_MS: Final = 30_000
"""How long the API waits for an answer."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One way: the HTTP status (none where no answer came in time), its name, the body, and when to ask again (s)."""

    status: int | None
    name: str = ""
    body: str = ""
    retry_after: int | None = None

    @property
    def seconds(self) -> float:
        """How long the call takes."""
        return 0.12 if self.status else PATIENCE_MS / 1000

    def logged(self, service: str) -> tuple[str, dict[str, Any]]:
        """What the API logs of it: a message, and further fields."""
        if self.status is None:
            return f"Request timeout after {PATIENCE_MS}ms", {"url": f"/{service}", "lead": LEAD}
        more = {"retryAfter": self.retry_after} if self.retry_after is not None else {}
        fields = {
            "status": self.status,
            "statusText": self.name,
            "url": f"/{service}?q={PHONE}",
            "errorBody": self.body,
        }
        return f"{service} API error", fields | more


def _openai(message: str, kind: str, code: str | None) -> str:
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}})


def _hubspot(message: str, **more: str) -> str:
    said = {"status": "error", "message": message, "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf"}
    return json.dumps(said | more)


def _meta(code: int, title: str, details: str) -> str:
    data = {"messaging_product": "whatsapp", "details": details}
    said = {"message": f"(#{code}) {title}", "type": "OAuthException", "code": code, "error_data": data}
    return json.dumps({"error": {**said, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam"}})


def _dialog(status: int, message: str) -> str:
    return json.dumps({"meta": {"httpCode": status, "developerMessage": message, "success": False}})


def _number(code: int, title: str) -> Refusal:
    return Refusal(status=400, name="Bad Request", body=_meta(code, title, f"{PHONE} cannot be written to: {LEAD}"))


NO_ANSWER: Final = Refusal(status=None)
KEY, LIMITED, UNAVAILABLE, SLOW = "key", "limited", "unavailable", "slow"
WAYS: Final = MappingProxyType(
    {
        "openai": {
            KEY: Refusal(
                status=401,
                name="Unauthorized",
                body=_openai(f"Incorrect API key provided: {KEYS[0]}.", "invalid_request_error", "invalid_api_key"),
            ),
            LIMITED: Refusal(
                status=429,
                name="Too Many Requests",
                body=_openai(
                    "Rate limit reached for gpt-4o in organization org-practice on tokens per min (TPM): Limit 30000,"
                    " Used 29503, Requested 1401. Please try again in 2s.",
                    "tokens",
                    "rate_limit_exceeded",
                ),
                retry_after=2,
            ),
            "spent": Refusal(
                status=429,
                name="Too Many Requests",
                body=_openai(
                    "You exceeded your current quota, please check your plan and billing details.",
                    "insufficient_quota",
                    "insufficient_quota",
                ),
            ),
            UNAVAILABLE: Refusal(
                status=503,
                name="Service Unavailable",
                body=_openai("The engine is currently overloaded, please try again later", "server_error", None),
            ),
            SLOW: NO_ANSWER,
        },
        "hubspot": {
            KEY: Refusal(
                status=401,
                name="Unauthorized",
                body=_hubspot(f"Authentication credentials not found: {KEYS[1]}.", category="INVALID_AUTHENTICATION"),
            ),
            LIMITED: Refusal(
                status=429,
                name="Too Many Requests",
                body=_hubspot(
                    "You have reached your secondly limit.", errorType="RATE_LIMIT", policyName="TEN_SECONDLY_ROLLING"
                ),
                retry_after=10,
            ),
            "invalid": Refusal(
                status=400,
                name="Bad Request",
                body=_hubspot(f"Property values were not valid: {PHONE}, {LEAD}", category="VALIDATION_ERROR"),
            ),
            UNAVAILABLE: Refusal(status=503, name="Service Unavailable", body=_hubspot(f"not stored: {LEAD}")),
            SLOW: NO_ANSWER,
        },
        "whatsapp": {
            KEY: Refusal(
                status=401, name="Unauthorized", body=_dialog(401, f"Invalid api_key or token expired: {KEYS[2]}")
            ),
            "expired": Refusal(
                status=401, name="Unauthorized", body=_meta(190, "Access token has expired", f"Token {KEYS[2]}")
            ),
            LIMITED: Refusal(
                status=400,
                name="Bad Request",
                body=_meta(130429, "Rate limit hit", "Cloud API message throughput has been reached."),
            ),
            "number": _number(131026, "Message undeliverable"),
            "template": Refusal(
                status=404,
                name="Not Found",
                body=_meta(132001, "Template name does not exist in the translation", f"template (recall) for {PHONE}"),
            ),
            "paused": Refusal(
                status=400,
                name="Bad Request",
                body=_meta(132015, "Template is Paused", "Template is paused due to low quality."),
            ),
            "window": _number(131047, "Re-engagement message"),
            UNAVAILABLE: Refusal(status=502, name="Bad Gateway", body=_dialog(502, f"not available for {PHONE}")),
            SLOW: NO_ANSWER,
        },
        "stripe": {UNAVAILABLE: Refusal(status=503, name="Service Unavailable")},
    }
)
"""By provider: each way in which it refuses."""


def refusal(provider: str, way: str) -> Refusal:
    """That way of a provider. Raises `UnknownFault` for one that it does not publish."""
    known = WAYS.get(provider, {})
    if way not in known:
        raise UnknownFault(f"{provider} refuses nothing as '{way}'. There are: {', '.join(known)}.")
    return known[way]
