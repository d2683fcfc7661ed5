"""Ends, what only looks like one, and what is neither a problem nor its end."""

from tests.receiver.as_they_are.forms import (
    bridge,
    cloud_event,
    datadog,
    google,
    group,
    kuma,
    labelled,
    opsgenie,
    pagerduty,
    put,
    sentry_issue,
    sentry_metric,
    topic,
)

MS = 1767323501137
MERGED = {"type": "merge_resolve_reason", "incident": {"id": "PTARGET", "type": "incident_reference", "summary": "#2"}}
UNSEEN = (
    "Insufficient Data: 1 datapoint was unknown.", "Unchecked: Initial alarm creation", "",
    "Insufficient Data: 3 datapoints were unknown.",
)  # fmt: skip
SEEN = (
    "Threshold Crossed: 1 datapoint [12.0 (02/01/26 03:10:00)] was not greater than the threshold (90.0).",
    # The operator said that silence of this metric is health.
    "Threshold Crossed: no datapoints were received for 3 periods, which were treated as [NonBreaching].",
    "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:child transitioned to OK at Friday 02 January, 2026 03:11:42 UTC",
    "set by hand",
)  # fmt: skip
MUTED = {"mutedByArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm-mute-rule:nightly"}
RULE = "https://g.example.org/alerting/grafana/uid-1/view?orgId=1"
MATHS = {"metrics": [{"id": "e1", "expression": "m1/m2", "label": "rate", "returnData": True}]}


def grafana_end(reason, **alert):
    return group("grafana", status="resolved", annotations={"grafana_state_reason": reason} if reason else {}, **alert)


def by_alertmanager(alertname, status="firing", **annotations):
    """An alert of a rule of Grafana's, which sent it to an Alertmanager."""
    labels = {"alertname": alertname, "rulename": "Disk", "grafana_folder": "f"}
    return group("alertmanager", status=status, labels=labels, annotations=annotations, generatorURL=RULE)


def no_monitors(title="x", **nothing):
    return datadog(title=title, **{"transition": "", "monitor": "", "scope": "", "cycle": ""} | nothing)


def event(number, kind):
    return put(pagerduty(kind), event__id=f"E{number}")


def beat(number, status):
    return put(kuma(1, "a", status), heartbeat__time=f"2026-01-02 03:11:0{number}.000")


NO_ENDS = [
    *(("grafana", grafana_end(reason)) for reason in (
        "MissingSeries", "NoData", "Error", "Paused", "Updated", "RuleDeleted", "NoData, KeepLast",
    )),
    *(("alertmanager", by_alertmanager("Disk", "resolved", grafana_state_reason=reason)) for reason in (
        "MissingSeries", "NoData", "Paused", "Updated", "RuleDeleted",
    )),
    *(("alertmanager", by_alertmanager(name)) for name in ("DatasourceNoData", "DatasourceError")),
    *((form, group(form, status=status)) for form in ("alertmanager", "grafana") for status in (
        "suppressed", "silenced", "inhibited", "muted", "unprocessed",
    )),
    *(("pagerduty", pagerduty("resolved", resolve_reason=why)) for why in (MERGED, MERGED | {"incident": None})),
    *(("sentry", sentry_metric("resolved", status_method=2, **told)) for told in ({}, {"date_closed": None})),
    *(("sentry", sentry_issue(**told)) for told in (
        {"statusDetails": {"inNextRelease": True}}, {"statusDetails": {"inUpcomingRelease": True}},
        {"statusDetails": {"inCommit": {"commit": "a1b2"}}}, {"status": "ignored"}, {"status": "archived"},
    )),
    *(("sentry", put(sentry_issue(), data__resolution_type=kind)) for kind in (
        "in_next_release", "in_upcoming_release", "in_commit",
    )),
    ("opsgenie", opsgenie("Delete")),
    # EventBridge tells of it although the operator wants no actions at that time.
    *(("eventbridge", bridge(state={"value": value, "actionsSuppressedBy": by})) for value in ("OK", "ALARM")
      for by in ("WaitPeriod", "ExtensionPeriod", "Alarm")),
    *(("eventbridge", put(bridge(state={"value": value}), detail__muteDetail=mute)) for value in ("OK", "ALARM")
      for mute in (MUTED, {"muteWindowEnd": "2026-01-02T05:00:00.000+0000"})),
    *(("eventbridge", bridge(state={"value": "INSUFFICIENT_DATA", "reason": reason})) for reason in UNSEEN),
    *(("sns", topic(NewStateValue="INSUFFICIENT_DATA", NewStateReason=reason)) for reason in UNSEEN),
    ("sns", topic(NewStateValue="INSUFFICIENT_DATA", OldStateValue="ALARM", Trigger=None)),
    ("sns", topic(NewStateValue="INSUFFICIENT_DATA", Trigger={"Metrics": [{"Id": "e1", "Expression": "m1/m2"}]})),
    *(("datadog", datadog(transition=transition)) for transition in ("No Data", "Re-No Data", "no data")),
    *(("standard", {"type": f"disk.{step}"}) for step in (
        "acknowledged", "silenced", "muted.v1", "unknown", "merged", "archived", "nodata", "acked", "updated",
        "assigned", "reassigned", "commented", "annotated", "paused", "deleted",
    )),
    *(("standard", {"type": "disk", "data": {"status": status}}) for status in ("Suppressed", "no_data", "No Data")),
    ("standard", cloud_event("org.example.disk.snoozed")), ("standard", [cloud_event(data={"state": "inhibited"})]),
]  # fmt: skip
NOTHING = [
    *(("opsgenie", opsgenie(action)) for action in (
        "Snooze", "SnoozeEnded", "Acknowledge", "UnAcknowledge", "AddNote", "AssignOwnership", "UpdatePriority",
        "AddTeam", "Escalate", "EscalateNext", "AddRecipient", "AddResponder", "TakeOwnership", "RemoveTags",
    )),
    ("opsgenie", {"action": "Escalate", "alert": {"alertId": "7"}, "escalationName": "e", "repeatCount": 0}),
    *(("pagerduty", pagerduty(kind)) for kind in (
        "acknowledged", "priority_updated", "delegated", "reassigned", "annotated", "service_updated",
        "responder.added", "status_update_published", "incident_type.changed", "conference_bridge.updated",
        "workflow.started", "workflow.completed", "role.assigned", "custom_field_values.updated", "task.created",
    )),
    *(("sentry", sentry_issue(action)) for action in ("ignored", "archived", "assigned", "unresolved", "created")),
    ("sentry", {"action": "triggered", "data": {"issue": {"id": "43", "title": "x"}, "alert": {"id": 10, "title": "y"},
                                                "activity": {"type": "seer_root_cause_completed", "details": {}}}}),
    *(("sentry", {"action": action, "data": data}) for action, data in (
        ("created", {"error": {"issue_id": "1", "title": "x"}}), ("created", {"comment": "x", "issue_id": 1}),
        ("root_cause_completed", {"run_id": 1}),
    )),
    *(("google_cloud", google(**told)) for told in (
        {"state": "acknowledged"}, {"state": "ACKNOWLEDGED"}, {"state": "acknowledged", "ended_at": 0},
        {"state": "acknowledged", "severity": "Critical"}, {"state": "Acknowledged", "summary": "", "url": ""},
    )),
    *(("datadog", no_monitors(**told)) for told in (
        {}, {"title": "[Downtime Started] nightly"}, {"transition": " ", "monitor": None}, {"date": ""}, {"id": ""},
    )),
    *(("alertmanager", by_alertmanager(name, "resolved")) for name in ("DatasourceNoData", "DatasourceError")),
    *(("uptime_kuma", kuma(1, "a", status, **told)) for status in (2, 3) for told in (
        {}, {"type": "group", "childrenIDs": [2, 3]}, {"type": "push", "maxretries": 3},
    )),
    *(("datadog", datadog(transition=transition)) for transition in ("Null", "null", "Muted", "", "Unmuted")),
    ("grafana", labelled("grafana", alertname="DatasourceNoData", rulename="R") | {"alerts": [
        {"status": "resolved", "labels": {"alertname": "DatasourceNoData", "rulename": "R"}}]}),
]  # fmt: skip
ENDS = [
    ("grafana", grafana_end("")), ("grafana", grafana_end("", endsAt="2026-01-02T03:11:50Z", values=None)),
    ("grafana", grafana_end("", generatorURL="", silenceURL="")), ("grafana", grafana_end("") | {"status": "firing"}),
    ("grafana", group("grafana", status="resolved", annotations={"grafana_state_reason": "", "summary": "it is over"})),
    ("pagerduty", pagerduty("resolved")), ("pagerduty", pagerduty("resolved", status="resolved", assignees=[])),
    ("pagerduty", pagerduty("resolved", resolve_reason={"type": "auto_resolve_reason"})),
    ("pagerduty", pagerduty("resolved", resolve_reason="by hand")),
    ("pagerduty", pagerduty("resolved", priority=None, urgency="low")),
    ("sentry", sentry_issue()), ("sentry", sentry_issue(statusDetails={"inRelease": "1.2"})),
    ("sentry", put(sentry_issue(), data__resolution_type="now")),
    ("sentry", sentry_issue(statusDetails={"autoResolved": True})),
    ("sentry", sentry_issue(status="resolved", statusDetails={}, substatus=None)),
    *(("sentry", sentry_metric("resolved", status_method=how)) for how in (1, 3)),
    *(("datadog", datadog(**told)) for told in (
        {"transition": "Recovered"}, {"transition": "recovered", "title": "[P1] [Recovered on {host:a}] x"},
        {"transition": "Recovered", "status": "No data was received for 10 minutes; it is resolved so."},
        {"transition": "Recovered", "cycle": None, "priority": "P5"},
        {"transition": "Recovered", "metric": "", "link": ""},
    )),
    *(("uptime_kuma", kuma(1, "a", 1, **told)) for told in (
        {}, {"type": "push", "url": "https://"}, {"type": "group"}, {"type": "dns", "hostname": "a.example"},
        {"tags": [], "active": True},
    )),
    *(("opsgenie", opsgenie(action, **told)) for action, told in (
        ("Close", {}), ("close", {}), ("Close", {"updatedAt": None}), ("Close", {"username": "Alert Policy"}),
        ("Close", {"alias": "", "details": None}),
    )),
    *(("signed", {"name": "x", "status": "resolved"} | told) for told in (
        {}, {"fingerprint": "f"}, {"labels": {"environment": "rung-prod"}}, {"severity": "info", "summary": "over"},
        {"starts_at": "2026-01-02T03:00:00Z", "link": None},
    )),
    *(("alertmanager", group("alertmanager", status="resolved", **told)) for told in (
        {}, {"endsAt": "2026-01-02T03:11:50Z"}, {"fingerprint": ""}, {"annotations": {}, "generatorURL": ""},
    )),
    ("alertmanager", group("alertmanager", status="Resolved")), ("alertmanager", by_alertmanager("Disk", "resolved")),
    ("alertmanager", group("alertmanager", status="resolved") | {"status": "firing"}),  # others of it go on
    *(("eventbridge", bridge(state={"value": "OK", "reason": reason})) for reason in SEEN),
    ("eventbridge", bridge(state={"value": "OK", "actionsSuppressedBy": ""})),
    ("eventbridge", put(bridge(state={"value": "OK"}), detail__muteDetail=None)),
    ("eventbridge", put(bridge(state={"value": "OK"}), detail__previousState={"actionsSuppressedBy": "WaitPeriod"})),
    ("eventbridge", bridge(detail={"alarmName": "a", "state": {"value": "OK"}, "configuration": MATHS})),
    *(("sns", topic(NewStateValue="OK", NewStateReason=reason)) for reason in SEEN),
    ("sns", topic(NewStateValue="OK", OldStateValue="INSUFFICIENT_DATA", Trigger=None)),
    *(("google_cloud", google(**told)) for told in (
        {"state": "closed", "ended_at": 1767323510}, {"state": "CLOSED"},
        {"state": "closed", "severity": "No severity"},
        {"state": "closed", "observed_value": "12.000", "summary": "It returned to normal with a value of 12.000."},
        {"state": "closed", "metric": None, "resource": None, "condition": None},
    )),
    ("standard", {"type": "a.recovered"}), ("standard", {"type": "x", "data": {"state": "OK"}}),
    *(("standard", {"type": kind}) for kind in (
        "a.resolved.v1", "alert_resolved", "alert:closed", "a/ok", "server_available", "db.online", "db.restored",
    )),
]  # fmt: skip


def _signed(number, **told):
    return {"name": "PostgresTooManyConnections", "summary": f"{number}"} | told


EPISODES = {
    "alertmanager": (lambda _: group("alertmanager"), lambda _: group("alertmanager", status="resolved")),
    "datadog": (lambda n: datadog(id=f"{n}"), lambda n: datadog(id=f"{n}", transition="Recovered")),
    "eventbridge": (lambda n: bridge(f"{n}"), lambda n: bridge(f"{n}", state={"value": "OK"})),
    "google_cloud": (lambda _: google(), lambda n: google(state="closed", ended_at=1767323510 + n)),
    "grafana": (lambda _: group("grafana"), lambda _: grafana_end("")),
    "opsgenie": (lambda n: opsgenie(updatedAt=MS + 1000 * n), lambda n: opsgenie("Close", updatedAt=MS + 1000 * n)),
    "pagerduty": (lambda n: event(n, "triggered"), lambda n: event(n, "resolved")),
    "sentry": (lambda n: sentry_metric(id=n), lambda n: sentry_metric("resolved", id=n, status_method=3)),
    "signed": (_signed, lambda n: _signed(n, status="resolved")),
    "sns": (lambda _: topic(), lambda _: topic(NewStateValue="OK")),
    "standard": (lambda _: {"type": "disk.firing"}, lambda _: {"type": "disk.resolved"}),
    "uptime_kuma": (lambda n: beat(n, 0), lambda n: beat(n, 1)),
}
"""How each form says, for the n-th time, that a problem is there and that it is over."""
