"""Repeats in a storm: the first few are told, later ones only counted, and none is lost when its incident closes."""

import pytest

from deployments.receiver.dispatch import Dispatcher
from deployments.receiver.throttle import TOLD, WINDOW, RepeatThrottle
from journal.facts.closed import Closed
from journal.facts.opened import Joined, Opened
from journal.facts.words import Ending
from journal.inbox import Inbox
from tests.receiver.test_dispatch import ROUTES, FakePrefect, alert, facts, keep, settle


@pytest.fixture
def at():
    return [0.0]


@pytest.fixture
def throttle(at):
    return RepeatThrottle(clock=lambda: at[0])


def test_a_problem_that_nobody_told_of_is_told(throttle):
    assert throttle.counts_for("f") is None


def test_after_a_few_within_a_minute_the_rest_is_counted(throttle, at):
    for _ in range(TOLD):
        assert throttle.counts_for("f") is None
        throttle.told("f", "INC-1")
    assert throttle.counts_for("f") == "INC-1"
    assert throttle.counts_for("g") is None
    at[0] += WINDOW + 1
    assert throttle.counts_for("f") is None


def test_a_new_incident_of_the_problem_is_told_from_the_start(throttle):
    for _ in range(TOLD):
        throttle.told("f", "INC-1")
    throttle.told("f", "INC-2")
    assert throttle.counts_for("f") is None


def test_an_incident_that_closed_counts_no_repeat_and_the_next_one_is_opened(journal):
    prefect, inbox = FakePrefect(), Inbox(journal)
    dispatcher = Dispatcher(journal, prefect, ROUTES)
    for number in range(TOLD + 3):
        keep(inbox, alert(), str(number))
        settle(dispatcher)
    [first] = journal.incidents()
    assert len(facts(journal, first.id, Joined)) == TOLD - 1
    journal.append(first.id, "closed", Closed(ending=Ending.RESOLVED, text="done"))
    keep(inbox, alert(), "again")
    keep(inbox, alert(), "and again")
    settle(dispatcher)
    second = next(one for one in journal.incidents() if one.id != first.id)
    assert len(facts(journal, second.id, Opened)) == 1
    assert (inbox.counts().done, inbox.pending()) == (TOLD + 5, ())
    assert len(prefect.runs) == 2


def test_an_end_makes_the_next_repeat_worth_telling(journal):
    inbox = Inbox(journal)
    dispatcher = Dispatcher(journal, FakePrefect(), ROUTES)
    for number in range(TOLD + 1):
        keep(inbox, alert(), str(number))
        settle(dispatcher)
    keep(inbox, alert(status="resolved"), "end")
    keep(inbox, alert(), "once more")
    settle(dispatcher)
    [incident] = journal.incidents()
    assert [said.alert["status"] for said in facts(journal, incident.id, Joined)][-2:] == ["resolved", "firing"]


def test_the_inbox_forgets_what_was_done_long_ago(journal, clock, caplog):
    caplog.set_level("INFO", "codeblue.receiver")
    inbox = Inbox(journal)
    keep(inbox, alert(), "1")
    settle(Dispatcher(journal, FakePrefect(), ROUTES))
    keep(inbox, alert(name="Unheard", fingerprint="f2"), "2")
    clock.pass_(days=31)
    Dispatcher(journal, FakePrefect(), ROUTES).forget()
    assert inbox.counts().model_dump() == {"waiting": 1, "held": 0, "done": 0}
    assert "forgotten" in caplog.text
