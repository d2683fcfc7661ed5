"""Messages of another kind, severities as numbers, names with brackets, large groups: each with its form."""

from tests.receiver.as_they_are.forms import (
    bridge,
    cloud_event,
    datadog,
    google,
    group,
    kuma,
    opsgenie,
    pagerduty,
    put,
    topic,
)
from tests.receiver.test_odd_fields import recorded

ISSUE = {"incident": {"id": "PGR0VU2", "status": "triggered"}}
EVENT = {"id": "1", "version": "0", "account": "1", "region": "us-east-1", "resources": []}
ANOTHER_KIND = [
    *(("eventbridge", EVENT | event) for event in (
        {"detail-type": "Scheduled Event", "source": "aws.events", "time": "2026-01-02T03:11:42Z", "detail": {}},
        {"detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "detail": {"state": "stopped"}},
        {"detail-type": "RDS DB Instance Event", "source": "aws.rds", "detail": {"EventCategories": ["failover"]}},
        {"detail-type": "ECS Task State Change", "source": "aws.ecs", "detail": {"lastStatus": "STOPPED"}},
        {"detail-type": "AWS Health Event", "source": "aws.health", "detail": {"service": "RDS"}},
        {"detail-type": "CloudWatch Alarm Configuration Change", "detail": {"alarmName": "a", "state": {}}},
    )),
    ("eventbridge", {"detail-type": "Scheduled Event"}),
    ("sns", bridge()),  # a rule of EventBridge with the topic as its target
    *(("sns", message) for message in (
        {"Event Source": "db-instance", "Event ID": "RDS-EVENT-0006", "Source ID": "rung-prod"},
        {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]},
        {"notificationType": "Bounce", "bounce": {"bounceType": "Permanent"}, "mail": {}},
        {"eventType": "Complaint", "complaint": {}, "mail": {}},
        {"Service": "AWS Auto Scaling", "Event": "autoscaling:EC2_INSTANCE_LAUNCH", "AccountId": "1"},
        {"anomalyId": "a", "accountId": "1", "impact": {}}, {"ElastiCache:SnapshotComplete": "cache-1"},
        {"messageType": "ConfigurationItemChangeNotification"}, {"detailType": "CodePipeline Stage Execution"},
    )),
    *(("alertmanager", {"version": version, "alert": []}) for version in ("1", "2", "3", 3, "5")),
    ("alertmanager", [{"labels": {"alertname": "A"}, "endsAt": "2026-01-02T03:15:00Z"}]),  # Prometheus itself
    *(("grafana", body) for body in (
        {"text": "TestAlert - Notification test"}, {"alert": "A", "state": "firing"}, {"ruleId": 3, "state": "ok"},
        {"ruleId": 0, "ruleName": "Test notification", "evalMatches": []}, {"evalMatches": [], "state": "no_data"},
    )),
    ("google_cloud", {"message": {"data": "e30=", "messageId": "1"}, "subscription": "projects/p/subscriptions/s"}),
    *(("google_cloud", {"version": version, "incident": google()["incident"]}) for version in (
        "2.0", "2", "0.9", "v1", "tests",
    )),
    *(("pagerduty", {"messages": [message]}) for message in (
        {"event": "incident.trigger"} | ISSUE, {"event": "incident.acknowledge"} | ISSUE,
        {"event": "incident.resolve"} | ISSUE, {"type": "incident.trigger", "data": ISSUE},
        {"type": "incident.resolve", "data": ISSUE},
    )),
    *(("standard", cloud_event(specversion=version)) for version in ("0.1", "0.2", "0.3", "1.1", "2.0")),
    *(("datadog", {"id": "1", "event_type": kind, "title": "x", "date": 1767323502000}) for kind in (
        "query_alert_monitor", "metric_alert_monitor", "service_check", "log_alert", "event_v2_alert",
    )),
    ("datadog", datadog(transition="$ALERT_TRANSITON")),
]  # fmt: skip
_WRITTEN = {
    "alertmanager": lambda number: group("alertmanager", labels={"alertname": "A", "severity": number}),
    "datadog": lambda number: datadog(priority=number),
    "google_cloud": lambda number: google(severity=number),
    "grafana": lambda number: group("grafana", labels={"alertname": "A", "severity": number}),
    "opsgenie": lambda number: opsgenie(priority=number),
    "pagerduty": lambda number: pagerduty(priority={"summary": number}),
    "standard": lambda number: {"type": "a.firing", "data": {"severity": number}},
}
NUMBERS = [
    (form, make(number), severity) for form, make in _WRITTEN.items()
    for number, severity in ((1, "critical"), (2, "error"), (3, "warning"), (4, "info"), (5, "info"), ("3", "warning"),
                             (0, "error"), (9, "error"), ("P0", "critical"), ("SEV-2", "error"), ("p10", "error"),
                             ("Sev 3 (one region)", "warning"), ("severity_4", "info"))
]  # fmt: skip
_CALLED = {
    "alertmanager": lambda name: group("alertmanager", labels={"alertname": name}),
    "datadog": lambda name: datadog(title=f"[P1] [Triggered on {{host:a}}] {name}"),
    "eventbridge": lambda name: bridge(name=name),
    "google_cloud": lambda name: google(policy_name=name),
    "grafana": lambda name: group("grafana", labels={"alertname": name}),
    "opsgenie": lambda name: opsgenie(message=name),
    "pagerduty": lambda name: pagerduty(title=name),
    "sentry": lambda name: put(recorded("sentry"), data__triggered_rule=name),
    "signed": lambda name: {"name": name},
    "sns": lambda name: topic(AlarmName=name),
    "standard": lambda name: {"type": "a.firing", "data": {"name": name}},
    "uptime_kuma": lambda name: kuma(1, name),
}
NAMES = [
    (form, make(name), name) for form, make in _CALLED.items()
    for name in ("[prod] CPU high", "5xx [2]", "[1] [2] disk {a} 1/2", "db-01 [P2] (eu-west-1)", "[Platte] voll: 97 %")
]  # fmt: skip
_LINKED = {
    "alertmanager": lambda link: group("alertmanager", generatorURL=link) | {"externalURL": link},
    "datadog": lambda link: datadog(link=link),
    "google_cloud": lambda link: google(url=link),
    "grafana": lambda link: group("grafana", generatorURL=link, dashboardURL=link) | {"externalURL": link},
    "pagerduty": lambda link: pagerduty(html_url=link),
    "sentry": lambda link: put(recorded("sentry"), data__event__web_url=link),
    "signed": lambda link: {"name": "a", "link": link},
    "standard": lambda link: {"type": "a.firing", "data": {"link": link, "url": link}},
    "uptime_kuma": lambda link: kuma(1, "a", url=link),
}
LINKS = [
    (form, make(link), link if link.startswith("http") and len(link) > len("https://") else None)
    for form, make in _LINKED.items()
    for link in (
        "https://m.example/a?b=c#d",
        "/graph?g0.expr=up",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
    )
]
"""What a browser can open is a link; anything else is none."""
LABELS = [
    ("sns", topic(AlarmTags=[{"Key": "environment", "Value": "rung-prod"}, {"Key": "n", "Value": None}, 7])),
    ("sns", topic(AlarmTags={"environment": "rung-prod"}, AlarmTagsStatus="SUCCESS")),
    ("eventbridge", put(bridge(), detail__alarmTags={"environment": "rung-prod"})),
    (
        "google_cloud",
        google(
            resource=None,
            metric=None,
            policy_user_labels={},
            metadata={"system_labels": {"machine_type": "x"}, "user_labels": {"environment": "rung-prod"}},
        ),
    ),
]
"""Where the operator's own labels stand beside the alert's: each says `environment`."""
LARGE = [(form, size) for form in ("alertmanager", "grafana", "standard") for size in (2, 40, 150, 400, 1200)]
"""How many alerts a group or a batch has."""


def large(form, size):
    if form == "standard":
        return [
            cloud_event(id=str(number), subject=f"pod-{number}", data={"summary": "x" * 500}) for number in range(size)
        ]
    known = group(form)
    one = known["alerts"][0] | {"fingerprint": "", "generatorURL": ""}
    labels = {"alertname": "KubePodNotReady", "filler": "x" * 500}
    return known | {"alerts": [one | {"labels": labels | {"pod": f"p{number}"}} for number in range(size)]}
