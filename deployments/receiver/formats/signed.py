"""Our own small JSON, signed the way of Standard Webhooks (standardwebhooks.com); for everything without a form here.

    webhook-id: msg_2Lh9KRb0pzN4LePd3XiA4v        unique for each alert, the same when it is sent again
    webhook-timestamp: 1790000000                 seconds; the clocks may differ by five minutes
    webhook-signature: v1,K5oZfzN95Z9UVu1EsfQm... base64 of HMAC-SHA256(secret, "<id>.<timestamp>.<body>")

    {"name": "PostgresTooManyConnections", "status": "firing", "severity": "critical",
     "summary": "97 of 100 slots are taken", "labels": {"environment": "rung-prod"},
     "fingerprint": "rung-prod/connections", "starts_at": "2026-09-21T03:12:00Z", "link": "https://..."}

Only `name` must be there. Without a `fingerprint`, name and labels name the problem. Several signatures, separated by
spaces, may be sent while a secret is rotated. Secrets are text, or base64 after `whsec_`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from deployments.receiver.formats import Call, Format, FormatOptions, Item, Message, Tools
from deployments.receiver.formats._reading import clean, labels, moment, parse
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import not_authentic, unfit
from runbook.alert import Alert, Severity, fingerprint_of

_HOW = "Sign `<webhook-id>.<webhook-timestamp>.<body>` with the receiver's secret, as Standard Webhooks says."
_SIGNATURES_AT_MOST = 8


class Options(FormatOptions):
    """`[formats.signed]` in the settings."""

    secrets: list[str] = Field(min_length=1)
    tolerance: timedelta = timedelta(minutes=5)


class Body(BaseModel):
    """What a sender of one's own writes. Unknown keys are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=300)
    fingerprint: str | None = Field(None, min_length=1, max_length=128)
    status: Literal["firing", "resolved"] = "firing"
    severity: Severity = Severity.ERROR
    summary: str = Field("", max_length=4000)
    labels: dict[str, str] = Field(default_factory=dict)
    starts_at: datetime | None = None
    link: str | None = Field(None, max_length=2000)


class Signed:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """Refuse a sending that is unsigned, wrongly signed, too old or from the future."""
        given = call.headers.get("webhook-signature", "").split()[:_SIGNATURES_AT_MOST]
        message, stamp = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "")
        if not (given and message and stamp):
            raise not_authentic("The delivery is not signed.", _HOW)
        content = f"{message}.{stamp}.".encode() + call.body
        mine = [
            "v1," + base64.b64encode(hmac.digest(_secret(key), content, hashlib.sha256)).decode()
            for key in self._keys.current()
        ]
        if not any([hmac.compare_digest(a.encode(), b.encode()) for a in given for b in mine]):  # noqa: C419
            raise not_authentic("The delivery's signature is wrong.", _HOW)
        if abs(call.now - _sent_at(call)) > self._options.tolerance:
            raise not_authentic(
                f"The delivery was signed more than {self._options.tolerance} from now.",
                "Send it again with a fresh timestamp and signature; check both clocks.",
            )

    def read(self, call: Call) -> Message:
        """The one alert of the body."""
        body = parse(Body, call.body, "The body")
        if not (name := clean(body.name, 300)):
            raise unfit("The body does not fit at name: it is blank.")
        own = sorted(f"{label}={value}" for label, value in body.labels.items())
        alert = Alert(
            format="signed",
            name=name,
            fingerprint=clean(body.fingerprint or "", 128) or fingerprint_of("signed", name, *own),
            status=body.status,
            severity=body.severity,
            summary=clean(body.summary, 4000),
            labels=labels(body.labels),
            starts_at=moment(body.starts_at),
            link=body.link and clean(body.link, 2000),
        )
        message = fingerprint_of(call.headers["webhook-id"])  # a sender's id may be of any length
        return Message(items=[Item(delivery=message, alert=alert)], sent_at=_sent_at(call))


def _secret(key: bytes) -> bytes:
    if not key.startswith(b"whsec_"):
        return key
    try:
        return base64.b64decode(key.removeprefix(b"whsec_"), validate=True) or key  # an empty key signs for anybody
    except binascii.Error:
        return key


def _sent_at(call: Call) -> datetime:
    stamp = call.headers["webhook-timestamp"]
    if not re.fullmatch(r"[0-9]{1,11}", stamp):
        raise not_authentic("The delivery's webhook-timestamp is not a number of seconds.", _HOW)
    return datetime.fromtimestamp(int(stamp), tz=UTC)


def make(options: Options, tools: Tools) -> Format:
    """The signed form by the operator's options."""
    return Signed(options, tools.keys(options.secrets))
