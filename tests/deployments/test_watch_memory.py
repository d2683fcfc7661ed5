"""A watch that remembers sees what one without memory sees, and asks for less."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient
from sqlalchemy import event

from deployments.failing import Failures, failing
from deployments.stack_home import Home
from deployments.watch_memory import LATE, READING, Memory, Recent, RunsSeen, Stories
from journal.facts.closed import Closed, Noted
from journal.facts.words import Ending
from journal.store import Journal
from tests.journal.samples import Ticking, opened


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def journal(tmp_path: Path, clock: Ticking, migrated: Path) -> Iterator[Journal]:
    with Journal.connect(f"sqlite:///{shutil.copy(migrated, tmp_path)}", clock=clock) as found:
        yield found


@pytest.fixture
def asked(journal: Journal) -> list[str]:
    """What the database is asked from now on."""
    said: list[str] = []
    event.listen(journal.database.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    return said


def test_stories_are_whole_whenever_they_are_read(journal: Journal) -> None:
    stories, ids = Stories(journal=journal), [journal.open_incident(opened(mark))[0].id for mark in "ab"]
    for number in range(3):
        assert stories.read(ids) == [journal.entries(one) for one in ids]
        journal.append(ids[number % 2], f"note:{number}", Noted(by="ana", text="seen"))
    assert stories.read(ids) == [journal.entries(one) for one in ids]
    stories.keep({ids[0]})
    assert stories.read(ids[::-1]) == [journal.entries(one) for one in ids[::-1]]


def test_where_nothing_was_added_one_question_is_enough(journal: Journal, asked: list[str]) -> None:
    stories, ids = Stories(journal=journal), [journal.open_incident(opened(f"f{n}"))[0].id for n in range(20)]
    stories.read(ids)
    asked.clear()
    stories.read(ids)
    assert [one.split()[0] for one in asked] == ["BEGIN", "SELECT"]


@pytest.mark.parametrize("gone", ["1 = 1", "number < 3", "number = 1"])
def test_an_incident_whose_beginning_is_gone_is_named_and_the_others_are_told(
    journal: Journal, tmp_path: Path, gone: str
) -> None:
    failures = Failures(Home.at(tmp_path), "watch")
    ids = [journal.open_incident(opened(mark))[0].id for mark in "abc"]
    for one in ids:
        journal.append(one, "note:1", Noted(by="ana", text="seen"))
        journal.append(one, "note:2", Noted(by="ana", text="seen"))
    _remove(journal, f"incident = '{ids[1]}' AND {gone}")
    stories = Stories(journal=journal, failures=failures)
    for _ in range(2):
        assert stories.read(ids) == [journal.entries(one) for one in (ids[0], ids[2])]
    [one] = failing(Home.at(tmp_path))
    assert (one.part, one.whose) == (READING, ids[1])
    assert "codeblue verify" in one.why


def test_an_incident_with_a_gap_is_told_as_it_is(journal: Journal) -> None:
    incident = journal.open_incident(opened("a"))[0].id
    for number in range(4):
        journal.append(incident, f"note:{number}", Noted(by="ana", text="seen"))
    _remove(journal, "number IN (3, 4)")
    stories = Stories(journal=journal)
    for number in (4, 5):
        assert stories.read([incident]) == stories.read([incident]) == [journal.entries(incident)]
        journal.append(incident, f"note:{number}", Noted(by="ana", text="seen"))


def _remove(journal: Journal, which: str) -> None:
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_delete")
        tx.exec_driver_sql(f"DELETE FROM entries WHERE {which}")


@pytest.mark.parametrize("kind", ["closed", "noted"])
def test_an_entry_that_cannot_be_read_is_named_and_the_others_are_seen(
    journal: Journal, tmp_path: Path, kind: str
) -> None:
    failures = Failures(Home.at(tmp_path), "watch")
    bad, good = (journal.open_incident(opened(mark))[0].id for mark in "ab")
    for one in (bad, good):
        journal.append(one, "noted", Noted(by="ana", text="seen"))
        journal.append(one, "closed", Closed(ending=Ending.UNRESOLVED, text="in vain"))
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER entries_no_update")
        later = """UPDATE entries SET fact = replace(fact, '{"', '{"zz":1,"') WHERE incident = ? AND kind = ?"""
        tx.exec_driver_sql(later, (bad, kind))
    recent = Recent(journal=journal, kind=kind, back=timedelta(hours=1), failures=failures)
    for _ in range(2):
        assert [one.incident for one in recent.read()] == [good]
        assert [one.whose for one in failing(Home.at(tmp_path))] == [bad], "doctor names it"


def test_recent_entries_come_and_go(journal: Journal, clock: Ticking) -> None:
    closed = Recent(journal=journal, kind="closed", back=timedelta(hours=1))

    def close(mark: str) -> str:
        one = journal.open_incident(opened(mark))[0].id
        journal.append(one, "closed", Closed(ending=Ending.UNRESOLVED, text="Nobody knows."))
        return one

    first = close("a")
    assert [entry.incident for entry in closed.read()] == [first]
    clock.wait(minutes=40)
    second = close("b")
    assert {entry.incident for entry in closed.read()} == {first, second}
    clock.wait(minutes=40)
    assert [entry.incident for entry in closed.read()] == [second]


def test_an_entry_that_is_committed_late_is_seen(journal: Journal, clock: Ticking) -> None:
    closed = Recent(journal=journal, kind="closed", back=timedelta(hours=1))
    one = journal.open_incident(opened("a"))[0].id
    closed.read()
    clock.wait(seconds=-LATE.total_seconds() / 2)  # its writer read the clock before and commits after
    journal.append(one, "closed", Closed(ending=Ending.UNRESOLVED, text="Nobody knows."))
    clock.wait(seconds=LATE.total_seconds() / 2)
    assert [entry.incident for entry in closed.read()] == [one]


@flow(name="seen")
def seen() -> None:
    pass


def test_runs_are_asked_for_together_and_again_only_after_a_while(prefect: SyncPrefectClient) -> None:
    now = [0.0]
    runs = RunsSeen(every=5.0, clock=lambda: now[0])
    made, deleted = [prefect.create_flow_run(seen).id for _ in range(3)], uuid4()
    found = runs.look(prefect, [*made, deleted])
    assert {run: there and there.id for run, there in found.items()} == dict(zip(made, made, strict=True)) | {
        deleted: None
    }
    now[0] = 4.9
    another = prefect.create_flow_run(seen).id
    assert list(runs.look(prefect, [*made, another])) == [another]
    now[0] = 5.0
    assert set(runs.look(prefect, [*made, another])) == set(made)


def test_more_runs_than_prefect_tells_of_at_once_are_all_seen(
    prefect: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.watch_memory.PAGE", 2)
    made = [prefect.create_flow_run(seen).id for _ in range(5)]
    found = RunsSeen(every=5.0).look(prefect, made)
    assert [run and run.id for run in found.values()] == made


def test_a_new_memory_leaves_the_forms_alone(journal: Journal) -> None:
    assert Memory(journal).picker is None
