"""The journal keeps each fact once, in order, durably, in both databases."""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from journal.chain import Entry
from journal.errors import AmbiguousIncident, IncidentClosed, RunTaken, UnknownIncident, UnsuitableJournal
from journal.facts.closed import Closed, Noted
from journal.facts.installation import Registered, Witnessed
from journal.facts.opened import Opened
from journal.facts.words import Ending
from journal.inbox import Delivery, Inbox
from journal.store import Journal
from journal.verify import verify
from tests.journal.samples import START, Ticking, opened


def note(text: str = "seen") -> Noted:
    return Noted(by="codeblue", text=text)


def test_a_journal_in_memory_is_refused() -> None:
    with pytest.raises(UnsuitableJournal, match="forgets"):
        Journal.connect("sqlite://")


def test_another_database_is_refused_without_its_password_in_the_sentence() -> None:
    with pytest.raises(UnsuitableJournal) as caught:
        Journal.connect("mysql://u:s3cret@host/db")
    assert "mysql" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_an_incident_that_does_not_exist_is_refused(journal: Journal) -> None:
    with pytest.raises(UnknownIncident):
        journal.append("INC-1", "a", note())
    with pytest.raises(UnknownIncident):
        journal.entries("INC-1")
    with pytest.raises(UnknownIncident):
        journal.incident("ledger")
    assert journal.recorded("INC-1", "a") is None


@pytest.mark.parametrize("statement", ["UPDATE entries SET kind = 'x'", "DELETE FROM entries"])
def test_the_database_refuses_to_change_or_delete_an_entry(journal: Journal, statement: str) -> None:
    journal.open_incident(opened())
    with pytest.raises(DBAPIError, match="append-only"), journal.database.engine.begin() as tx:
        tx.execute(text(statement))
    assert verify(journal).intact


def test_openings_and_registrations_cannot_be_appended_by_hand(journal: Journal) -> None:
    incident, _ = journal.open_incident(opened())
    for fact in (
        opened(),
        Registered(incident=incident.id, head="0", closing=True),
        Witnessed(incident=incident.id, number=1, head="0"),
    ):
        with pytest.raises(TypeError):
            journal.append(incident.id, "again", fact)


def test_a_guard_that_raises_leaves_nothing_behind(journal: Journal) -> None:
    incident, _ = journal.open_incident(opened())

    def refuse(entries: Sequence[Entry]) -> None:
        assert [entry.kind for entry in entries] == ["opened"]
        raise PermissionError("no")

    with pytest.raises(PermissionError):
        journal.append(incident.id, "a", note(), guard=refuse)
    assert journal.recorded(incident.id, "a") is None
    assert journal.incident(incident.id).count == 1


def test_an_appended_fact_comes_back_as_it_was_said(journal: Journal, clock: Ticking) -> None:
    incident, _ = journal.open_incident(opened())
    clock.wait(seconds=1.234567)
    entry = journal.append(incident.id, "a", note("çà 温 \x00 \U0001f525"), flow_run="run-1", task_run="task-1")
    assert (entry.number, entry.kind, entry.at) == (2, "noted", START + timedelta(seconds=1.234567))
    assert journal.recorded(incident.id, "a") == entry
    assert journal.entries(incident.id)[1] == entry
    assert journal.tail(incident.id, 1) == (entry,)
    assert journal.tail(incident.id, 2) == ()


def test_a_key_is_recorded_once_and_the_first_fact_stays(journal: Journal) -> None:
    incident, _ = journal.open_incident(opened())
    first = journal.append(incident.id, "a", note("first"))
    assert journal.append(incident.id, "a", note("second")) == first
    assert journal.incident(incident.id).count == 2


def test_numbers_that_json_lacks_do_not_stop_the_record(journal: Journal) -> None:
    incident, _ = journal.open_incident(opened(params={"not a number": float("nan"), "endless": float("inf")}))
    said = journal.entries(incident.id)[0].fact
    assert isinstance(said, Opened)
    assert said.params == {"not a number": "nan", "endless": "inf"}


def test_threads_that_append_at_once_all_get_a_place_in_the_chain(journal: Journal) -> None:
    incident, _ = journal.open_incident(opened())
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda n: journal.append(incident.id, f"k{n % 40}", note(str(n))), range(80)))
    assert [entry.number for entry in journal.entries(incident.id)] == list(range(1, 42))
    assert verify(journal).intact


def test_a_repeat_of_the_alert_joins_the_open_incident(journal: Journal) -> None:
    incident, new = journal.open_incident(opened())
    again, new_again = journal.open_incident(opened(title="Other words"))
    assert (new, new_again) == (True, False)
    assert again.id == incident.id
    assert again.title == "Postgres refuses new connections"
    assert [entry.kind for entry in journal.entries(incident.id)] == ["opened", "joined"]


def test_a_person_who_starts_the_run_again_joins_without_an_alert(journal: Journal) -> None:
    journal.open_incident(opened(alert=None))
    incident, new = journal.open_incident(opened(alert=None), flow_run="run-7")
    assert not new
    assert incident.count == 1
    assert journal.incident_of("run-7") == incident.id


def test_a_problem_that_returns_after_closing_is_a_new_incident(journal: Journal, clock: Ticking) -> None:
    first, _ = journal.open_incident(opened())
    closed = journal.append(first.id, "closed", Closed(ending=Ending.RESOLVED, text="fixed"))
    clock.wait(minutes=1)
    second, new = journal.open_incident(opened())
    assert new
    assert second.id > first.id
    kept = journal.incident(first.id)
    assert (kept.ending, kept.closed_at, kept.head) == (Ending.RESOLVED, closed.at, closed.hash)
    assert [found.id for found in journal.incidents()] == [second.id, first.id]
    assert [found.id for found in journal.incidents(open_only=True, system="rung")] == [second.id]
    assert journal.incidents(system="other") == ()


def test_an_incident_is_closed_once(journal: Journal) -> None:
    incident, _ = journal.open_incident(opened())
    closing = Closed(ending=Ending.RECOVERED, text="by itself")
    first = journal.append(incident.id, "closed", closing)
    assert journal.append(incident.id, "closed", closing) == first
    with pytest.raises(IncidentClosed, match="Recovered"):
        journal.append(incident.id, "closed again", Closed(ending=Ending.UNRESOLVED, text="no"))
    assert journal.append(incident.id, "undone later", note()).number == 3
    assert verify(journal).intact


def test_an_incident_is_found_by_an_unambiguous_beginning_in_any_case(journal: Journal, clock: Ticking) -> None:
    first, _ = journal.open_incident(opened("one"))
    second, _ = journal.open_incident(opened("two"))  # in the same 82 ms
    clock.wait(days=1)
    third, _ = journal.open_incident(opened("three"))
    assert first.id == "INC-20260102-42WX"
    assert second.id.startswith(first.id)
    assert journal.incident(first.id.lower()).id == first.id
    assert journal.incident("inc-20260103").id == third.id
    with pytest.raises(AmbiguousIncident, match=second.id):
        journal.incident("INC-20260102")
    with pytest.raises(UnknownIncident):
        journal.incident("")
    with pytest.raises(UnknownIncident):
        journal.incident("INC-2026%")


def test_an_alert_from_the_inbox_is_done_in_the_transaction_that_opens(journal: Journal) -> None:
    inbox = Inbox(journal)
    receipt = inbox.put(Delivery(format="alertmanager", delivery="d1", fingerprint="f", alert={"a": 1}))
    incident, new = journal.open_incident(opened(), delivery=receipt.id)
    again, new_again = journal.open_incident(opened(), delivery=receipt.id)  # its handler died before it could say so
    assert (new, new_again, again.id) == (True, False, incident.id)
    assert again.count == 1
    assert inbox.pending() == ()


def test_a_flow_run_works_on_one_incident(journal: Journal) -> None:
    first, _ = journal.open_incident(opened("one"), flow_run="run-1")
    second, _ = journal.open_incident(opened("two"))
    journal.assign("run-1", first.id)
    assert journal.incident_of("run-1") == first.id
    assert journal.incident_of("run-2") is None
    with pytest.raises(RunTaken):
        journal.assign("run-1", second.id)


def test_entries_of_a_kind_are_found_over_all_incidents(journal: Journal, clock: Ticking) -> None:
    for name, system in (("one", "rung"), ("two", "other")):
        incident, _ = journal.open_incident(opened(name, system=system))
        journal.append(incident.id, "a", note(name))
        clock.wait(minutes=1)
    notes = journal.of_kind("noted")
    assert [entry.fact.text for entry in notes if isinstance(entry.fact, Noted)] == ["one", "two"]
    assert journal.of_kind("noted", since=START + timedelta(seconds=30)) == notes[1:]
    assert journal.of_kind("noted", system="rung") == notes[:1]
    assert journal.of_kind("noted", environment="rung-staging") == ()
    assert journal.of_kind("noted", newest_first=True, limit=1) == notes[1:]


def test_a_forked_child_uses_the_journal_it_inherited(journal: Journal) -> None:
    incident, _ = journal.open_incident(opened())
    stop = threading.Event()

    def write_without_pause() -> None:
        while not stop.is_set():
            journal.append(incident.id, f"busy:{time.monotonic_ns()}", note())

    busy = threading.Thread(target=write_without_pause)
    busy.start()
    children: list[int] = []
    for number in range(5):
        child = os.fork()  # while another thread writes: its locks must not be inherited shut
        if child == 0:
            try:
                journal.append(incident.id, f"child:{number}", note("from a child"))
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    stop.set()
    busy.join()
    assert codes == [0] * 5
    journal.append(incident.id, "parent", note("from the parent"))
    keys = {entry.key for entry in journal.entries(incident.id)}
    assert {"opened", "parent", *(f"child:{number}" for number in range(5))} <= keys
    assert verify(journal).intact


def test_every_error_survives_pickling() -> None:
    for error in (
        UnknownIncident("x"),
        AmbiguousIncident("x", ("a", "b")),
        RunTaken("r", "a", "b"),
        IncidentClosed("a", "b"),
    ):
        back = pickle.loads(pickle.dumps(error))
        assert type(back) is type(error)
        assert str(back) == str(error)


def test_a_journal_is_made_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Journal.connect(f"sqlite:///{tmp_path}/journal.db") as journal:
            journal.open_incident(opened())
            modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}, modes
