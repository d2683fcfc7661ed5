"""Large groups and what is missing of them: taken as far as they can be, and said in the incident."""

import asyncio
import json
import logging

import pytest

from deployments.receiver.body import LARGE
from deployments.receiver.dispatch import Dispatcher
from deployments.receiver.formats import CANNOT_SEE
from deployments.receiver.routing import Routes, Rule
from journal.approvals import monitors_end
from journal.facts.closed import Noted
from journal.facts.opened import Joined
from journal.inbox import Inbox
from journal.timeline_words import impact
from tests.receiver.as_they_are.forms import bridge, group, labelled, put, topic
from tests.receiver.senders import refusal
from tests.receiver.test_dispatch import FakePrefect, alert, delivery_of, facts, keep, settle
from tests.receiver.test_odd_fields import recorded
from tests.receiver.test_receiver_bounds import drive
from tests.receiver.test_senders_as_they_are import sent

MIB = 1 << 20
LEFT_OUT = [1, 37, 4000, "37", 37.0]
"""How a vendor says how many alerts it left out of a group."""
RULE = Rule(
    name="*", deployment="a/b", runbook="rung.a", title="A", system="rung", environment="rung-prod",
    from_labels={"environment": "environment"},
)  # fmt: skip


def big(size, *, each=987):
    """An Alertmanager group of about that many bytes, in Alertmanager's own order of fields."""
    labels = {"alertname": "KubePodNotReady", "severity": "warning", "filler": "x" * (each - 200)}
    alerts = [
        {"status": "firing", "labels": labels | {"pod": f"p{n}"}, "annotations": {}, "startsAt": "2026-01-02T03:00:00Z",
         "fingerprint": f"{n:016x}"}
        for n in range(max(1, size // each))
    ]  # fmt: skip
    body = {
        "receiver": "r",
        "status": "firing",
        "alerts": alerts,
        "version": "4",
        "groupKey": "g",
        "truncatedAlerts": 0,
    }
    return json.dumps(body).encode()


def notes(journal, incident):
    said = [note.text for note in facts(journal, incident, Noted)]
    return [text for text in said if not text.startswith("The alert started flow run")]


@pytest.fixture
def work(journal):
    def settled():
        settle(Dispatcher(journal, FakePrefect(), Routes([RULE])))
        return journal.incidents(limit=1000)

    return settled


def test_a_group_of_1200_alerts_is_taken(receiver):
    it = receiver("alertmanager", keep_within=60)
    body = big(1200 * 987)
    assert len(body) > LARGE
    answer = it.send(body)
    assert answer.status_code == 202
    assert len(answer.json()["receipts"]) == 1200


def test_a_group_of_nearly_5_mib_is_taken_whole(receiver, caplog):
    it = receiver("alertmanager", keep_within=60)
    body = big(5 * MIB - 200_000, each=40_000)
    answer = it.send(body)
    assert answer.status_code == 202
    assert "larger than" not in caplog.text


@pytest.mark.parametrize("size", [5 * MIB + 50_000, 6 * MIB, 20 * MIB])
def test_of_a_group_that_is_too_large_the_beginning_is_taken_and_the_rest_is_said_in_the_incident(size, receiver, work):
    it = receiver("alertmanager", keep_within=60)
    answer = it.send(big(size, each=250_000))
    assert answer.status_code == 202
    assert 15 <= len(answer.json()["receipts"]) <= 21
    [text] = {text for incident in work() for text in notes(it.journal, incident.id)}
    assert "larger than 5,242,880 bytes" in text
    assert "max_alerts" in text


def test_a_group_whose_first_alert_is_too_large_is_refused(receiver):
    refusal(receiver("alertmanager").send(big(6 * MIB, each=6 * MIB)), 422)


def test_a_group_of_a_stranger_is_refused_at_the_limit(receiver):
    it = receiver("alertmanager")
    chunks = (b"x" * 65_536 for _ in range(800))
    status, taken, _ = drive(it.app, "/alerts/alertmanager", chunks)
    assert (status, taken) == (413, 81)


def test_more_than_64_mib_are_not_even_read_from_a_known_sender(receiver):
    it = receiver("alertmanager")
    _, headers = it.sender.seal(b"", it.clock.now)
    given = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    status, taken, _ = drive(it.app, "/alerts/alertmanager", (b"x" * MIB for _ in range(200)), given)
    assert (status, taken) == (413, 70)


def test_a_format_whose_proof_covers_the_body_takes_no_part_of_one(receiver):
    refusal(receiver("grafana").send(big(6 * MIB)), 413)


@pytest.mark.parametrize(("form", "limit"), [("grafana", 5 * MIB), ("alertmanager", 5 * MIB), ("signed", MIB)])
def test_each_format_has_its_own_limit_and_the_operator_another(form, limit, receiver):
    def taken(it):
        chunks = (b"x" * 65_536 for _ in range(200))
        return drive(it.app, f"/alerts/{form}", chunks)[1]

    assert taken(receiver(form)) == limit // 65_536 + 1
    assert taken(receiver(form, options={"body_limit": 2 * MIB})) == 33
    assert taken(receiver(form, body_limit=65_536)) == 2


def test_few_large_bodies_are_held_at_a_time(receiver, monkeypatch):
    monkeypatch.setattr("deployments.receiver.body._PATIENCE", 0.05)
    it = receiver("alertmanager", body_within=5)
    held = asyncio.Semaphore(0)

    async def post(statuses, enough):
        first = True

        async def receive():
            nonlocal first
            if first:
                first = False
                return {"type": "http.request", "body": b"x" * (LARGE + 1), "more_body": True}
            await held.acquire()
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                if len(statuses) == 3:
                    enough.set()

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": "/alerts/alertmanager", "raw_path": b"/alerts/alertmanager", "query_string": b"", "root_path": "",
            "headers": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "state": {},
        }  # fmt: skip
        await it.app(scope, receive, send)

    async def several():
        statuses, enough = [], asyncio.Event()
        posts = [asyncio.create_task(post(statuses, enough)) for _ in range(5)]
        await enough.wait()
        early = list(statuses)
        for _ in posts:
            held.release()
        await asyncio.gather(*posts)
        return early, statuses[3:]

    assert asyncio.run(several()) == ([503, 503, 503], [401, 401])


@pytest.mark.parametrize("missing", LEFT_OUT)
@pytest.mark.parametrize("form", ["alertmanager", "grafana"])
def test_alerts_that_the_monitor_left_out_are_said_in_the_incident_once(form, missing, receiver, work, caplog):
    it = receiver(form)
    for _ in range(3):
        assert sent(it, recorded(form) | {"truncatedAlerts": missing}).status_code == 202
        it.clock.pass_(minutes=3)
    [incident] = work()
    assert f"left {int(missing):,} more alerts" in caplog.text
    assert [f"left {int(missing):,} more alerts" in text for text in notes(it.journal, incident.id)] == [True]


@pytest.mark.parametrize("missing", [0, None, -1, "many", [], {}])
def test_a_group_that_lacks_nothing_says_nothing(missing, receiver, work):
    it = receiver("alertmanager")
    sent(it, recorded("alertmanager") | {"truncatedAlerts": missing})
    [incident] = work()
    assert notes(it.journal, incident.id) == []


def test_an_unreadable_alert_leads_people_to_the_monitor(receiver, work, caplog):
    caplog.set_level(logging.WARNING)
    it = receiver("alertmanager")
    for _ in range(2):
        sent(it, recorded("alertmanager") | {"alerts": [{"status": "odd"}]})
        it.clock.pass_(minutes=5)
    [incident] = work()
    assert any("could not be read" in text for text in notes(it.journal, incident.id))


def test_no_data_of_a_rule_is_noted_in_its_open_incidents_and_in_no_other(receiver, work):
    it = receiver("grafana")
    for name, host in (("Rule", "a"), ("Rule", "b"), ("Other", "a")):
        sent(it, labelled("grafana", alertname=name, grafana_folder="f", host=host))
    work()
    blind = {"alertname": "DatasourceNoData", "rulename": "Rule", "grafana_folder": "f", "ref_id": "A"}
    sent(it, labelled("grafana", **blind))
    told = {i.id: notes(it.journal, i.id) for i in work()}
    assert sorted(len(texts) for texts in told.values()) == [0, 1, 1]
    assert any(CANNOT_SEE in text for texts in told.values() for text in texts)


def test_no_data_of_a_grafana_rule_is_noted_where_alertmanager_tells_of_it(receiver, work):
    it = receiver("alertmanager")
    of_rule = "https://g.example.org/alerting/grafana/{}/view?orgId=1".format
    for rule, host in (("uid-1", "a"), ("uid-1", "b"), ("uid-2", "a")):
        sent(it, group("alertmanager", labels={"alertname": "Rule", "host": host}, generatorURL=of_rule(rule)))
    work()
    blind = {"alertname": "DatasourceNoData", "rulename": "Rule", "ref_id": "A", "datasource_uid": "x"}
    sent(it, group("alertmanager", labels=blind, generatorURL=of_rule("uid-1")))
    told = {i.id: notes(it.journal, i.id) for i in work()}
    assert sorted(len(texts) for texts in told.values()) == [0, 1, 1]


def test_a_merged_incident_is_said_to_go_on_elsewhere(journal, work):
    inbox = Inbox(journal)
    keep(inbox, alert(), "1")
    work()
    keep(inbox, alert(status="resolved"), "2", blind="PagerDuty merged it into #2")
    [incident] = work()
    [text] = notes(journal, incident.id)
    assert "merged it into #2" in text
    assert facts(journal, incident.id, Joined) == []


def test_a_label_that_chose_nothing_is_told_in_the_incident(journal, work):
    keep(Inbox(journal), alert(labels={"environment": "rung-prod\x07"}), "1")
    [incident] = work()
    assert incident.environment == "rung-prod"
    assert any("chose no environment" in text for text in notes(journal, incident.id))


@pytest.mark.parametrize("then", [["resolved"], ["resolved", "resolved"], []])
def test_an_end_is_not_counted_as_a_repeat(then, journal, work):
    inbox = Inbox(journal)
    for number, status in enumerate(["firing", *then]):
        keep(inbox, alert(status=status), str(number))
        [incident] = work()
    assert "came again" not in " ".join(impact(journal.entries(incident.id)))
    keep(inbox, alert(), "again")
    work()
    assert "came again 1 time while" in " ".join(impact(journal.entries(incident.id)))


@pytest.mark.parametrize("fingerprint", [f"{number:016x}" for number in range(8)])
def test_a_problem_and_its_end_in_one_delivery_are_an_incident_whose_monitor_says_that_it_is_over(
    fingerprint, receiver, work
):
    it = receiver("alertmanager")
    payload = group("alertmanager", fingerprint=fingerprint)
    [firing] = payload["alerts"]
    sent(it, payload | {"alerts": [firing, firing | {"status": "resolved"}]})
    [incident] = work()
    assert monitors_end(it.journal.entries(incident.id)) is not None


def test_an_end_and_the_next_problem_in_one_delivery_are_no_end(receiver, work):
    it = receiver("alertmanager")
    payload = group("alertmanager", fingerprint="00000000000000aa")
    [firing] = payload["alerts"]
    sent(it, payload)
    work()
    it.clock.pass_(minutes=2)
    again = firing | {"startsAt": "2026-01-02T03:11:00Z"}
    sent(it, payload | {"alerts": [firing | {"status": "resolved"}, again]})
    [incident] = work()
    assert monitors_end(it.journal.entries(incident.id)) is None


def test_no_data_of_a_rule_is_noted_in_all_of_its_incidents_however_many(journal, work):
    inbox = Inbox(journal)
    inbox.put_all([delivery_of(alert(fingerprint=f"grafana:rule:{number}"), str(number)) for number in range(120)])
    work()
    keep(inbox, alert(fingerprint="grafana:rule:none"), "blind", blind=CANNOT_SEE)
    assert {len(notes(journal, incident.id)) for incident in work()} == {1}


@pytest.mark.parametrize(("form", "payload"), [
    ("sns", topic(AlarmContributorId="6d44", AlarmContributorAttributes={"DBInstanceIdentifier": "shop-2", "n": 1})),
    ("eventbridge", put(bridge(), detail__alarmContributor={"id": "6d44", "attributes": {
        "DBInstanceIdentifier": "shop-2", "n": 1}}) | {"detail-type": "CloudWatch Alarm Contributor State Change"}),
])  # fmt: skip
def test_a_time_series_of_an_alarm_says_which_it_is(form, payload, receiver):
    it = receiver(form)
    assert sent(it, payload).status_code == 202
    [kept] = it.kept()
    assert (kept["labels"]["DBInstanceIdentifier"], kept["labels"]["n"]) == ("shop-2", "1")
