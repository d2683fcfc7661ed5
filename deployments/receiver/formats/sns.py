"""CloudWatch alarms by Amazon SNS (HTTPS subscription, raw message delivery off), both signature versions.

A message is taken if its topic is on the list, its certificate lies at Amazon SNS and is fit to sign, the signature is
right, and it was published within `window`, by Amazon's clock (SNS tries again for up to an hour). SNS repeats the very
same signed message when an answer was lost; such a one is refused as known, which ends SNS's retries and loses nothing.
Subscriptions are confirmed for listed topics only. The certificate's chain is not walked to a root: SNS serves the
bare certificate, and what vouches for it is the TLS connection to a host of Amazon's. What Auto Scaling, S3 and SES
send to a new topic is a test, and so is a text that somebody publishes by hand and calls one.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import cast

from pydantic import Field

from deployments.receiver.formats import Call, Format, FormatOptions, Message, Tools
from deployments.receiver.formats import _cloudwatch as cloudwatch
from deployments.receiver.formats._reading import document, parse
from deployments.receiver.formats._signing import in_time
from deployments.receiver.formats._sns_envelope import Certificates, Envelope, Fetch, confirmation_address
from deployments.receiver.refusals import Refused, not_authentic, unfit
from runbook.alert import Severity, fingerprint_of

log = logging.getLogger("codeblue.receiver")

_TESTS = frozenset({"autoscaling:TEST_NOTIFICATION", "s3:TestEvent", "AmazonSnsSubscriptionSucceeded"})
_MESSAGE = "The SNS message is not a CloudWatch alarm: it"


class Options(FormatOptions):
    """`[formats.sns]` in the settings. `topics` are the ARNs that may send."""

    topics: list[str] = Field(min_length=1)
    severity: Severity = Severity.ERROR
    """CloudWatch alarms have none; a route may say another."""
    window: timedelta = timedelta(minutes=75)


class Sns:
    """The format. `make` makes it."""

    def __init__(self, options: Options, fetch: Fetch) -> None:
        self._options, self._fetch = options, fetch
        self._certificates = Certificates(fetch)

    async def verify(self, call: Call) -> None:
        """Topic, certificate, signature and time, the cheap ones first."""
        if call.headers.get("x-amz-sns-rawdelivery", "").lower() == "true":
            raise not_authentic(
                "The delivery is a raw one, which SNS does not sign.",
                "Switch raw message delivery off for this subscription.",
            )
        envelope = _envelope(call)
        if envelope.TopicArn not in self._options.topics:
            raise Refused(
                403,
                "This SNS topic may not send here.",
                "Add its ARN to `topics` in the receiver's settings if it should.",
            )
        sent_at = _sent_at(envelope)
        await self._certificates.check(envelope, call.now)
        in_time(sent_at, call, self._options.window, "Let SNS publish it anew; check this machine's clock.")

    def read(self, call: Call) -> Message:
        """An alarm, or the handshake of a subscription."""
        envelope = _envelope(call)
        match envelope.Type:
            case "Notification":
                return self._notification(envelope)
            case "SubscriptionConfirmation":
                return Message(handshake=lambda: self._confirm(envelope))
            case "UnsubscribeConfirmation":
                return Message(handshake=lambda: _let_go(envelope))

    def _notification(self, envelope: Envelope) -> Message:
        try:
            given = document(envelope.Message, _MESSAGE)
        except Refused:
            if re.search(r"\btest\b", f"{envelope.Subject or ''} {envelope.Message}", re.IGNORECASE):
                return Message(test="a text that was published by hand")
            raise
        if isinstance(given, dict):
            told = cast("dict[str, object]", given)
            if _TESTS & {str(told.get("Event")), str(told.get("notificationType"))}:
                return Message(test="what Amazon sends to a new topic")
            if "AlarmName" not in told:
                raise unfit(
                    "The SNS message is another service's and no CloudWatch alarm.",
                    "Give the alarms a topic of their own, or this subscription a filter policy.",
                )
        delivery = fingerprint_of(envelope.TopicArn, envelope.MessageId)
        item = cloudwatch.read(cast("object", given), delivery, self._options.severity)
        return Message(items=[item], sent_at=_sent_at(envelope))

    async def _confirm(self, envelope: Envelope) -> str:
        url = confirmation_address(envelope)
        try:
            await self._fetch(url)
        except Exception as exc:  # whatever the network says: SNS asks again
            raise Refused(
                503,
                "Amazon SNS could not be reached to confirm the subscription.",
                "Send it again later.",
                retry_after=10,
            ) from exc
        return f"The subscription to {envelope.TopicArn} is confirmed."


async def _let_go(envelope: Envelope) -> str:
    # Confirming here would subscribe again; whoever unsubscribed had the right to.
    log.warning("SNS no longer sends alarms of %s: the subscription was ended.", envelope.TopicArn)
    return f"The subscription to {envelope.TopicArn} has ended; its alarms no longer arrive here."


def _envelope(call: Call) -> Envelope:
    return parse(Envelope, call.body, "The SNS delivery")


def _sent_at(envelope: Envelope) -> datetime:
    try:
        at = datetime.fromisoformat(envelope.Timestamp)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise unfit("The SNS delivery does not fit at Timestamp: it is no time.") from None


def make(options: Options, tools: Tools) -> Format:
    """SNS's format by the operator's options."""
    return Sns(options, tools.fetch)
