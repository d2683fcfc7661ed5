"""CloudWatch alarms by Amazon EventBridge: a rule on `CloudWatch Alarm State Change` with an API destination.

Of alarms over several time series, `CloudWatch Alarm Contributor State Change` tells of each by itself.

EventBridge signs nothing; its connection shows a secret: an API key in a header of its own, basic auth, or (added as a
header parameter) a bearer token. Retries carry the same event id, for a day, and are taken as known; `time` is Amazon's
clock. An alarm has the same fingerprint as by SNS, so it may come both ways and still is one incident. EventBridge also
tells of alarms whose actions are suppressed, or muted by a rule: those neither begin nor end anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from deployments.receiver.formats import CANNOT_SEE, Call, Format, Item, Message, Tools
from deployments.receiver.formats._cloudwatch import Tags, console, fingerprint
from deployments.receiver.formats._credentials import CredentialOptions, check_credentials
from deployments.receiver.formats._reading import VITAL, Labels, Vendor, clean, document, fit, labels, moment, utc
from deployments.receiver.formats._signing import in_time
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import unfit
from runbook.alert import Alert, Severity, fingerprint_of

_REMEDY = "Set the authorization of this API destination's connection to the receiver's secret."
_WHAT = "The EventBridge event"
_ALARM, _CONTRIBUTOR = "CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change"


class Options(CredentialOptions):
    """`[formats.eventbridge]` in the settings."""

    severity: Severity = Severity.ERROR
    """CloudWatch alarms have none; a route may say another."""
    window: timedelta = timedelta(hours=25)
    """EventBridge tries again for a day."""


class _State(Vendor):
    value: Literal["ALARM", "OK", "INSUFFICIENT_DATA"]
    reason: str = ""
    actionsSuppressedBy: str = ""


class _Metric(Vendor):
    name: str = ""
    namespace: str = ""
    dimensions: Labels = Field(default_factory=dict)


class _Stat(Vendor):
    metric: _Metric = Field(default_factory=_Metric)


class _Query(Vendor):
    metricStat: _Stat | None = None


class _Configuration(Vendor):
    description: str | None = None
    metrics: list[_Query] = Field(default_factory=list[_Query])


class _Contributor(Vendor):
    id: str
    attributes: Labels = Field(default_factory=dict)


class _Mute(Vendor):
    mutedByArn: str = ""


class _Detail(Vendor):
    alarmName: str = Field(min_length=1)
    alarmContributor: Annotated[_Contributor | None, VITAL] = None
    state: _State
    configuration: _Configuration = Field(default_factory=_Configuration)
    muteDetail: _Mute | None = None
    alarmTags: Tags = Field(default_factory=dict)


class _Event(Vendor):
    id: str = Field(min_length=1)
    account: str
    region: str
    time: datetime
    resources: list[str] = Field(default_factory=list)
    detail: _Detail


class _Kind(Vendor):
    detail_type: str = Field(alias="detail-type")


class EventBridge:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """The secret of the API destination's connection."""
        check_credentials(call, self._options, self._keys, _REMEDY)

    def read(self, call: Call) -> Message:
        """The alarm of the event."""
        given = document(call.body, _WHAT)
        if fit(_Kind, given, _WHAT).detail_type not in {_ALARM, _CONTRIBUTOR}:
            raise unfit(
                "The EventBridge event is not an alarm's change of state.",
                f"Narrow the rule to the detail type {_ALARM!r}.",
            )
        event = fit(_Event, given, _WHAT)
        in_time(utc(event.time), call, self._options.window, "Let CloudWatch change the alarm's state anew.")
        return Message(items=[self._item(event)])

    def _item(self, event: _Event) -> Item:
        detail, region = event.detail, clean(event.region, 40)
        arn = next((arn for arn in event.resources if ":alarm:" in arn), "") or f"{region}:{detail.alarmName}"
        contributor = detail.alarmContributor
        said = (clean(detail.configuration.description or "", 1900), clean(detail.state.reason, 2000))
        return Item(
            delivery=fingerprint_of(event.id),
            blind=_blind(detail),
            alert=Alert(
                format="eventbridge",
                name=clean(detail.alarmName, 300) or "unnamed alarm",
                fingerprint=fingerprint(event.account, region, arn, contributor.id if contributor else ""),
                status="resolved" if detail.state.value == "OK" else "firing",
                severity=self._options.severity,
                summary=" ".join(part for part in said if part),
                labels=labels(dict(_labels(event))),
                starts_at=moment(event.time),
                link=console(arn, region, detail.alarmName),
            ),
        )


def _blind(detail: _Detail) -> str:
    if detail.state.value == "INSUFFICIENT_DATA":
        return CANNOT_SEE
    if by := clean(detail.state.actionsSuppressedBy, 60):
        return f"CloudWatch suppresses its actions ({by})"
    if detail.muteDetail is not None:
        rule = clean(detail.muteDetail.mutedByArn, 200).rpartition(":")[2]
        return f"a rule of CloudWatch mutes it ({rule or 'unnamed'})"
    return ""


def _labels(event: _Event) -> Iterator[tuple[str, str]]:
    yield from event.detail.alarmTags.items()
    yield from {"account": event.account, "region": event.region, "state": event.detail.state.value}.items()
    metrics = [query.metricStat.metric for query in event.detail.configuration.metrics if query.metricStat]
    for metric in reversed(metrics):  # of several metrics the first has the last word
        if metric.name:
            yield from {"namespace": metric.namespace, "metric": metric.name}.items()
        yield from metric.dimensions.items()
    if event.detail.alarmContributor is not None:
        yield from event.detail.alarmContributor.attributes.items()


def make(options: Options, tools: Tools) -> Format:
    """EventBridge's format by the operator's options."""
    return EventBridge(options, tools.keys(options.secrets))
