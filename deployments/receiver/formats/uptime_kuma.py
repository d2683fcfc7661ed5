"""Uptime Kuma's webhook notification with the JSON body: a monitor that went down or came up.

Uptime Kuma signs nothing; its additional headers show a bearer token. A heartbeat names itself by monitor and time, so
a retry is known; its time is Uptime Kuma's own clock, in UTC. Pending and maintenance are neither a problem nor its
end. A problem is a monitor's id, whatever it is called. A notice without a monitor, such as one of a certificate that
expires, is an alert of its own; its test is answered.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from deployments.receiver.formats import Call, Format, Item, Message, Tools, said_nothing
from deployments.receiver.formats._credentials import CredentialOptions, check_credentials
from deployments.receiver.formats._group import turn
from deployments.receiver.formats._reading import VITAL, Vendor, address, clean, labels, moment, parse, utc
from deployments.receiver.formats._signing import in_time
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import unfit
from runbook.alert import Alert, Severity, fingerprint_of

_REMEDY = 'Set the additional headers in Uptime Kuma to {"Authorization": "Bearer <the receiver\'s secret>"}.'
_DAYS = re.compile(r"\bin [0-9]+ days?\b")
_DOWN, _UP, _PENDING, _MAINTENANCE = range(4)


class Options(CredentialOptions):
    """`[formats.uptime_kuma]` in the settings."""

    severity: Severity = Severity.ERROR
    """Uptime Kuma knows none; a route may say another."""
    window: timedelta = timedelta(days=1)
    repeat_after: timedelta = timedelta(hours=1)
    """Notices without a monitor that say the same within this time are one delivery."""


class _Heartbeat(Vendor):
    status: int = Field(ge=_DOWN, le=_MAINTENANCE)
    time: datetime
    msg: str | None = None


class _Tag(Vendor):
    name: str = ""
    value: str | None = None


class _Monitor(Vendor):
    id: int
    name: str = ""
    url: str | None = None
    hostname: str | None = None
    type: str = ""
    tags: list[_Tag] = Field(default_factory=list[_Tag])


class _Payload(Vendor):
    msg: str = ""
    heartbeat: Annotated[_Heartbeat | None, VITAL] = None
    monitor: Annotated[_Monitor | None, VITAL] = None


class UptimeKuma:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """The secret in the additional header."""
        check_credentials(call, self._options, self._keys, _REMEDY)

    def read(self, call: Call) -> Message:
        """The heartbeat that changed something, or a notice."""
        payload = parse(_Payload, call.body, "The Uptime Kuma payload")
        beat, monitor = payload.heartbeat, payload.monitor
        if beat is None and monitor is None:
            return self._notice(payload.msg, call.now)
        if beat is None or monitor is None:
            raise unfit("The Uptime Kuma payload does not fit: it has one of heartbeat and monitor only.")
        in_time(utc(beat.time), call, self._options.window, "Let Uptime Kuma notify anew; check its clock.")
        if beat.status in {_PENDING, _MAINTENANCE}:
            return said_nothing("a heartbeat of Uptime Kuma that is neither up nor down")
        delivery = fingerprint_of(str(monitor.id), str(beat.status), utc(beat.time).isoformat())
        return Message(items=[Item(delivery=delivery, alert=self._alert(payload.msg, beat, monitor))])

    def _alert(self, text: str, beat: _Heartbeat, monitor: _Monitor) -> Alert:
        told = {"monitor": str(monitor.id), "type": monitor.type, "hostname": monitor.hostname or ""}
        own = {tag.name: tag.value or "true" for tag in monitor.tags if tag.name}
        return Alert(
            format="uptime_kuma",
            name=clean(monitor.name, 300) or "unnamed monitor",
            fingerprint=fingerprint_of("uptime_kuma", str(monitor.id)),
            status="resolved" if beat.status == _UP else "firing",
            severity=self._options.severity,
            summary=clean(text or beat.msg or "", 4000),
            labels=labels(own | {name: value for name, value in told.items() if value}),
            starts_at=moment(beat.time),
            link=address(monitor.url),
        )

    def _notice(self, text: str, now: datetime) -> Message:
        if text.rstrip().endswith("Testing"):
            return Message(test="a test by Uptime Kuma")
        if not clean(text, 4000):
            raise unfit("The Uptime Kuma payload does not fit at msg: it is blank.")
        problem = fingerprint_of("uptime_kuma", "notice", _DAYS.sub("in # days", text))  # another each day
        alert = Alert(
            format="uptime_kuma",
            name="Uptime Kuma notice",
            fingerprint=problem,
            severity=Severity.WARNING,
            summary=clean(text, 4000),
        )
        at = turn(now, self._options.repeat_after.total_seconds())
        return Message(items=[Item(delivery=fingerprint_of(problem, text, at), alert=alert)])


def make(options: Options, tools: Tools) -> Format:
    """Uptime Kuma's format by the operator's options."""
    return UptimeKuma(options, tools.keys(options.secrets))
