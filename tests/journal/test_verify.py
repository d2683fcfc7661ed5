"""Whoever touches the record is found, and named by incident and number."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from journal import anchor as anchors
from journal.chain import GENESIS, canonical, hash_of
from journal.facts.closed import Closed, Confirmed, Noted
from journal.facts.decided import Decided
from journal.facts.done import Intended
from journal.facts.every import Fact
from journal.facts.words import Act, Channel, Ending
from journal.mark import Mark
from journal.schema import LEDGER
from journal.store import Journal
from journal.verify import Verification, verify
from tests.journal.samples import DIGEST, Ticking, opened, requested, story
from tests.journal.server import Postgres

Tamper = Callable[..., None]


@pytest.fixture
def told(journal: Journal, clock: Ticking) -> str:
    """A closed incident between an open one and another closed one."""
    journal.open_incident(opened("before"))
    clock.wait(seconds=1)
    incident, _ = journal.open_incident(opened())
    for seconds, key, fact in story():
        clock.wait(seconds=seconds)
        journal.append(incident.id, key, fact)
    after, _ = journal.open_incident(opened("after"))
    journal.append(after.id, "closed", Closed(ending=Ending.RECOVERED, text="by itself"))
    assert verify(journal).intact
    return incident.id


def one(found: Verification) -> tuple[str, int | None, str]:
    assert len(found.findings) == 1, str(found)
    return found.findings[0].incident, found.findings[0].number, found.findings[0].text


@pytest.mark.parametrize(
    "edit",
    [
        "fact = REPLACE(fact, 'mara', 'nina')",
        "fact = fact || ' '",
        "key = 'other'",
        "flow_run = 'other'",
        "kind = 'noted'",
    ],
)
def test_an_edited_entry_shows(journal: Journal, told: str, tamper: Tamper, edit: str) -> None:
    tamper(f"UPDATE entries SET {edit} WHERE incident = '{told}' AND number = 15")
    incident, number, said = one(verify(journal))
    assert (incident, number) == (told, 15)
    assert said == f"In {told}, entry 15 was edited: what it says no longer gives its hash."


def test_an_edited_time_shows(journal: Journal, told: str, tamper: Tamper) -> None:
    tamper(f"UPDATE entries SET at = '2026-01-02 05:00:00.000000' WHERE incident = '{told}' AND number = 15")
    assert one(verify(journal))[:2] == (told, 15)


def test_a_removed_entry_shows(journal: Journal, told: str, tamper: Tamper) -> None:
    tamper(f"DELETE FROM entries WHERE incident = '{told}' AND number = 15")
    assert one(verify(journal)) == (told, 16, f"In {told}, entry 15 is missing.")


def test_a_removed_entry_shows_also_when_the_rest_moves_up(journal: Journal, told: str, tamper: Tamper) -> None:
    tamper(
        f"DELETE FROM entries WHERE incident = '{told}' AND number = 15",
        *(f"UPDATE entries SET number = {n - 1} WHERE incident = '{told}' AND number = {n}" for n in range(16, 21)),
        f"UPDATE chains SET length = 19 WHERE incident = '{told}'",
    )
    numbers = {finding.number for finding in verify(journal).findings}
    assert numbers == {15, 16, 17, 18, 19}


def test_reordered_entries_show(journal: Journal, told: str, tamper: Tamper) -> None:
    tamper(
        f"UPDATE entries SET number = 99 WHERE incident = '{told}' AND number = 4",
        f"UPDATE entries SET number = 4 WHERE incident = '{told}' AND number = 5",
        f"UPDATE entries SET number = 5 WHERE incident = '{told}' AND number = 99",
    )
    found = verify(journal)
    assert {finding.incident for finding in found.findings} == {told}
    assert any("does not continue" in finding.text and finding.number == 4 for finding in found.findings)


def test_an_inserted_entry_shows(journal: Journal, told: str, tamper: Tamper) -> None:
    tamper(
        "INSERT INTO entries SELECT incident, 21, 'forged', kind, fact, at, flow_run, task_run, previous, hash "
        f"FROM entries WHERE incident = '{told}' AND number = 15"
    )
    assert {(finding.incident, finding.number) for finding in verify(journal).findings} == {(told, 21)}


def test_a_cut_tail_of_an_open_incident_shows(journal: Journal, tamper: Tamper) -> None:
    incident, _ = journal.open_incident(opened())
    journal.append(incident.id, "a", Noted(by="ana", text="a"))
    tamper("DELETE FROM entries WHERE number = 2 AND incident <> 'ledger'")
    assert one(verify(journal))[2] == f"The end of {incident.id} was cut off: it has 1 of its 2 entries."


def test_a_cut_tail_of_a_closed_incident_shows_even_if_its_projections_were_made_to_fit(
    journal: Journal, told: str, tamper: Tamper
) -> None:
    last = journal.entries(told)[-2]
    tamper(
        f"DELETE FROM entries WHERE incident = '{told}' AND number = 20",
        f"UPDATE chains SET length = 19, head = '{last.hash}' WHERE incident = '{told}'",
        f"UPDATE incidents SET closed_at = NULL, ending = NULL WHERE id = '{told}'",
    )
    assert one(verify(journal))[2] == f"{told} lacks its closing, which the ledger registered: its end was cut off."


def test_a_removed_incident_shows(journal: Journal, told: str, tamper: Tamper) -> None:
    for table, column in (("entries", "incident"), ("chains", "incident"), ("incidents", "id")):
        tamper(f"DELETE FROM {table} WHERE {column} = '{told}'")
    incident, _, said = one(verify(journal))
    assert incident == told
    assert said == f"{told} was removed as a whole: entry 2 of the ledger registers it."


def test_an_incident_that_is_listed_without_entries_shows(journal: Journal, told: str, tamper: Tamper) -> None:
    tamper(f"DELETE FROM entries WHERE incident = '{told}'")
    assert any("are gone" in finding.text for finding in verify(journal).findings)


def test_an_incident_that_was_slipped_in_shows(journal: Journal, told: str, tamper: Tamper) -> None:
    tamper(
        "INSERT INTO entries SELECT 'INC-20260102-ZZZZ', number, key, kind, fact, at, flow_run, task_run, previous, "
        f"hash FROM entries WHERE incident = '{told}'"
    )
    said = "\n".join(finding.text for finding in verify(journal).findings)
    assert "INC-20260102-ZZZZ has entries but no chain" in said
    assert "INC-20260102-ZZZZ was never registered in the ledger" in said


def test_a_cut_ledger_shows_against_a_kept_anchor(journal: Journal, told: str, tamper: Tamper) -> None:
    before = verify(journal)
    assert verify(journal, anchor=(before.count, before.head)).intact
    ledger = journal.entries("ledger")
    tamper(
        f"DELETE FROM entries WHERE incident = 'ledger' AND number = {before.count}",
        f"UPDATE chains SET length = {before.count - 1}, head = '{ledger[-2].hash}' WHERE incident = 'ledger'",
    )
    found = verify(journal, anchor=(before.count, before.head))
    assert any("kept anchor" in finding.text for finding in found.findings)


@pytest.mark.parametrize(
    ("column", "value"), [("severity", "low"), ("ending", "Unresolved"), ("title", "Nothing"), ("fingerprint", "x")]
)
def test_a_list_that_disagrees_with_the_entries_shows(
    journal: Journal, told: str, tamper: Tamper, column: str, value: str
) -> None:
    tamper(f"UPDATE incidents SET {column} = '{value}' WHERE id = '{told}'")
    incident, _, said = one(verify(journal))
    assert incident == told
    assert f"says {column} {value}" in said


def test_an_intact_journal_says_so_in_one_sentence(journal: Journal, told: str) -> None:
    assert told
    # 5 + 4 entries of the ledger (what was asked, decided and done), 1 + 20 + 2 of the incidents
    assert str(verify(journal)) == "The journal is intact: 32 entries of 3 incidents fit together."


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_single_change_of_any_entry_shows(journal: Journal, told: str, tamper: Tamper, data: st.DataObject) -> None:
    if not journal.database.sqlite:
        return  # the walk is the same; once is enough
    entry = data.draw(st.sampled_from(journal.entries(told)))
    column = data.draw(st.sampled_from(["key", "kind", "fact", "flow_run", "task_run", "previous", "hash"]))
    value = data.draw(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
    place = f"WHERE incident = '{told}' AND number = {entry.number}"
    with journal.database.engine.begin() as tx:
        old = tx.execute(text(f"SELECT {column} FROM entries {place}")).scalar()
    tamper(f"UPDATE entries SET {column} = {quoted(value)} {place}")
    assert verify(journal).intact == (value == old)
    tamper(f"UPDATE entries SET {column} = {quoted(old)} {place}")


def quoted(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


# -- what is open, and rewritten so that it fits in itself ------------------------------------------------------------


def rehashed(journal: Journal, incident: str, edit: Callable[[Fact], Fact], upto: int | None = None) -> list[str]:
    """The statements of an intruder who edits an incident and makes all of its hashes fit again."""
    head, statements, number = GENESIS, [], 0
    for entry in journal.entries(incident)[:upto]:
        said = canonical(edit(entry.fact).model_dump(mode="json"))
        names = ("incident", "number", "key", "kind", "at", "flow_run", "task_run")
        digest = hash_of(**{name: getattr(entry, name) for name in names}, fact=said, previous=head)
        place = f"WHERE incident = '{incident}' AND number = {entry.number}"
        text_ = said.replace("'", "''")
        statements.append(f"UPDATE entries SET fact = '{text_}', previous = '{head}', hash = '{digest}' {place}")
        head, number = digest, entry.number
    return [
        *statements,
        f"DELETE FROM entries WHERE incident = '{incident}' AND number > {number}",
        f"UPDATE chains SET head = '{head}', length = {number} WHERE incident = '{incident}'",
    ]


INTENT = Intended(mitigation="End idle sessions", digest=DIGEST, act=Act.APPLY, attempt=1, holder="h")
YES = Decided(digest=DIGEST, approve=True, by="mara", channel=Channel.CLI, identity_proven=True, why="known")


@pytest.fixture
def waiting(journal: Journal) -> str:
    """An open incident in which something was asked, answered and begun."""
    incident = journal.open_incident(opened())[0].id
    for key, fact in (("ask", requested(quorum=2)), ("decided:1", YES), ("intended", INTENT)):
        journal.append(incident, key, fact)
    journal.append(incident, "n", Noted(by="codeblue", text="it goes on"))
    assert verify(journal).intact
    return incident


def weaker(fact: Fact) -> Fact:
    return fact.model_copy(update={"quorum": 1}) if fact.kind == "requested" else fact


def nobody(fact: Fact) -> Fact:
    return fact.model_copy(update={"by": "eve"}) if fact.kind == "decided" else fact


def another(fact: Fact) -> Fact:
    return fact.model_copy(update={"digest": "0" * 16}) if fact.kind == "intended" else fact


@pytest.mark.parametrize("edit", [weaker, nobody, another])
def test_an_open_incident_that_was_rewritten_and_rehashed_shows_also_to_a_kept_anchor(
    journal: Journal, waiting: str, tamper: Tamper, edit: Callable[[Fact], Fact]
) -> None:
    kept = verify(journal)
    tamper(*rehashed(journal, waiting, edit))
    for anchor in (None, (kept.count, kept.head)):
        incident, _, said = one(verify(journal, anchor=anchor))
        assert incident == waiting
        assert "was rewritten up to entry" in said


@pytest.mark.parametrize("kind", ["decided", "intended"])
def test_a_decision_and_an_intent_that_were_cut_off_show_although_the_rest_fits(
    journal: Journal, waiting: str, tamper: Tamper, kind: str
) -> None:
    number = next(entry.number for entry in journal.entries(waiting) if entry.kind == kind)
    tamper(*rehashed(journal, waiting, lambda fact: fact, upto=number - 1))
    assert "cut off before it" in one(verify(journal))[2]


def test_a_decision_that_was_slipped_in_at_the_end_shows(journal: Journal, waiting: str, tamper: Tamper) -> None:
    last = journal.entries(waiting)[-1]
    said = canonical(YES.model_copy(update={"by": "eve"}).model_dump(mode="json"))
    row = {"incident": waiting, "number": last.number + 1, "key": "decided:2", "kind": "decided", "fact": said}
    digest = hash_of(**row, at=last.at, flow_run=None, task_run=None, previous=last.hash)
    tamper(
        "INSERT INTO entries (incident, number, key, kind, fact, at, previous, hash) SELECT incident, number + 1, "
        f"'decided:2', 'decided', '{said}', at, hash, '{digest}' FROM entries "
        f"WHERE incident = '{waiting}' AND number = {last.number}",
        f"UPDATE chains SET head = '{digest}', length = {last.number + 1} WHERE incident = '{waiting}'",
    )
    assert one(verify(journal))[2] == (
        f"In {waiting}, entry {last.number + 1} was never registered in the ledger: it was inserted from outside."
    )


def test_a_confirmed_cause_after_the_end_cannot_be_rewritten_unseen(
    journal: Journal, told: str, tamper: Tamper
) -> None:
    fact = Confirmed(cause="idle_leak", claim="A client leaks.", by="ana", identity_proven=True, why="seen")
    journal.append(told, "confirmed:1", fact)
    assert verify(journal).intact
    tamper(*rehashed(journal, told, lambda it: it.model_copy(update={"by": "eve"}) if it.kind == "confirmed" else it))
    assert one(verify(journal))[0] == told


# -- what is gone -----------------------------------------------------------------------------------------------------


def test_a_journal_that_holds_nothing_is_empty_and_not_intact(journal: Journal) -> None:
    found = verify(journal)
    assert (found.empty, found.intact, found.findings) == (True, False, ())
    assert str(found).startswith("The journal is empty: nothing was ever recorded here, or all of it is gone.")


def test_a_journal_that_holds_nothing_but_did_is_not_empty_but_cut(journal: Journal, told: str, tamper: Tamper) -> None:
    kept = verify(journal)
    for table in ("entries", "incidents", "chains"):
        tamper(f"DELETE FROM {table}")
    found = verify(journal, anchor=(kept.count, kept.head))
    assert not found.empty
    assert not found.intact
    assert any("kept anchor" in finding.text for finding in found.findings)


@pytest.mark.parametrize("checkpoint", [True, False])
def test_a_write_ahead_log_that_is_gone_shows(tmp_path: Path, checkpoint: bool) -> None:
    """As after a copy of the database file alone: what was not yet moved into it is not there, and the rest fits."""
    home, url = tmp_path / "home", "sqlite:///{}/journal.db"
    home.mkdir()
    with Journal.connect(url.format(home)) as journal:
        first = journal.open_incident(opened("first"))[0].id
        if checkpoint:
            journal.append(first, "a", Noted(by="ana", text="a"))
            with closing(sqlite3.connect(home / "journal.db")) as rough:
                assert rough.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        for number in range(20):
            journal.append(first, f"n{number}", Noted(by="ana", text="more"))
        copied = tmp_path / "copied"
        copied.mkdir()
        for name in ("journal.db", "journal.db-mark"):
            shutil.copy(home / name, copied / name)
        whole = verify(journal).entries
    with Journal.connect(url.format(copied)) as cut:
        found = verify(cut)
        assert found.entries < whole
        assert not found.intact
        assert f"Entry {21 + checkpoint} of {first} was the newest of this journal and is not in it" in str(found)
        cut.open_incident(opened("later"))  # whoever goes on with it does not wipe out what was noted
        assert not verify(cut).intact
    with Journal.connect(url.format(copied)) as cut:
        cut.append(cut.incidents()[0].id, "n", Noted(by="ana", text="on"))
        assert not verify(cut).intact


def test_a_database_that_is_damaged_is_said_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    with Journal.connect(f"sqlite:///{file}") as journal:
        for number in range(200):
            journal.open_incident(opened(f"f{number}"))
    with closing(sqlite3.connect(file)) as rough:
        rough.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages, size = (rough.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
    with file.open("r+b") as raw:
        for page in range(pages // 2, pages - 1):
            raw.seek(page * size)
            raw.write(b"\xff" * size)
    with Journal.connect(f"sqlite:///{file}") as journal:
        found = verify(journal)
    assert not found.intact
    assert "The database finds itself damaged" in str(found)


def test_an_index_that_does_not_fit_its_table_is_found_by_the_database_itself(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    with Journal.connect(f"sqlite:///{file}") as journal:
        journal.open_incident(opened())
    with closing(sqlite3.connect(file, isolation_level=None)) as rough:
        rough.execute("PRAGMA writable_schema = ON")
        rough.execute("UPDATE sqlite_master SET sql = replace(sql, '(opened_at)', '(title)')")
    with Journal.connect(f"sqlite:///{file}") as journal:
        assert "The database finds itself damaged" in str(verify(journal))


def test_a_mark_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "journal.db-mark").mkdir()
    with Journal.connect(f"sqlite:///{tmp_path}/journal.db") as journal:
        journal.open_incident(opened())
        assert verify(journal).intact


def test_the_mark_is_for_its_owner_alone(tmp_path: Path) -> None:
    with Journal.connect(f"sqlite:///{tmp_path}/journal.db") as journal:
        journal.open_incident(opened())
        assert len(journal.entries(LEDGER)) == 1
    assert (tmp_path / "journal.db-mark").stat().st_mode & 0o777 == 0o600


# -- what no journal writes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["incident <> 'ledger' AND number = 1", "incident = 'ledger' AND number = 1"])
@pytest.mark.parametrize(
    ("edit", "column"),
    [
        *((f"at = {wrong}", "at") for wrong in ("'yesterday'", "5", "x'00ff'", "'2026-13-41 00:00:00.000000'")),
        ("at = '2026-02-30 00:00:00.000000'", "at"),  # what SQLite itself takes for a time
        ("at = '2026-02-03 24:00:00.000000'", "at"),
        ("at = '0000-02-03 23:00:00.000000'", "at"),
        *((f"number = {wrong}", "number") for wrong in ("'two'", "2.5")),
        *((f"{name} = x'ff'", name) for name in ("key", "kind", "fact", "flow_run", "previous", "hash", "incident")),
    ],
)
def test_a_value_of_another_type_is_said_in_a_sentence(tmp_path: Path, where: str, edit: str, column: str) -> None:
    found = edited_outside(tmp_path, f"UPDATE entries SET {edit} WHERE {where}")
    assert not found.intact
    assert f"{column} of entries holds what no journal writes there" in str(found)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("UPDATE incidents SET opened_at = 'x'", "opened_at of incidents holds"),
        ("UPDATE incidents SET closed_at = 1", "closed_at of incidents holds"),
        ("UPDATE incidents SET opened_at = '2025-02-29 00:00:00.000000'", "opened_at of incidents holds"),
        ("UPDATE chains SET length = 'many'", "length of chains holds"),
        ("UPDATE chains SET length = 2.5", "length of chains holds"),
        ("UPDATE incidents SET title = CAST(x'ff41' AS TEXT)", "The database finds itself damaged (Could not decode"),
        ("UPDATE entries SET fact = CAST(x'7bff' AS TEXT)", "The database finds itself damaged (Could not decode"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path, edit: str, said: str) -> None:
    found = edited_outside(tmp_path, edit)
    assert not found.intact
    assert said in str(found)


def edited_outside(folder: Path, statement: str) -> Verification:
    """What a verification says of a journal whose file somebody opened with another program."""
    file = folder / "journal.db"
    with Journal.connect(f"sqlite:///{file}") as journal:
        journal.open_incident(opened())
        assert verify(journal).intact
    with closing(sqlite3.connect(file, isolation_level=None)) as rough:
        query = "SELECT sql FROM sqlite_master WHERE name = 'entries_no_update'"
        (guard,) = rough.execute(query).fetchone()
        rough.execute("DROP TRIGGER entries_no_update")
        rough.execute(statement)
        rough.execute(guard)
    with Journal.connect(f"sqlite:///{file}", patience=1) as journal:
        return verify(journal)


@pytest.mark.parametrize("count", [-1, 2, 2**31, 2**63, 10**30])
def test_an_anchor_that_no_ledger_could_have_is_not_its_own(tmp_path: Path, count: int) -> None:
    with Journal.connect(f"sqlite:///{tmp_path}/journal.db") as journal:
        journal.open_incident(opened())
        assert f"Entry {count} of the ledger is not the one" in one(verify(journal, anchor=(count, GENESIS)))[2]


# -- slipped in where nobody looks ------------------------------------------------------------------------------------


def test_an_incident_without_a_name_does_not_hide_before_all_others(
    journal: Journal, told: str, tamper: Tamper
) -> None:
    columns = "number, key, kind, fact, at, flow_run, task_run, previous, hash"
    tamper(
        f"INSERT INTO entries (incident, {columns}) SELECT '', {columns} FROM entries WHERE incident = '{told}'",
        f"INSERT INTO chains SELECT '', head, length FROM chains WHERE incident = '{told}'",
    )
    assert {finding.incident for finding in verify(journal).findings} == {""}


@pytest.mark.parametrize("name", ["", LEDGER, "INC-X"])
def test_an_incident_that_is_only_listed_is_found_whatever_it_calls_itself(
    journal: Journal, told: str, tamper: Tamper, name: str
) -> None:
    columns = "system, environment, runbook, title, severity, opened_at"
    tamper(
        f"INSERT INTO incidents (id, fingerprint, {columns})"
        f" SELECT '{name}', 'slipped in', {columns} FROM incidents WHERE id = '{told}'"
    )
    assert one(verify(journal))[0] == name


# -- the guards -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP TRIGGER entries_no_update", "The guard entries_no_update is gone"),
        ("DROP TRIGGER entries_no_delete", "The guard entries_no_delete is gone"),
        ("CREATE TRIGGER x AFTER INSERT ON entries BEGIN DELETE FROM inbox; END", "The trigger x of entries is none"),
        ("CREATE TRIGGER x AFTER INSERT ON leases BEGIN DELETE FROM leases; END", "The trigger x of leases is none"),
        ("DROP INDEX incidents_one_open", "The table incidents lost what keeps its fingerprint unique"),
        (
            "CREATE TABLE e AS SELECT * FROM leases; DROP TABLE leases; ALTER TABLE e RENAME TO leases",
            "its name unique",
        ),
        ("ALTER TABLE runs RENAME TO r; CREATE VIEW runs AS SELECT * FROM r", "The table runs is gone, or is no table"),
        ("DROP TABLE inbox", "The table inbox is gone"),
    ],
)
def test_what_keeps_a_journal_append_only_is_missed(tmp_path: Path, statement: str, said: str) -> None:
    file = tmp_path / "journal.db"
    with Journal.connect(f"sqlite:///{file}") as journal:
        journal.open_incident(opened())
        assert verify(journal).intact
    with closing(sqlite3.connect(file, isolation_level=None)) as rough:
        rough.executescript(statement)
    with Journal.connect(f"sqlite:///{file}", patience=1) as journal:
        assert said in one(verify(journal))[2]


def test_a_guard_that_sleeps_and_a_trigger_of_somebody_else_show_on_a_server(postgres: Postgres) -> None:
    with Journal.connect(postgres.clean_database()) as journal:
        journal.open_incident(opened())
        assert verify(journal).intact
        with journal.database.engine.begin() as tx:
            tx.exec_driver_sql("ALTER TABLE entries DISABLE TRIGGER entries_no_change")
            tx.exec_driver_sql(
                "CREATE TRIGGER x BEFORE INSERT ON leases EXECUTE FUNCTION suppress_redundant_updates_trigger()"
            )
        found = [finding.text for finding in verify(journal).findings]
        with journal.database.engine.begin() as tx:
            tx.exec_driver_sql("ALTER TABLE entries ENABLE TRIGGER entries_no_change")
            tx.exec_driver_sql("DROP TRIGGER x ON leases")
    assert [text.partition(" is ")[0] for text in found] == [
        "The guard entries_no_change",
        "The trigger x of leases",
    ]


# -- the anchor -------------------------------------------------------------------------------------------------------


def test_an_anchor_that_cannot_be_kept_costs_nobody_the_answer_and_the_earlier_one_stays(tmp_path: Path) -> None:
    anchors.keep(tmp_path, 1, "a")
    (tmp_path / f"{anchors.FILE}.new").mkdir()  # nothing can be written there
    anchors.keep(tmp_path, 2, "b")
    assert anchors.kept(tmp_path) == (1, "a")


def test_the_anchor_is_for_its_owner_alone(tmp_path: Path) -> None:
    for count in (1, 2):
        anchors.keep(tmp_path, count, "a")
    assert (tmp_path / anchors.FILE).stat().st_mode & 0o777 == 0o600
    assert anchors.kept(tmp_path) == (2, "a")


@pytest.mark.parametrize("said", ['["INC", 1e999, "x"]', '["INC", "one", "x"]', "5", "\ufffd", "["])
def test_a_mark_that_is_none_is_nothing_noted(tmp_path: Path, said: str) -> None:
    (tmp_path / "mark").write_text(said)
    assert Mark(tmp_path / "mark").kept() is None
