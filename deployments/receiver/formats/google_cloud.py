"""Google Cloud Monitoring's webhook channel, payload version 1.2: incidents of alerting policies.

Google signs nothing. A channel with basic auth shows user and password; one without can only carry the secret in the
address, `/alerts/google_cloud?auth_token=...`, which proxies write into their logs: prefer basic auth. The payload
tells when the incident began and ended but not when it was sent, so repeats within `repeat_after` are one delivery. A
problem is Google's incident, whatever its policy is called.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from pydantic import Field

from deployments.receiver.formats import Call, Format, Item, Message, Tools, said_nothing
from deployments.receiver.formats._credentials import CredentialOptions, check_credentials, matches
from deployments.receiver.formats._group import turn
from deployments.receiver.formats._reading import Labels, Vendor, address, clean, document, fit, labels, moment
from deployments.receiver.formats._reading import severity as severity_of
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import not_authentic, unfit
from runbook.alert import Alert, Severity, fingerprint_of

_REMEDY = "Set the webhook channel's basic auth, or its `auth_token`, to the receiver's secret."
_WHAT = "The Google Cloud payload"
_STATUS = {"open": "firing", "closed": "resolved"}


class Options(CredentialOptions):
    """`[formats.google_cloud]` in the settings. Without `user`, the secret is the address's `auth_token`."""

    repeat_after: timedelta = timedelta(minutes=1)


class _Labelled(Vendor):
    type: str = ""
    labels: Labels = Field(default_factory=dict)


class _Documentation(Vendor):
    content: str = ""
    subject: str = ""


class _Metadata(Vendor):
    user_labels: Labels = Field(default_factory=dict)


class _Incident(Vendor):
    incident_id: str = Field(min_length=1)
    state: str
    policy_name: str = ""
    condition_name: str = ""
    summary: str = ""
    severity: str | None = None
    scoping_project_id: str = ""
    resource: _Labelled | None = None
    metric: _Labelled | None = None
    metadata: _Metadata = Field(default_factory=_Metadata)
    policy_user_labels: Labels = Field(default_factory=dict)
    documentation: _Documentation | str | None = None
    started_at: int | None = Field(None, ge=0, le=99_999_999_999)
    ended_at: int | None = Field(None, ge=0, le=99_999_999_999)
    url: str = ""


class _Payload(Vendor):
    incident: _Incident


class _Version(Vendor):
    version: str


class GoogleCloud:
    """The format. `make` makes it."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options, self._keys = options, keys

    async def verify(self, call: Call) -> None:
        """Basic auth, or the token in the address."""
        if self._options.user is not None or self._options.header is not None:
            check_credentials(call, self._options, self._keys, _REMEDY)
            return
        token = call.query.get("auth_token", "")
        if not token:
            raise not_authentic("The delivery's address carries no auth_token.", _REMEDY)
        if not matches(self._keys, token.encode()):
            raise not_authentic("The delivery's auth_token is wrong.", _REMEDY)

    def read(self, call: Call) -> Message:
        """The incident, or the console's test of the channel."""
        given = _by_webhook(document(call.body, _WHAT))
        version = fit(_Version, given, _WHAT).version
        if version == "test":
            return Message(test="a test of the channel by Google Cloud")
        if not version.startswith("1."):
            raise unfit(
                "This version of Google Cloud's payload is not known.",
                "Send payloads of version 1.2.",
            )
        incident = fit(_Payload, given, _WHAT).incident
        if incident.state.lower() == "acknowledged":
            return said_nothing("Google Cloud's word that somebody acknowledged an incident")
        if (status := _STATUS.get(incident.state.lower())) is None:
            raise unfit("The Google Cloud payload does not fit at incident.state: it is none of open and closed.")
        at = turn(call.now, self._options.repeat_after.total_seconds())
        delivery = fingerprint_of(incident.incident_id, incident.state.lower(), str(incident.ended_at or 0), at)
        return Message(items=[Item(delivery=delivery, alert=_alert(incident, resolved=status == "resolved"))])


def _by_webhook(given: object) -> object:
    if isinstance(given, dict) and {"message", "subscription"} <= cast("dict[str, object]", given).keys():
        raise unfit(
            "The Google Cloud payload is a message of Pub/Sub.", "Use a channel of the type Webhooks in its place."
        )
    return cast("object", given)


def _alert(incident: _Incident, *, resolved: bool) -> Alert:
    about = incident.documentation
    text = about.content or about.subject if isinstance(about, _Documentation) else about or ""
    resource, metric = incident.resource or _Labelled(), incident.metric or _Labelled()
    told = {
        "project": incident.scoping_project_id,
        "condition": incident.condition_name,
        "resource_type": resource.type,
        "metric": metric.type,
    }
    own = incident.metadata.user_labels | resource.labels | metric.labels | incident.policy_user_labels
    return Alert(
        format="google_cloud",
        name=clean(incident.policy_name or incident.condition_name, 300) or "unnamed policy",
        fingerprint=fingerprint_of("google_cloud", incident.incident_id),
        status="resolved" if resolved else "firing",
        severity=severity_of(incident.severity, Severity.ERROR),
        summary=clean(incident.summary or text, 4000),
        labels=labels(own | {name: value for name, value in told.items() if value}),
        starts_at=moment(datetime.fromtimestamp(incident.started_at, tz=UTC)) if incident.started_at else None,
        link=address(incident.url),
    )


def make(options: Options, tools: Tools) -> Format:
    """Google Cloud's format by the operator's options."""
    return GoogleCloud(options, tools.keys(options.secrets))
