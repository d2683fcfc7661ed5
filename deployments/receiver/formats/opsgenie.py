"""Opsgenie's outgoing webhook (also in Jira Service Management): alerts that were created there, and their end.

Opsgenie signs nothing; the webhook integration sends headers of one's own, so it shows a bearer token or the header of
`header`. The alert's time of update, by Opsgenie's clock, is in the body; an alert's creation may lie weeks before its
end, and is no time of sending. Acknowledgements, snoozes, notes and the like lead to nothing; an alert that is deleted
says nothing of the problem. A problem is an alert's alias, which Opsgenie itself joins repeats by, else its id.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from deployments.receiver.formats import Call, Format, Item, Message, Tools, said_nothing
from deployments.receiver.formats._credentials import CredentialOptions, check_credentials
from deployments.receiver.formats._group import turn
from deployments.receiver.formats._reading import Labels, Vendor, clean, document, fit, labels, tags, utc
from deployments.receiver.formats._reading import severity as severity_of
from deployments.receiver.formats._signing import in_time
from deployments.receiver.keys import Keys
from runbook.alert import Alert, Severity, fingerprint_of

_REMEDY = "Add the header `Authorization: Bearer <the receiver's secret>` to the webhook integration in Opsgenie."
_WHAT = "The Opsgenie payload"
_STATUS = {"create": "firing", "close": "resolved", "delete": "resolved"}
_TESTS = frozenset({"test", "testalert", "integrationtest"})
_FIRST = 1_000_000_000
"""Less is no time: seconds of this many digits are those since 2001."""
_LAST = 9_999_999_999
"""The last second of ten digits, in the year 2286; anything greater is a smaller unit."""
_GREATEST = _LAST * 1_000_000_000 + 999_999_999
"""Its last nanosecond; what is greater is no time."""


class Options(CredentialOptions):
    """`[formats.opsgenie]` in the settings."""

    window: timedelta = timedelta(days=1)
    repeat_after: timedelta = timedelta(minutes=1)
    """Without any time in it, deliveries that say the same within this time are one."""


def _in_reach(stamp: int | None) -> int | None:
    if stamp is not None and not (_FIRST <= stamp <= _GREATEST and _time(stamp).timestamp() >= _FIRST):
        raise ValueError
    return stamp


def _counted(stamp: object) -> object:
    """A time that is written out, as seconds."""
    if not isinstance(stamp, str) or "-" not in stamp:
        return stamp
    return int(utc(datetime.fromisoformat(stamp)).timestamp())


_Stamp = Annotated[int | None, BeforeValidator(_counted), AfterValidator(_in_reach)]


class _Alert(Vendor):
    alertId: str = Field(min_length=1)
    message: str = ""
    alias: str = ""
    entity: str | None = None
    description: str | None = None
    priority: str | None = None
    tags: list[str] = Field(default_factory=list[str])
    details: Labels = Field(default_factory=dict)
    createdAt: _Stamp = None
    updatedAt: _Stamp = None


class _Action(Vendor):
    action: str


class _Payload(_Action):
    alert: _Alert
    integrationName: str = ""


class Opsgenie:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """The secret in the integration's header."""
        check_credentials(call, self._options, self._keys, _REMEDY)

    def read(self, call: Call) -> Message:
        """The alert, if it began or ended."""
        given = document(call.body, _WHAT)
        action = fit(_Action, given, _WHAT).action.lower()
        if action in _TESTS:
            return Message(test="Opsgenie's test of the integration")
        payload = fit(_Payload, given, _WHAT)
        status, given = _STATUS.get(action), payload.alert
        if status is None:
            return said_nothing(f"Opsgenie's action {clean(payload.action, 60)!r}")
        sent_at = given.updatedAt or (given.createdAt if status == "firing" else None)
        if sent_at:
            in_time(_time(sent_at), call, self._options.window, "Let Opsgenie send it anew.")
        problem = given.alias or given.alertId
        details = {name: value for name, value in given.details.items() if value}
        told = {"entity": given.entity or "", "alert": given.alertId, "integration": payload.integrationName}
        alert = Alert(
            format="opsgenie",
            name=clean(given.message, 300) or "unnamed alert",
            fingerprint=fingerprint_of("opsgenie", problem),
            status="resolved" if status == "resolved" else "firing",
            severity=severity_of(given.priority, Severity.ERROR),
            summary=clean(given.description or given.message, 4000),
            labels=labels(tags(given.tags) | details | {name: value for name, value in told.items() if value}),
            starts_at=_time(given.createdAt) if given.createdAt else None,
        )
        at = _time(sent_at).isoformat() if sent_at else turn(call.now, self._options.repeat_after.total_seconds())
        delivery = fingerprint_of(given.alertId, payload.action, at)
        blind = "its alert was deleted in Opsgenie" if action == "delete" else ""
        return Message(items=[Item(delivery=delivery, alert=alert, blind=blind)])


def _time(stamp: int) -> datetime:
    """Milliseconds or nanoseconds since 1970: Opsgenie writes both, told apart by their length."""
    while stamp > _LAST:
        stamp //= 1000
    return datetime.fromtimestamp(stamp, tz=UTC)


def make(options: Options, tools: Tools) -> Format:
    """Opsgenie's format by the operator's options."""
    return Opsgenie(options, tools.keys(options.secrets))
