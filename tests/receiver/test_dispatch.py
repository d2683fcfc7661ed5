"""From kept alerts to incidents with runs: nothing lost, nothing twice, wherever it is cut off."""

import threading
import time
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

import pytest
from sqlalchemy.exc import DataError

from deployments.failing import Failures, failing
from deployments.receiver.dispatch import STARTING, Dispatcher
from deployments.receiver.inbox_queries import UNHANDLED, UNROUTED, left_over, set_aside
from deployments.receiver.routing import Routes, Rule
from deployments.receiver.runs import NoRunError
from deployments.stack_home import Home
from journal import silences, switches
from journal.errors import JournalUnavailable
from journal.facts.closed import Closed, Noted
from journal.facts.opened import Joined, Opened
from journal.facts.words import Ending
from journal.inbox import Delivery, Inbox
from journal.store import Journal
from runbook.alert import Alert

RULE = Rule(
    name="Postgres*", deployment="connection-exhaustion/default", runbook="rung.connection_exhaustion",
    title="Connection exhaustion", system="rung", environment="rung-prod", params={"idle_for": "PT30M"},
)  # fmt: skip
ROUTES = Routes([RULE])


class FakePrefect:
    """Prefect at its client's border: one run for each key, like the server."""

    def __init__(self):
        self.runs = {}
        self.asked = 0
        self.away = False

    def create(self, deployment, *, key, parameters, tags):
        self.asked += 1
        if self.away:
            raise NoRunError(deployment, "Prefect cannot be reached")
        return self.runs.setdefault(key, (uuid5(NAMESPACE_URL, key), deployment, parameters, sorted(tags)))[0]


class Killed(BaseException):
    """Stands for SIGKILL: nothing handles it."""


@pytest.fixture
def prefect():
    return FakePrefect()


@pytest.fixture
def inbox(journal):
    return Inbox(journal)


def alert(name="PostgresTooManyConnections", fingerprint="f1", **fields):
    return Alert(format="alertmanager", name=name, fingerprint=fingerprint, **fields)


def delivery_of(given, name, **more):
    kept = given.model_dump(mode="json") | more
    return Delivery(format=given.format, delivery=name, fingerprint=given.fingerprint, alert=kept)


def keep(inbox, given, delivery, **more):
    return inbox.put(delivery_of(given, delivery, **more)).id


def settle(dispatcher):
    """Let the dispatcher do all there is, in this thread."""
    dispatcher._pool = Direct()
    dispatcher.sweep()
    while dispatcher.step():
        pass


class Direct:
    """Runs at once what a pool would run later."""

    def submit(self, work, *args):
        work(*args)

    def shutdown(self, **_):
        pass


def facts(journal, incident, kind):
    return [entry.fact for entry in journal.entries(incident) if isinstance(entry.fact, kind)]


# -- not started ------------------------------------------------------------------------------------------------------


def test_an_alert_that_nobody_takes_stays_in_the_inbox_in_sight(journal, inbox, prefect, caplog):
    number = keep(inbox, alert(name="Unheard"), "1")
    settle(Dispatcher(journal, prefect, ROUTES))
    assert [entry.id for entry in left_over(journal)] == [number]
    assert "Alert 1 (alertmanager, 'Unheard') starts nothing: no route takes it" in caplog.text
    assert (journal.incidents(), prefect.asked, inbox.pending()) == ((), 0, ())


def test_an_alert_that_nobody_takes_is_not_hidden_by_another_that_repeats(inbox, journal, prefect):
    keep(inbox, alert("DiskFull", "rare"), "rare")
    inbox.put_all([delivery_of(alert("Flapping", "often"), str(number)) for number in range(150)])
    settle(Dispatcher(journal, prefect, ROUTES))
    assert [(one.name, one.why) for one in left_over(journal)] == [("Flapping", UNROUTED), ("DiskFull", UNROUTED)]


def test_an_end_without_an_open_incident_starts_nothing(journal, inbox, prefect):
    keep(inbox, alert(status="resolved"), "1")
    settle(Dispatcher(journal, prefect, ROUTES))
    assert (journal.incidents(), prefect.asked, inbox.pending(), left_over(journal)) == ((), 0, (), [])


def test_a_blind_monitor_starts_nothing(journal, inbox, prefect):
    keep(inbox, alert(), "1", blind=True)
    settle(Dispatcher(journal, prefect, ROUTES))
    assert (journal.incidents(), prefect.asked, inbox.pending()) == ((), 0, ())


def test_one_alert_that_cannot_be_handled_holds_up_no_other(journal, inbox, prefect):
    def moody(given):
        if given.fingerprint == "f1":
            raise ZeroDivisionError
        return ROUTES(given)

    keep(inbox, alert(), "1")
    inbox.put(Delivery(format="signed", delivery="2", fingerprint="f2", alert={"status": "firing", "surprise": 1}))
    keep(inbox, alert(fingerprint="f3"), "3")
    settle(Dispatcher(journal, prefect, moody))
    assert [incident.fingerprint for incident in journal.incidents()] == ["f3"]
    assert {entry.id for entry in left_over(journal)} == {1, 2}


def test_alerts_that_nobody_can_read_or_keep_starve_no_other_and_stay_in_sight(journal, inbox, prefect):
    def refused_by_the_database(given):
        if given.fingerprint == "refused":
            raise DataError("INSERT", {}, ValueError("a character that no text may hold"))
        return ROUTES(given)

    for number in range(250):  # more than are claimed at once
        inbox.put(Delivery(format="signed", delivery=f"p{number}", fingerprint=f"p{number}", alert={"name": "x"}))
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("UPDATE inbox SET alert = substr(alert, 1, 5)")
    keep(inbox, alert(fingerprint="refused"), "refused")
    keep(inbox, alert(fingerprint="good"), "good")
    settle(Dispatcher(journal, prefect, refused_by_the_database))
    assert [incident.fingerprint for incident in journal.incidents()] == ["good"]
    assert inbox.pending() == ()
    assert set_aside(journal)[UNHANDLED][0] == 251
    [first, *_] = left_over(journal)
    assert (first.why, first.name) == (UNHANDLED, "PostgresTooManyConnections")
    assert "could not be handled" in str(first)
    assert all("readable" in one.name for one in left_over(journal)[1:])


def unreadable(journal, kind):
    """As another version may write it: a field that this one does not know."""
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_update")
        tx.exec_driver_sql("""UPDATE entries SET fact = replace(fact, '{"', '{"zz":1,"') WHERE kind = ?""", (kind,))


def test_an_open_incident_that_cannot_be_read_keeps_no_alert_from_its_run(journal, inbox, prefect, tmp_path):
    home = Home.at(tmp_path)
    keep(inbox, alert(fingerprint="bad"), "1")
    settle(Dispatcher(journal, prefect, ROUTES))
    [bad] = journal.incidents()
    unreadable(journal, "opened")
    keep(inbox, alert(fingerprint="good"), "2")
    with Dispatcher(journal, prefect, ROUTES, failures=Failures(home, "receiver")) as dispatcher:
        dispatcher.wake()
        deadline = time.monotonic() + 10
        while len(prefect.runs) < 2:
            assert time.monotonic() < deadline, dispatcher.state()
            time.sleep(0.01)
    assert [(one.part, one.whose) for one in failing(home)] == [(STARTING, bad.id)]


@pytest.mark.parametrize("kind", ["silenced", "unsilenced", "frozen", "thawed"])
def test_a_silence_or_maintenance_that_cannot_be_read_keeps_no_alert_out(journal, inbox, prefect, kind):
    signed = {"by": "ana", "why": "known"}
    window = {"starts": journal.clock(), "ends": journal.clock() + timedelta(hours=1)}
    silences.unsilence(journal, silences.silence(journal, "Disk*", {}, **window, **signed).number, **signed)
    silences.silence(journal, "Disk*", {}, **window, **signed)
    for _ in range(2):
        switches.freeze(journal, "rung-2", **window, **signed, maintenance=True)
        switches.thaw(journal, "rung-2", **signed)
    unreadable(journal, kind)
    keep(inbox, alert(), "1")
    settle(Dispatcher(journal, prefect, ROUTES))
    assert len(prefect.runs) == 1
    assert not left_over(journal)


class Broken:
    """A client of Prefect that has a mistake."""

    def create(self, deployment, *, key, parameters, tags):
        raise ZeroDivisionError


def test_an_incident_that_can_never_be_started_is_named_and_ends(journal, inbox, tmp_path):
    home = Home.at(tmp_path)
    keep(inbox, alert(), "1")
    dispatcher = Dispatcher(journal, Broken(), ROUTES, failures=Failures(home, "receiver"))
    settle(dispatcher)
    [incident] = journal.incidents()
    assert [(one.part, one.whose) for one in failing(home)] == [(STARTING, incident.id)]
    while dispatcher.state().awaiting_runs:
        dispatcher._due[incident.id] = 0.0  # its time has come
        dispatcher.step()
    [closed] = facts(journal, incident.id, Closed)
    assert closed.ending is Ending.UNRESOLVED
    assert failing(home) == ()


# -- started ----------------------------------------------------------------------------------------------------------


def test_a_new_problem_gets_an_incident_and_one_tagged_run(journal, inbox, prefect):
    rung = []
    keep(inbox, alert(labels={"datname": "rung"}), "1")
    settle(Dispatcher(journal, prefect, ROUTES, ring=rung.append))
    [incident] = journal.incidents()
    [opened] = facts(journal, incident.id, Opened)
    assert (opened.runbook, opened.environment, opened.requested_by) == (
        RULE.runbook,
        "rung-prod",
        "alert:alertmanager",
    )
    run, deployment, parameters, tags = prefect.runs[incident.id]
    assert deployment == RULE.deployment
    assert parameters["params"] == {"environment": "rung-prod", "idle_for": "PT30M"}
    assert Alert.model_validate(parameters["alert"]).labels == {"datname": "rung"}
    assert tags == sorted(
        [f"incident:{incident.id}", "runbook:rung.connection_exhaustion", "severity:error", "system:rung"]
    )
    assert journal.incident_of(str(run)) == incident.id
    assert rung == [run]


def test_a_repeat_joins_and_starts_nothing(journal, inbox, prefect):
    dispatcher = Dispatcher(journal, prefect, ROUTES)
    for number in range(3):
        keep(inbox, alert(), str(number))
        settle(dispatcher)
    [incident] = journal.incidents()
    assert len(facts(journal, incident.id, Joined)) == 2
    assert prefect.asked == 1


def test_repeats_of_a_storm_are_one_line_and_all_done(journal, inbox, prefect):
    for number in range(450):
        keep(inbox, alert(fingerprint=f"f{number % 3}"), str(number))
    settle(Dispatcher(journal, prefect, ROUTES))
    assert len(journal.incidents()) == len(prefect.runs) == 3
    assert inbox.counts().done == 450
    assert all(len(facts(journal, incident.id, Joined)) < 10 for incident in journal.incidents())


def test_an_end_and_a_blind_monitor_are_said_in_the_open_incident(journal, inbox, prefect):
    dispatcher = Dispatcher(journal, prefect, ROUTES)
    keep(inbox, alert(), "1")
    keep(inbox, alert(), "2", blind=True)
    keep(inbox, alert(status="resolved"), "3")
    settle(dispatcher)
    [incident] = journal.incidents()
    assert incident.closed_at is None
    assert [joined.alert["status"] for joined in facts(journal, incident.id, Joined)] == ["resolved"]
    assert any("cannot see" in noted.text for noted in facts(journal, incident.id, Noted))


def test_a_problem_that_comes_back_after_closing_is_a_new_incident(journal, inbox, prefect):
    dispatcher = Dispatcher(journal, prefect, ROUTES)
    keep(inbox, alert(), "1")
    settle(dispatcher)
    journal.append(journal.incidents()[0].id, "closed", Closed(ending=Ending.RESOLVED, text="done"))
    keep(inbox, alert(), "2")
    settle(dispatcher)
    assert len(journal.incidents()) == len(prefect.runs) == 2


# -- cut off ----------------------------------------------------------------------------------------------------------

STEPS = [
    (Inbox, "claim"), (Journal, "open_incident"), (FakePrefect, "create"), (Journal, "assign"), (Journal, "append"),
]  # fmt: skip


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[step for _, step in STEPS])
def test_killed_at_any_step_it_is_taken_up_with_one_incident_and_one_run(  # noqa: PLR0917  (fixtures)
    owner, step, when, journal, inbox, prefect, clock, monkeypatch
):
    keep(inbox, alert(), "1")
    real = getattr(owner, step)

    def deadly(*args, **options):
        if when == "after":
            real(*args, **options)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(owner, step, deadly)
        with pytest.raises(Killed):
            settle(Dispatcher(journal, prefect, ROUTES))
    clock.pass_(minutes=1)  # whatever the dead one had claimed is free again
    again = Dispatcher(journal, prefect, ROUTES)
    settle(again)
    settle(again)
    [incident] = journal.incidents()
    assert list(prefect.runs) == [incident.id]
    assert journal.incident_of(str(prefect.runs[incident.id][0])) == incident.id
    assert facts(journal, incident.id, Joined) == []
    assert len(facts(journal, incident.id, Noted)) == 1
    assert inbox.pending() == ()


def test_killed_at_a_repeat_it_joins_once(journal, inbox, prefect, clock, monkeypatch):
    keep(inbox, alert(), "1")
    settle(Dispatcher(journal, prefect, ROUTES))
    keep(inbox, alert(status="resolved"), "2")

    def deadly(*_):
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(Inbox, "done", deadly)
        with pytest.raises(Killed):
            settle(Dispatcher(journal, prefect, ROUTES))
    clock.pass_(minutes=1)
    settle(Dispatcher(journal, prefect, ROUTES))
    assert len(facts(journal, journal.incidents()[0].id, Joined)) == 1
    assert inbox.pending() == ()


def test_while_prefect_is_away_alerts_are_kept_and_repeats_still_join(journal, inbox, prefect):
    prefect.away = True
    dispatcher = Dispatcher(journal, prefect, ROUTES)
    keep(inbox, alert(), "1")
    settle(dispatcher)
    keep(inbox, alert(), "2")
    settle(dispatcher)
    [incident] = journal.incidents()
    assert len(facts(journal, incident.id, Joined)) == 1
    state = dispatcher.state()
    assert state.awaiting_runs == 1
    assert "Prefect cannot be reached" in state.trouble
    prefect.away = False
    dispatcher._due[incident.id] = 0.0  # its time has come
    settle(dispatcher)
    assert list(prefect.runs) == [incident.id]
    assert (dispatcher.state().awaiting_runs, dispatcher.state().trouble) == (0, None)


def test_two_dispatchers_make_one_incident_and_one_run(journal, journal_file, inbox, prefect, clock):
    for number in range(40):
        keep(inbox, alert(fingerprint=f"f{number % 4}"), str(number))
    with Journal.connect(f"sqlite:///{journal_file}", clock=clock) as other:
        both = [Dispatcher(each, prefect, ROUTES) for each in (journal, other)]
        threads = [threading.Thread(target=settle, args=(dispatcher,)) for dispatcher in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(journal.incidents()) == len(prefect.runs) == 4
    assert inbox.pending() == ()


# -- as a thread ------------------------------------------------------------------------------------------------------


def test_woken_it_starts_at_once_and_survives_a_journal_that_is_away(journal, inbox, prefect, monkeypatch):
    started, failed = threading.Event(), threading.Event()
    real = Inbox.claim

    def away_once(self, *args, **options):
        if not failed.is_set():
            failed.set()
            raise JournalUnavailable("there", 0.3, "gone")
        return real(self, *args, **options)

    monkeypatch.setattr(Inbox, "claim", away_once)
    with Dispatcher(journal, prefect, ROUTES, ring=lambda _: started.set()) as dispatcher:
        assert failed.wait(5)
        keep(inbox, alert(), "1")
        dispatcher.wake()
        assert started.wait(5)
        assert dispatcher.state().running
    assert not dispatcher.state().running


def test_prefect_back_after_an_absence_gets_the_run_without_being_told(journal, inbox, prefect):
    asked, started = threading.Event(), threading.Event()
    prefect.away = True
    real = prefect.create

    def noting(*args, **options):
        try:
            return real(*args, **options)
        finally:
            asked.set()

    prefect.create = noting
    with Dispatcher(journal, prefect, ROUTES, ring=lambda _: started.set()) as dispatcher:
        keep(inbox, alert(), "1")
        dispatcher.wake()
        assert asked.wait(5)
        prefect.away = False
        assert started.wait(5)
    assert UNROUTED not in prefect.runs
