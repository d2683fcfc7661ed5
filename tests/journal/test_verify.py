"""Whoever touches the record is found, and named by incident and number."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from journal.facts.closed import Closed, Noted
from journal.facts.words import Ending
from journal.store import Journal
from journal.verify import Verification, verify
from tests.journal.samples import Ticking, opened, story

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
    # 5 entries of the ledger, 1 + 20 + 2 of the incidents
    assert str(verify(journal)) == "The journal is intact: 28 entries of 3 incidents fit together."


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_single_change_of_any_entry_shows(journal: Journal, told: str, tamper: Tamper, data: st.DataObject) -> None:
    if not journal.database.sqlite:
        return  # the walk is the same; once is enough
    entry = data.draw(st.sampled_from(journal.entries(told)))
    column = data.draw(st.sampled_from(["key", "kind", "fact", "flow_run", "task_run", "previous", "hash"]))
    value = data.draw(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
    engine = journal.database.engine
    tamper()
    with engine.begin() as tx:
        place = {"i": told, "n": entry.number}
        old = tx.execute(text(f"SELECT {column} FROM entries WHERE incident = :i AND number = :n"), place).scalar()
        change = text(f"UPDATE entries SET {column} = :v WHERE incident = :i AND number = :n")
        tx.execute(change, place | {"v": value})
    assert verify(journal).intact == (value == old)
    with engine.begin() as tx:
        tx.execute(change, place | {"v": old})
