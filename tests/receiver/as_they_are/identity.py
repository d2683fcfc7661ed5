"""What makes two deliveries one problem or two: pairs of a form with two payloads."""

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
    sentry_issue,
    sentry_metric,
    topic,
)
from tests.receiver.test_odd_fields import recorded

APART = "\x1f"
"""What separates the parts of which a fingerprint is made."""
GRAFANA = "https://g.example.org/alerting/grafana/uid-1/view"
CERT = "[{}][https://a.example] server certificate a.example will expire in {} days"
OK = {"value": "OK", "reason": "It is over."}
RESOLVED = {"status": "resolved"}
# An alarm of CloudWatch, and its ARN, cannot be renamed; everything else of it can change.
OF_THE_ALARM = [{"dimensions": {"DBInstanceIdentifier": "new"}, "name": "CPU", "namespace": "AWS/RDS"}]
MAXIMUM = {"MetricName": "CPU", "Namespace": "AWS/RDS", "Statistic": "MAXIMUM"}
BY_SERIES = {"AlarmContributorId": "6d442278dba546f6", "AlarmContributorAttributes": {"TableName": "a"}}


def series(ident="6d442278dba546f6", number="1", **state):
    """What CloudWatch puts on the bus of one time series of an alarm."""
    detail = {"alarmContributor": {"id": ident, "attributes": {"TableName": "a"}}, "state": {"value": "ALARM"} | state}
    payload = bridge(number)
    return payload | {
        "detail-type": "CloudWatch Alarm Contributor State Change",
        "detail": payload["detail"] | detail,
    }


SAME = [
    ("eventbridge", series(), series(number="2", value="OK")),
    ("sns", topic(**BY_SERIES), topic(**BY_SERIES | {"NewStateValue": "OK", "AlarmContributorAttributes": None})),
    ("uptime_kuma", kuma(1, "old"), kuma(1, "new", 1)), ("uptime_kuma", kuma(1, "[a] 1"), kuma(1, "[a] 2", 1)),
    ("uptime_kuma", notice(CERT.format("web-1", 7)), notice(CERT.format("web-1", 1))),
    ("uptime_kuma", kuma(1, "a", url="https://a.example"), kuma(1, "a", 1, url="https://b.example", hostname="b")),
    ("uptime_kuma", kuma(1, "a", parent=None), kuma(1, "a", 1, parent=9, pathName="group / a", tags=[])),
    ("pagerduty", pagerduty(title="a"), pagerduty(title="b")),
    ("pagerduty", pagerduty(), pagerduty(service={"id": "PNEW", "summary": "another service"})),
    ("pagerduty", pagerduty(incident_key="k"), pagerduty(incident_key=None)),
    ("pagerduty", pagerduty(), pagerduty("resolved", priority=None, urgency="low")),
    ("pagerduty", pagerduty(), pagerduty("escalated", html_url="https://renamed.pagerduty.com/incidents/PGR0VU2")),
    ("grafana", group("grafana", labels={"alertname": "A", "h": "1"}, generatorURL=GRAFANA),
     group("grafana", labels={"alertname": "B", "h": "1"}, generatorURL=GRAFANA)),
    ("grafana", group("grafana", labels={"alertname": "A", "grafana_folder": "x"}, generatorURL=GRAFANA),
     group("grafana", labels={"alertname": "A", "grafana_folder": "y"}, generatorURL=GRAFANA)),
    ("grafana", labelled("grafana", alertname="Rule", grafana_folder="f"),
     labelled("grafana", alertname="DatasourceNoData", rulename="Rule", grafana_folder="f", ref_id="A",
     datasource_uid="x")),
    ("grafana", group("grafana", annotations={"summary": "a"}), group("grafana", annotations={"summary": "b"},
     startsAt="2026-01-01T00:00:00Z")),
    ("grafana", group("grafana", labels={"alertname": "A"}, generatorURL="", silenceURL="x?m=__alert_rule_uid__%3Du"),
     group("grafana", labels={"alertname": "B"}, generatorURL="", silenceURL="y?m=__alert_rule_uid__%3Du", **RESOLVED)),
    ("datadog", datadog(title="a"), datadog(title="b", id="2")),
    ("datadog", datadog(scope="a:1,b:2"), datadog(scope="b:2, a:1", id="2")),
    ("datadog", datadog(), datadog(transition="Recovered", title="[P1] [Recovered on {host:a}] x", id="2")),
    ("datadog", datadog(priority="P1"), datadog(priority="P3", tags="env:prod", metric="system.load.1", id="2")),
    ("datadog", datadog(cycle="1"), datadog(cycle="2", transition="No Data", id="2")),
    *(("opsgenie", opsgenie(**one), opsgenie(**later)) for one, later in (
        ({"message": "a"}, {"message": "b"}), ({"alertId": "a"}, {"alertId": "b"}),
        ({"alias": "", "message": "a"}, {"alias": "", "message": "b", "action": "Close"}),
        ({"entity": "a", "priority": "P1"}, {"entity": "b", "priority": "P4", "tags": []}),
        ({"team": "a"}, {"team": "b", "teams": ["2"]}),  # a team that is added is sent the alert's creation
    )),
    *(("google_cloud", google(**one), google(**later)) for one, later in (
        ({"policy_name": "a"}, {"policy_name": "b", "state": "closed"}),
        ({}, {"scoping_project_id": None, "state": "closed"}),
        ({"condition_name": "a"}, {"condition_name": "b", "state": "closed", "ended_at": 1767323510}),
        ({"severity": "Critical"}, {"severity": "Warning", "policy_user_labels": {}}),
        ({}, {"resource_name": "renamed", "resource": None, "url": "https://console.cloud.google.com/"}),
    )),
    ("sentry", put(recorded("sentry"), data__triggered_rule="a"), put(recorded("sentry"), data__triggered_rule="b")),
    ("sentry", recorded("sentry"), sentry_event(title="renamed", culprit="elsewhere")),
    ("sentry", sentry_event(issue_id="1"), sentry_issue(title="renamed")),
    ("sentry", sentry_metric(), sentry_metric("resolved", {"name": "renamed"}, status_method=3)),
    ("sentry", sentry_metric(id="4"), sentry_metric("warning", id="5", title="another", projects=["a"])),
    ("signed", {"name": "a", "fingerprint": "f"}, {"name": "b", "fingerprint": "f"} | RESOLVED),
    ("signed", {"name": "a", "labels": {"x": 1}}, {"name": "a", "labels": {"x": "1"}} | RESOLVED),
    ("signed", {"name": "a", "severity": "critical"}, {"name": "a", "severity": "info", "summary": "b"} | RESOLVED),
    ("signed", {"name": "a", "fingerprint": "f", "labels": {"x": "1"}}, {"name": "a", "fingerprint": " f "}),
    ("signed", {"name": "a[1]", "labels": {"x": "1", "y": "2"}}, {"name": "a[1]", "labels": {"y": "2", "x": "1"}}),
    ("standard", {"type": "a.firing", "data": {"id": 1, "name": "x"}}, {"type": "a.resolved", "data": {"id": 1,
     "name": "y"}}),
    *(("standard", {"type": f"disk{sign}firing{end}"}, {"type": f"disk{sign}resolved{end}"}) for sign, end in (
        (".", ".v1"), (".", ".v2.1"), ("_", ""), (":", ""), ("/", "/v1"), ("-", ""),
    )),
    ("standard", {"type": "disk.firing", "data": "text"}, {"type": "disk.resolved", "data": None}),
    *(("standard", {"type": "disk.firing"}, {"type": f"disk.{step}"}) for step in (
        "reopened", "acknowledged", "silenced", "unknown", "escalated", "unacknowledged", "updated", "assigned",
    )),
    *(("standard", {"type": f"db.{begun}"}, {"type": f"db.{ended}"}) for begun, ended in (
        ("unhealthy", "healthy"), ("unavailable", "available"), ("offline", "online"), ("abnormal", "normal"),
        ("raised", "cleared"), ("degraded", "restored"), ("detected", "fixed"), ("breached", "ok"),
    )),
    # A rule of Grafana's by way of an Alertmanager.
    ("alertmanager", group("alertmanager", labels={"alertname": "A", "h": "1"}, generatorURL=GRAFANA),
     group("alertmanager", labels={"alertname": "B", "h": "1"}, generatorURL=GRAFANA, fingerprint="00000000000000bb",
           **RESOLVED)),
    ("alertmanager", group("alertmanager", labels={"alertname": "Rule", "grafana_folder": "f"}, generatorURL=GRAFANA),
     group("alertmanager", labels={"alertname": "DatasourceNoData", "rulename": "Rule", "grafana_folder": "f",
                                   "ref_id": "A", "datasource_uid": "x"}, generatorURL=GRAFANA)),
    ("alertmanager", group("alertmanager", annotations={"summary": "a"}), group("alertmanager", **RESOLVED)),
    ("alertmanager", group("alertmanager"), group("alertmanager", startsAt="2026-01-01T00:00:00Z")),
    ("alertmanager", group("alertmanager", generatorURL="http://a"), group("alertmanager", generatorURL="http://b")),
    ("alertmanager", recorded("alertmanager"), recorded("alertmanager") | {"receiver": "b", "groupKey": "h",
     "externalURL": "http://renamed"}),
    ("alertmanager", labelled("alertmanager", alertname="a[1]", x="1"), labelled("alertmanager", x="1",
     alertname="a[1]")),
    *(("eventbridge", bridge(), bridge("2", **later)) for later in (
        {"state": OK}, {"state": {"value": "INSUFFICIENT_DATA"}}, {"time": "2026-01-02T03:11:50Z", "version": "1"},
    )),
    ("eventbridge", bridge(), put(bridge("2"), detail__configuration={"description": "rewritten", "metrics": [
        {"id": "m1", "metricStat": {"metric": metric}} for metric in OF_THE_ALARM]})),
    ("eventbridge", bridge(), put(bridge("2"), detail__configuration={"alarmRule": "ALARM(a) OR ALARM(b)"})),
    *(("sns", topic(), topic(**later)) for later in (
        {"NewStateValue": "OK"}, {"NewStateValue": "INSUFFICIENT_DATA"}, {"AlarmDescription": "rewritten"},
        {"Region": "Europe (Ireland)", "NewStateValue": "OK"}, {"Trigger": MAXIMUM}, {"Trigger": None},
    )),
]  # fmt: skip
OTHER = [
    # The time series of one alarm, and the alarm as a whole.
    ("eventbridge", series(), series("6d442278dba546f7", "2")), ("eventbridge", bridge(), series(number="2")),
    ("sns", topic(**BY_SERIES), topic(**BY_SERIES | {"AlarmContributorId": "6d442278dba546f7"})),
    ("sns", topic(), topic(**BY_SERIES | {"NewStateValue": "OK"})),
    ("uptime_kuma", kuma(1, "a"), kuma(11, "a")), ("uptime_kuma", kuma(1, "web"), kuma(2, "web")),
    ("uptime_kuma", notice(CERT.format("web-1", 7)), notice(CERT.format("web-2", 7))),
    ("uptime_kuma", notice(CERT.format("[1] a", 7)), notice(CERT.format("[2] a", 7))),
    ("uptime_kuma", kuma(1, "web"), notice("web")),
    ("pagerduty", pagerduty(), pagerduty(id="P2")),
    ("pagerduty", pagerduty(id="P1", title="a"), pagerduty(id="P11", title="a")),
    ("pagerduty", pagerduty(id="PA", incident_key="k"), pagerduty(id="PB", incident_key="k")),
    ("pagerduty", pagerduty(id="PA", number=1), pagerduty(id="PB", number=1)),
    ("pagerduty", pagerduty(id="PA", title="db[1]"), pagerduty(id="PB", title="db[2]")),
    ("grafana", labelled("grafana", alertname="A", grafana_folder="x"), labelled("grafana", alertname="A",
     grafana_folder="y")),
    ("grafana", labelled("grafana", alertname="A 1"), labelled("grafana", alertname="A 2")),
    ("grafana", group("grafana", labels={"alertname": "A"}, generatorURL=GRAFANA),
     group("grafana", labels={"alertname": "A"}, generatorURL=GRAFANA.replace("uid-1", "uid-2"))),
    ("grafana", labelled("grafana", alertname="A") | {"orgId": 1}, labelled("grafana", alertname="A",
     x="1") | {"orgId": 1}),
    ("alertmanager", group("alertmanager", labels={"alertname": "A"}, generatorURL=GRAFANA),
     group("alertmanager", labels={"alertname": "A"}, generatorURL=GRAFANA.replace("uid-1", "uid-2"))),
    ("alertmanager", group("alertmanager", labels={"alertname": "A", "h": "1"}, generatorURL=GRAFANA),
     group("alertmanager", labels={"alertname": "A", "h": "2"}, generatorURL=GRAFANA)),
    ("datadog", datadog(), datadog(monitor="7", id="2")),
    ("datadog", datadog(scope="host:a"), datadog(scope="host:b", id="2")),
    *(("opsgenie", opsgenie(**one), opsgenie(**other)) for one, other in (
        ({"alias": "a"}, {"alias": "a1", "alertId": "a1"}), ({"alias": "db[1]"}, {"alias": "db[2]"}),
        ({"alias": "", "alertId": "a"}, {"alias": "", "alertId": "b"}), ({"alias": "db-1"}, {"alias": "db-11"}),
        ({"alias": "shop/db", "entity": "a"}, {"alias": "shop/db/2", "entity": "a"}),
    )),
    *(("google_cloud", google(**one), google(**other)) for one, other in (
        ({}, {"incident_id": "0.other"}), ({"incident_id": "0.abc"}, {"incident_id": "0.abcd"}),
        ({"incident_id": "0.a", "policy_name": "db[1]"}, {"incident_id": "0.b", "policy_name": "db[2]"}),
        ({"incident_id": "1", "state": "closed"}, {"incident_id": "2"}),
        ({"incident_id": "f.a"}, {"incident_id": "g.a"}),
    )),
    ("sentry", recorded("sentry"), sentry_event(issue_id="11708202421")),
    ("sentry", sentry_event(issue_id="1"), sentry_event(issue_id="11")),
    ("sentry", sentry_metric(rule={"id": 7}), sentry_metric(rule={"id": 77})),
    ("sentry", sentry_metric(rule={"id": 7, "name": "db[1]"}), sentry_metric(rule={"id": 8, "name": "db[1]"})),
    ("sentry", sentry_event(issue_id="7"), sentry_metric(rule={"id": 7})),  # an issue and a rule of one number
    ("signed", {"name": "a[1]"}, {"name": "a[2]"}), ("signed", {"name": "a", "labels": {"x": "1"}}, {"name": "a"}),
    ("signed", {"name": "a", "fingerprint": "f" * 127 + "1"}, {"name": "a", "fingerprint": "f" * 127 + "2"}),
    ("signed", {"name": "a", "fingerprint": "password=hunter2aa"}, {"name": "a", "fingerprint": "password=hunter2bb"}),
    ("standard", {"type": "a.firing", "data": {"name": "x"}}, {"type": "a.firing", "data": {"name": "y"}}),
    ("standard", {"type": "a.firing", "data": {"fingerprint": "f" * 200}}, {"type": "a.firing",
     "data": {"fingerprint": "f" * 201}}),
    ("standard", cloud_event(subject="web[1]"), cloud_event(subject="web[2]")),
    ("standard", cloud_event(source="/monitors/1"), cloud_event(source="/monitors/11")),
    ("standard", {"type": "disk-1.firing"}, {"type": "disk-2.firing"}),
    ("alertmanager", labelled("alertmanager", alertname="a[1]"), labelled("alertmanager", alertname="a[2]")),
    ("alertmanager", labelled("alertmanager", alertname="a", instance="db:9187"), labelled("alertmanager",
     alertname="a", instance="db:9188")),
    ("alertmanager", group("alertmanager", fingerprint="password=hunter2aa"),
     group("alertmanager", fingerprint="password=hunter2bb")),
    *((form, labelled(form, alertname="A", x=f"1{APART}y=2"), labelled(form, alertname="A", x="1", y="2"))
      for form in ("alertmanager", "grafana")),
    *((form, labelled(form, **{"alertname": "A", "x=y": "1"}), labelled(form, alertname="A", x="y=1"))
      for form in ("alertmanager", "grafana")),
    ("signed", {"name": f"a{APART}b=c"}, {"name": "a", "labels": {"b": "c"}}),
    ("signed", {"name": "a", "labels": {"a=b": "c"}}, {"name": "a", "labels": {"a": "b=c"}}),
    ("signed", {"name": f"a{APART}"}, {"name": "a\x1e1"}), ("signed", {"name": "a\x1e"}, {"name": "a\x1e0"}),
    ("standard", {"type": "a", "data": {"labels": {"a=b": "c"}}}, {"type": "a", "data": {"labels": {"a": "b=c"}}}),
    ("datadog", datadog(org=f"1{APART}2", monitor="3"), datadog(org="1", monitor=f"2{APART}3")),
    ("datadog", datadog(monitor="prod"), datadog(monitor="staging")),
    ("datadog", datadog(scope="a:1"), datadog(scope="a:1,b:2")),
    *(("eventbridge", bridge("1", **one), bridge("2", **other)) for one, other in (
        ({"name": "db[1]"}, {"name": "db[2]"}), ({"name": "db-1"}, {"name": "db-11"}), ({"name": "db"}, {"name": "DB"}),
        ({"name": "db"}, {"name": "db", "region": "us-east-1"}), ({"name": "db"}, {"name": "db", "account": "2"}),
        ({"resources": []}, {"resources": [], "region": "us-east-1"}),
    )),
    *(("sns", topic(**one), topic(**other)) for one, other in (
        *(({"AlarmName": a, "AlarmArn": None}, {"AlarmName": b, "AlarmArn": None}) for a, b in (
            ("db[1]", "db[2]"), ("db-1", "db-11"), ("db", "DB"),
        )),
        ({"AWSAccountId": "1"}, {"AWSAccountId": "2"}),
        ({"AlarmArn": None}, {"AlarmArn": None, "Region": "EU (Paris)"}),
        ({}, {"AlarmArn": recorded("sns")["AlarmArn"].replace("eu-west-1", "eu-west-3")}),
    )),
]  # fmt: skip
