"""The alarm that CloudWatch puts into an SNS message, as our alert. Used by `sns`; `eventbridge` shares its names.

`INSUFFICIENT_DATA` means that CloudWatch cannot see. That is neither the problem nor its end: such an item is `blind`.
An alarm over several time series also tells of each of them, a *contributor*, by itself: each is a problem of its own,
so that the end of one does not end the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, cast
from urllib.parse import quote

from pydantic import BeforeValidator, Field, field_validator

from deployments.receiver.formats import CANNOT_SEE, Item
from deployments.receiver.formats._reading import Labels, Vendor, clean, fit, labels, moment
from runbook.alert import Alert, Severity, fingerprint_of


def _pairs(given: object) -> object:
    if not isinstance(given, list):
        return given
    known = (cast("dict[str, object]", one) for one in cast("list[object]", given) if isinstance(one, dict))
    return {str(one.get("Key") or one.get("key")): one.get("Value", one.get("value")) for one in known}


Tags = Annotated[Labels, BeforeValidator(_pairs)]
"""An alarm's tags, which the operator has sent along: keys with values, or a list of such pairs."""


class _Dimension(Vendor):
    name: str
    value: str


class _Metric(Vendor):
    MetricName: str = ""
    Namespace: str = ""
    Dimensions: list[_Dimension] = Field(default_factory=list[_Dimension])


class _Stat(Vendor):
    Metric: _Metric


class _Query(Vendor):
    MetricStat: _Stat | None = None


class _Trigger(_Metric):
    Metrics: list[_Query] = Field(default_factory=list[_Query])
    """Set for alarms on metric maths; then the plain metric is missing."""


class Alarm(Vendor):
    """CloudWatch's message; metric, metric maths and composite alarms alike. The names are Amazon's."""

    AlarmName: str = Field(min_length=1)
    AlarmDescription: str | None = None
    AWSAccountId: str
    AlarmArn: str = ""
    Region: str = ""
    NewStateValue: Literal["ALARM", "OK", "INSUFFICIENT_DATA"]
    NewStateReason: str = ""
    StateChangeTime: datetime | None = None
    Trigger: _Trigger | None = None
    AlarmContributorId: str = ""
    AlarmContributorAttributes: Labels = Field(default_factory=dict)
    AlarmTags: Tags = Field(default_factory=dict)

    @field_validator("StateChangeTime", mode="before")
    @classmethod
    def _with_a_colon(cls, value: object) -> object:
        # "2026-09-21T03:12:00.123+0000": Amazon leaves the zone's colon out.
        if isinstance(value, str) and value[-5:-4] in {"+", "-"}:
            return f"{value[:-2]}:{value[-2:]}"
        return value


def read(message: object, delivery: str, severity: Severity) -> Item:
    """The alarm in a notification's message, as JSON. Raises Refused."""
    alarm = fit(Alarm, message, "The SNS message is not a CloudWatch alarm: it")
    arn = alarm.AlarmArn or f"{alarm.Region}:{alarm.AlarmName}"
    region = _region(alarm)
    reason = clean(alarm.NewStateReason, 2000)
    described = clean(alarm.AlarmDescription or "", 1900)
    return Item(
        delivery=delivery,
        blind=CANNOT_SEE if alarm.NewStateValue == "INSUFFICIENT_DATA" else "",
        alert=Alert(
            format="sns",
            name=clean(alarm.AlarmName, 300) or "unnamed alarm",
            fingerprint=fingerprint(alarm.AWSAccountId, region, arn, alarm.AlarmContributorId),
            status="resolved" if alarm.NewStateValue == "OK" else "firing",
            severity=severity,
            summary=" ".join(part for part in (described, reason) if part),
            labels=labels(dict(_labels(alarm, region))),
            starts_at=moment(alarm.StateChangeTime),
            link=console(alarm.AlarmArn, region, alarm.AlarmName),
        ),
    )


def _labels(alarm: Alarm, region: str) -> Iterator[tuple[str, str]]:
    yield from alarm.AlarmTags.items()
    yield from {"account": alarm.AWSAccountId, "region": region, "state": alarm.NewStateValue}.items()
    metrics: list[_Metric] = []
    if alarm.Trigger is not None:
        metrics = [alarm.Trigger, *(q.MetricStat.Metric for q in alarm.Trigger.Metrics if q.MetricStat)]
    for metric in reversed(metrics):  # of several metrics the first has the last word
        if metric.MetricName:
            yield from {"namespace": metric.Namespace, "metric": metric.MetricName}.items()
        for dimension in metric.Dimensions:
            yield dimension.name, dimension.value
    yield from alarm.AlarmContributorAttributes.items()


def _region(alarm: Alarm) -> str:
    # `Region` is a name for people ("EU (Ireland)"); the ARN has the code.
    _, _, _, code, *_ = [*alarm.AlarmArn.split(":"), "", "", "", ""]
    return code or alarm.Region


def fingerprint(account: str, region: str, arn: str, contributor: str = "") -> str:
    """An alarm's, or that of one of its time series, whichever way it came."""
    return fingerprint_of("cloudwatch", account, region, arn, *([contributor] if contributor else []))


def console(arn: str, region: str, name: str) -> str | None:
    """Where a person looks at an alarm; `None` outside of Amazon's public partition."""
    if not arn.startswith("arn:aws:"):
        return None
    quoted = quote(name, safe="")
    return clean(
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#alarmsV2:alarm/{quoted}", 2000
    )
