"""The database goes away and comes back: nothing is lost, nothing is done twice, and the wait has an end."""

from __future__ import annotations

import logging
import pickle
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from journal.connect import Database
from journal.errors import JournalUnavailable, UnsuitableJournal
from journal.facts.closed import Noted
from journal.inbox import Delivery, Inbox
from journal.store import Journal
from journal.verify import verify
from tests.journal.samples import opened
from tests.journal.server import Postgres


def note() -> Noted:
    return Noted(by="x", text="y")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


def test_a_server_that_stays_away_is_named_with_a_remedy_and_without_its_password(postgres: Postgres) -> None:
    with pytest.raises(JournalUnavailable) as caught:
        Journal.connect("postgresql://u:s3cret@127.0.0.1:1/journal", patience=0.3)
    said = str(caught.value)
    assert "could not be reached" in said
    assert "start the database" in said
    assert "s3cret" not in said
    assert str(pickle.loads(pickle.dumps(caught.value))) == said


def test_a_database_that_does_not_exist_is_said_at_once(postgres: Postgres) -> None:
    with pytest.raises(UnsuitableJournal, match="does not exist"):
        Journal.connect(postgres.url("no_such_database"))


def test_a_file_that_cannot_be_a_database_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_text(
        "a poem, and a rather long one, so that it cannot be taken for an empty file\n" * 9
    )
    with pytest.raises(UnsuitableJournal, match="not a database"):
        Journal.connect(f"sqlite:///{tmp_path}/journal.db")


def test_a_locked_file_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    with Journal.connect(f"sqlite:///{tmp_path}/journal.db", patience=0.4) as journal:
        incident, _ = journal.open_incident(opened())
        blocker = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalUnavailable, match="locked"):
            journal.append(incident.id, "a", note())
        assert journal.recorded(incident.id, "a") is None  # readers are not kept waiting
        blocker.close()
        assert journal.append(incident.id, "a", note()).number == 2


def test_a_server_that_stops_and_starts_again_loses_nothing_and_doubles_nothing(postgres: Postgres) -> None:
    url = postgres.clean_database()
    with Journal.connect(url) as journal:
        incident, _ = journal.open_incident(opened())
        inbox = Inbox(journal)
        told: list[str] = []
        enough = {count: threading.Event() for count in (60, 400)}
        stop = threading.Event()

        def work(worker: int) -> None:
            number = 0
            while not stop.is_set():
                key = f"{worker}:{number}"
                journal.append(incident.id, key, note())
                inbox.put(Delivery(format="x", delivery=key, fingerprint="f", alert={}))
                told.append(key)
                number += 1
                for count, event in enough.items():
                    if len(told) >= count:
                        event.set()

        with ThreadPoolExecutor(5) as pool:
            working = [pool.submit(work, worker) for worker in range(4)]
            try:
                assert enough[60].wait(20)
                postgres.stop()  # immediate: connections are cut wherever they are, in a commit too
                before = len(told)
                waiting = pool.submit(journal.open_incident, opened("during the outage"))
                postgres.start()
                assert waiting.result(30)[1]
                assert enough[400].wait(30)
            finally:
                stop.set()
            for worker in working:
                worker.result(30)
        assert len(told) > before
        kept = [entry.key for entry in journal.entries(incident.id)]
        assert sorted(kept) == sorted(["opened", *told])
        assert sorted(alert.delivery for alert in inbox.pending(100_000)) == sorted(told)
        assert verify(journal).intact


@pytest.fixture
def lost_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first write is committed, but the answer does not arrive."""
    lost: list[str] = []
    write = Database._write_once

    def lose(self: Database, work: object) -> object:
        result = write(self, work)  # type: ignore[arg-type] # whatever the journal does
        if not lost:
            lost.append("once")
            raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))
        return result

    monkeypatch.setattr(Database, "_write_once", lose)
    return lost


def test_an_append_whose_commit_was_not_heard_of_is_there_once(
    journal: Journal, request: pytest.FixtureRequest
) -> None:
    incident, _ = journal.open_incident(opened())
    lost: list[str] = request.getfixturevalue("lost_once")
    entry = journal.append(incident.id, "a", note())
    assert lost
    assert journal.entries(incident.id)[1:] == (entry,)


def test_an_opening_whose_commit_was_not_heard_of_is_there_once_and_still_new(
    journal: Journal, lost_once: list[str]
) -> None:
    incident, new = journal.open_incident(opened())
    assert lost_once
    assert (new, incident.count) == (True, 1)
    assert len(journal.incidents()) == 1


def test_a_joining_whose_commit_was_not_heard_of_is_there_once(
    journal: Journal, request: pytest.FixtureRequest
) -> None:
    journal.open_incident(opened())
    request.getfixturevalue("lost_once")
    incident, new = journal.open_incident(opened())
    assert (new, incident.count) == (False, 2)


def test_a_mistake_of_the_program_is_not_retried(journal: Journal) -> None:
    calls: list[int] = []

    def work(tx: object) -> None:
        calls.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        journal.database.write(work)
    assert calls == [1]
    with pytest.raises(Exception, match="no_such"):
        journal.database.read(lambda tx: tx.execute(text("SELECT * FROM no_such")))
