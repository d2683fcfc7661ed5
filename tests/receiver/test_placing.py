"""Alerts that open nothing, or join another problem: never lost, always said, for no longer than somebody meant."""

from datetime import timedelta

import pytest

from deployments.receiver.dispatch import Dispatcher
from deployments.receiver.inbox_queries import MAINTAINED, set_aside
from deployments.receiver.routing import Routes
from journal import silences, switches
from journal.facts.closed import Closed
from journal.facts.opened import Joined
from journal.facts.words import Ending
from journal.inbox import Inbox
from tests.receiver.test_dispatch import ROUTES, RULE, FakePrefect, alert, facts, keep, settle

HOUR = timedelta(hours=1)


@pytest.fixture
def inbox(journal):
    return Inbox(journal)


@pytest.fixture
def dispatcher(journal):
    return Dispatcher(journal, FakePrefect(), ROUTES)


@pytest.fixture
def relating(journal):
    return Dispatcher(journal, FakePrefect(), ROUTES, related_within=timedelta(minutes=10))


def hush(journal, clock):
    return silences.silence(journal, "Postgres*", {}, starts=clock.now, ends=clock.now + HOUR, by="ana", why="known")


def send(inbox, dispatcher, delivery, **fields):
    keep(inbox, alert(**fields), delivery)
    settle(dispatcher)


# -- silences and maintenance -----------------------------------------------------------------------------------------


def test_a_silenced_alert_opens_nothing_and_is_kept_and_said(journal, inbox, dispatcher, clock, caplog):
    caplog.set_level("INFO", "codeblue.receiver")
    silence = hush(journal, clock)
    send(inbox, dispatcher, "1")
    assert (journal.incidents(), inbox.pending()) == ((), ())
    assert set_aside(journal)[f"silenced:{silence.number}"][0] == 1
    assert f"opens nothing: silence {silence.number} holds" in caplog.text


def test_the_repeat_after_a_silence_opens_an_incident(journal, inbox, dispatcher, clock):
    hush(journal, clock)
    send(inbox, dispatcher, "1")
    clock.pass_(hours=1)
    send(inbox, dispatcher, "2")
    assert len(journal.incidents()) == 1


def test_a_silence_keeps_no_repeat_out_of_an_open_incident(journal, inbox, dispatcher, clock):
    send(inbox, dispatcher, "1")
    hush(journal, clock)
    send(inbox, dispatcher, "2")
    [incident] = journal.incidents()
    assert len(facts(journal, incident.id, Joined)) == 1


@pytest.mark.parametrize(("system", "opened"), [("rung", 0), ("*", 0), ("tcgx", 1)])
def test_during_maintenance_no_incident_of_the_system_is_opened(journal, dispatcher, clock, system, opened):
    ends = clock.now + HOUR
    switches.freeze(journal, system, starts=clock.now, ends=ends, by="ana", why="move", maintenance=True)
    send(Inbox(journal), dispatcher, "1")
    assert len(journal.incidents()) == opened
    assert (MAINTAINED in set_aside(journal)) is not bool(opened)


def test_a_freeze_for_a_release_opens_incidents_as_ever(journal, inbox, dispatcher, clock):
    switches.freeze(journal, "rung", starts=clock.now, ends=clock.now + HOUR, by="ana", why="release")
    send(inbox, dispatcher, "1")
    assert len(journal.incidents()) == 1


# -- related alerts ---------------------------------------------------------------------------------------------------


def test_unless_it_was_asked_for_no_alert_is_related_to_another(journal, inbox, dispatcher):
    send(inbox, dispatcher, "1")
    send(inbox, dispatcher, "2", fingerprint="f2", name="PostgresSlow")
    assert len(journal.incidents()) == 2


def test_a_related_alert_joins_the_primary_with_its_repeats_and_its_end(journal, inbox, relating, clock):
    send(inbox, relating, "1")
    clock.pass_(minutes=9)
    send(inbox, relating, "2", fingerprint="f2", name="PostgresSlow")
    clock.pass_(minutes=30)  # the window is for joining, not for staying
    send(inbox, relating, "3", fingerprint="f2", name="PostgresSlow")
    send(inbox, relating, "4", fingerprint="f2", name="PostgresSlow", status="resolved")
    [primary] = journal.incidents()
    joined = facts(journal, primary.id, Joined)
    assert [(said.alert["status"], said.related) for said in joined] == [
        ("firing", True), ("firing", True), ("resolved", True),
    ]  # fmt: skip
    assert inbox.counts().done == 4


def test_an_alert_too_late_or_elsewhere_has_an_incident_of_its_own(journal, inbox, clock):
    elsewhere = RULE.model_copy(update={"name": "Redis*", "environment": "rung-staging"})
    dispatcher = Dispatcher(journal, FakePrefect(), Routes([RULE, elsewhere]), related_within=timedelta(minutes=10))
    send(inbox, dispatcher, "1")
    send(inbox, dispatcher, "2", fingerprint="f2", name="RedisFull")
    clock.pass_(minutes=11)
    send(inbox, dispatcher, "3", fingerprint="f3", name="PostgresSlow")
    assert len(journal.incidents()) == 3


def test_when_the_primary_closed_a_related_alert_opens_its_own(journal, inbox, relating):
    send(inbox, relating, "1")
    send(inbox, relating, "2", fingerprint="f2", name="PostgresSlow")
    journal.append(journal.incidents()[0].id, "closed", Closed(ending=Ending.RESOLVED, text="done"))
    send(inbox, relating, "3", fingerprint="f2", name="PostgresSlow")
    assert {incident.fingerprint for incident in journal.incidents()} == {"f1", "f2"}
