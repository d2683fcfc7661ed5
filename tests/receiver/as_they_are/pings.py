"""Vendors' tests and pings, and alerts that only look like one."""

from tests.receiver.as_they_are.forms import (
    bridge,
    cloud_event,
    datadog,
    google,
    group,
    kuma,
    labelled,
    notice,
    opsgenie,
    pagerduty,
    put,
    sentry_event,
    topic,
)

SAMPLE = [["sample_event", "yes"], ["level", "error"]]
MADE_UP = {
    "user": {"id": "1", "email": "sentry@example.com", "username": "sentry"}, "modules": {"my.package": "1.0.0"},
    "request": {"url": "http://example.com/foo", "method": "GET"},
}  # fmt: skip
"""What each event has that Sentry makes up; its title is one of its platform."""
ALWAYS = "http://prom.example:9090/graph?g0.expr={}&g0.tab=1"
PAGEY = {
    "id": "01FKZOXA868SHYEE4DVNWB5P9W", "event_type": "pagey.ping", "resource_type": "pagey",
    "occurred_at": "2026-01-02T03:11:00.532Z", "agent": {"id": "PVE0ZR9", "type": "user_reference"}, "client": None,
    "data": {"message": "Hello from your friend Pagey!", "type": "ping"},
}  # fmt: skip
TESTS = [
    *(("datadog", datadog(title=f"[TEST] {rest}")) for rest in (
        "[P1] [Triggered on {host:a}] ApiHighErrorRate", "[Triggered] x", "[P3] [Warn on {env:prod}] [prod] x",
        "[P1] [Recovered on {host:a}] x", "[No Data on {host:a}] x", "[Re-Triggered on {host:a}] x",
    )),
    ("grafana", labelled("grafana", alertname="TestAlert", instance="Grafana")),
    ("grafana", labelled("grafana", alertname="TestAlert", instance="Grafana", grafana_folder="Test Folder")),
    ("grafana", labelled("grafana", alertname="TestAlert")),
    ("grafana", group("grafana", labels={"alertname": "TestAlert", "instance": "x"},
                      annotations={"summary": "Notification test"})),
    ("grafana", labelled("grafana", alertname="TestAlert", instance="Grafana") | {"status": "resolved"}),
    ("alertmanager", labelled("alertmanager", alertname="TestAlert", instance="Grafana")),
    ("alertmanager", labelled("alertmanager", alertname="Watchdog", severity="none")),
    ("alertmanager", labelled("alertmanager", alertname="Watchdog", severity="none", prometheus="monitoring/k8s")),
    *(("alertmanager", labelled("alertmanager", alertname=name, severity=severity)) for name, severity in (
        ("DeadMansSwitch", "none"), ("Dead_Mans_Switch", "page"), ("DeadMansSnitch", "info"), ("InfoInhibitor", "none"),
        ("PrometheusAlertmanagerE2eDeadManSwitch", "critical"),
    )),
    *(("alertmanager", group("alertmanager", labels={"alertname": "Heartbeat", "severity": "info"},
                             generatorURL=ALWAYS.format(expr))) for expr in ("vector(1)", "vector%281%29")),
    # The rule's own name stands in its test.
    *(("sentry", put(sentry_event(tags=SAMPLE, title="TypeError: it has no method 'updateFrom'", **{sign: value}),
                     data__triggered_rule="PostgresTooManyConnections")) for sign, value in MADE_UP.items()),
    ("sentry", put(sentry_event(tags=SAMPLE), data__triggered_rule="")),
    ("sentry", put(sentry_event(tags=SAMPLE), data__triggered_rule=None)),
    ("sentry", put(sentry_event(tags=SAMPLE), data__triggered_rule="Test Alert")),
    ("sentry", sentry_event(tags=SAMPLE, title="This is an example Python exception")),
    ("sentry", put(sentry_event(tags=[{"key": "sample_event", "value": "yes"}]), data__triggered_rule="")),
    *(("pagerduty", {"event": event}) for event in (
        {"id": "1", "event_type": "pagey.ping", "occurred_at": "2026-01-02T03:11:00Z",
         "data": {"message": "Hello from your friend Pagey!", "type": "ping"}},
        PAGEY, PAGEY | {"data": None}, PAGEY | {"agent": None, "client": {"name": "PagerDuty"}},
        PAGEY | {"occurred_at": "2026-01-02T04:11:00+01:00", "data": {"type": "ping"}},
    )),
    *(("google_cloud", {"version": "test"} | rest) for rest in (
        {"incident": {"incident_id": "12345", "state": "OPEN", "started_at": 0}}, {"incident": None}, {},
        {"incident": google()["incident"]}, {"incident": google(state="closed", ended_at=1767323510)["incident"]},
        {"incident": {"condition": {}, "documentation": {}, "url": "http://www.example.com/"}},
    )),
    *(("uptime_kuma", notice(text)) for text in (
        "Code Blue Testing", "Meine Benachrichtigung (2) Testing", "[rung] on-call Testing", "Testing Testing\n",
    )),
    ("uptime_kuma", {"msg": "My Webhook Alert (1) Testing"}),
    *(("opsgenie", opsgenie(action)) for action in ("Test", "test", "TestAlert", "IntegrationTest")),
    ("opsgenie", {"action": "Test"}), ("opsgenie", {"action": "test", "alert": None, "integrationName": "Code Blue"}),
    ("opsgenie", {"action": "Test", "alert": {"message": "Test alert"}}),
    ("sns", {"Service": "AWS Auto Scaling", "Event": "autoscaling:TEST_NOTIFICATION", "AccountId": "1"}),
    ("sns", {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "The topic is subscribed."}),
    ("sns", {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}), ("sns", "this is a test"),
    ("sns", "hello, this is a TEST."), ("sns", "Test: ignore"),
    *(("standard", {"type": kind, "data": {}}) for kind in ("a.ping.v1", "webhook:test", "webhooks/test", "TEST")),
    ("standard", {"type": "webhook.test", "data": {}}), ("standard", {"type": "ping"}),
    ("standard", cloud_event("com.example.ping", data="x")), ("standard", [cloud_event("com.example.test")]),
    *(("signed", {"status": "test"} | rest) for rest in (
        {"name": "PostgresTooManyConnections"}, {"name": "x", "severity": "critical", "fingerprint": "f"},
        {"name": "x", "labels": {"environment": "rung-prod", "system": "rung"}},
        {"name": "x", "summary": "nothing is wrong", "link": "https://ci.example.org/1", "labels": None},
        {"name": "[prod] x", "starts_at": "2026-01-02T03:00:00Z"},
    )),
]  # fmt: skip
NO_TESTS = [
    ("datadog", datadog(title="[P1] [Triggered on {host:a}] [TEST] load")),
    ("grafana", labelled("grafana", alertname="TestAlertTooOften", instance="Grafana")),
    ("grafana", labelled("grafana", alertname="TestAlert", instance="db-1")),
    ("alertmanager", labelled("alertmanager", alertname="Watchdog", severity="critical")),
    ("alertmanager", labelled("alertmanager", alertname="DeadMansSwitchMissing", severity="critical")),
    ("alertmanager", labelled("alertmanager", alertname="InfoInhibitor", severity="warning")),
    ("standard", {"type": "load-test"}), ("standard", {"type": "nightly_test", "data": {"name": "x"}}),
    ("alertmanager", group("alertmanager", labels={"alertname": "JobMissing", "severity": "critical"},
                           generatorURL=ALWAYS.format("absent%28up%29+%3D%3D+vector%281%29"))),
    ("sentry", sentry_event(tags=SAMPLE)),  # anybody may set a tag
    ("sentry", sentry_event(title="an example", **MADE_UP)),
    ("uptime_kuma", kuma(1, "Load Testing") | {"msg": "Load Testing"}),
    ("standard", {"type": "latest", "data": {"name": "x"}}), ("standard", {"type": "smoke.test.failed"}),
    ("signed", {"name": "test"}),
    # What `set-alarm-state` makes is a change of state like any other.
    ("eventbridge", bridge(state={"value": "ALARM", "reason": "testing purposes"})),
    ("sns", topic(NewStateReason="testing purposes")), ("sns", topic(AlarmName="test", Event="s3:TestEvents")),
    ("google_cloud", google(policy_name="test", incident_id="12345")), ("opsgenie", opsgenie(message="Test alert")),
    ("pagerduty", pagerduty(title="Hello from your friend Pagey!")),
]  # fmt: skip
