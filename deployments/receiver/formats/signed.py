"""Our own small JSON, signed the way of Standard Webhooks (standardwebhooks.com); for everything without a form here.

    webhook-id: msg_2Lh9KRb0pzN4LePd3XiA4v        unique for each alert, the same when it is sent again
    webhook-timestamp: 1790000000                 seconds; the clocks may differ by five minutes
    webhook-signature: v1,K5oZfzN95Z9UVu1EsfQm... base64 of HMAC-SHA256(secret, "<id>.<timestamp>.<body>")

    {"name": "PostgresTooManyConnections", "status": "firing", "severity": "critical",
     "summary": "97 of 100 slots are taken", "labels": {"environment": "shop-prod"},
     "fingerprint": "shop-prod/connections", "starts_at": "2026-09-21T03:12:00Z", "link": "https://..."}

Only `name` must be there. Without a `fingerprint`, name and labels name the problem. The status `resolved` ends it,
with the same fingerprint, or the same name and labels; `test` starts nothing. Several signatures, separated by spaces,
may be sent while a secret is rotated. Secrets are text, or base64 after `whsec_`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deployments.receiver.formats import Call, Format, FormatOptions, Item, Message, Tools
from deployments.receiver.formats._reading import Labels, address, clean, labels, moment, own, parse, series
from deployments.receiver.formats._signing import standard_time, standard_webhook
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import unfit
from runbook.alert import Alert, Severity, fingerprint_of


class Options(FormatOptions):
    """`[formats.signed]` in the settings."""

    secrets: list[str] = Field(min_length=1)
    tolerance: timedelta = timedelta(minutes=5)


class Body(BaseModel):
    """An alert of a sender of one's own. Unknown keys are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=300, description="The alert's name, by which routes choose a runbook.")
    fingerprint: str | None = Field(
        None,
        min_length=1,
        max_length=128,
        description="What makes it this problem, the same for repeats and for the end. Without it, name and labels.",
    )
    status: Literal["firing", "resolved", "test"] = Field(
        "firing", description="`resolved` is the end of the problem; `test` is noted and starts nothing."
    )
    severity: Severity = Field(Severity.ERROR, description="How bad it is.")
    summary: str = Field("", max_length=4000, description="One or two sentences for people.")
    labels: Labels = Field(
        default_factory=dict, description="Text by name. Routes may match them; `environment` may choose where."
    )
    starts_at: datetime | None = Field(None, description="When the problem began.")
    link: str | None = Field(None, max_length=2000, description="Where a person sees more.")

    @model_validator(mode="before")
    @classmethod
    def _null_is_missing(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in cast("dict[str, Any]", given).items() if value is not None}


class Signed:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """Refuse a sending that is unsigned, wrongly signed, too old or from the future."""
        standard_webhook(call, self._keys, self._options.tolerance)

    def read(self, call: Call) -> Message:
        """The one alert of the body."""
        body = parse(Body, call.body, "The body")
        if not (name := clean(body.name, 300)):
            raise unfit("The body does not fit at name: it is blank.")
        if body.status == "test":
            return Message(test=f"a test by a sender of one's own ({name})")
        told = series(body.labels)
        alert = Alert(
            format="signed",
            name=name,
            fingerprint=own("signed", body.fingerprint.strip())
            if body.fingerprint and body.fingerprint.strip()
            else fingerprint_of("signed", name, *told),
            status=body.status,
            severity=body.severity,
            summary=clean(body.summary, 4000),
            labels=labels(body.labels),
            starts_at=moment(body.starts_at),
            link=address(body.link),
        )
        message = fingerprint_of(call.headers["webhook-id"])  # a sender's id may be of any length
        return Message(items=[Item(delivery=message, alert=alert)], sent_at=standard_time(call))


def make(options: Options, tools: Tools) -> Format:
    """The signed form by the operator's options."""
    return Signed(options, tools.keys(options.secrets))
