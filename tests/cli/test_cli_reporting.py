"""`codeblue report`: a table for people, JSON and CSV for scripts, a page with charts."""

from pathlib import Path

import pytest

from deployments.errors import Exit
from tests.cli.story import Story


def test_nothing_happened_is_said_and_no_result(codeblue, journal):
    got = codeblue("report")
    assert got.out == ""
    assert "No incidents since" in got.err
    assert codeblue("report", "--json").json["whole"]["incidents"] == 0


def test_the_table_says_how_many_how_fast_and_what_helped(codeblue, journal, clock):
    Story(journal, clock, fingerprint="a").whole()
    Story(journal, clock, fingerprint="b").waiting()
    page = codeblue("report").flat
    assert "2 incidents since" in page
    assert "Resolved 1, open 1" in page
    assert "rung.connection_exhaustion: end_idle_sessions 1 0" in page
    assert "Nobody has confirmed a cause." in page


@pytest.mark.parametrize("columns", [40, 44, 60, 72, 80])
def test_no_figure_is_broken_within_itself(codeblue, journal, clock, monkeypatch, columns):
    Story(journal, clock, fingerprint="a").whole()
    monkeypatch.setenv("COLUMNS", "300")
    whole = [line.strip() for line in codeblue("report").out.splitlines() if "; resolved " in line]
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = codeblue("report").out.splitlines()
    for figure in (one for line in whole for one in line.split("; ")):
        assert any(figure in line for line in lines), (figure, lines)
    assert len(whole) == 3
    assert any("Resolved 1" in line for line in lines)


def test_verdicts_are_held_against_what_people_confirmed(codeblue, journal, clock):
    right = Story(journal, clock, fingerprint="a").whole()
    wrong = Story(journal, clock, fingerprint="b").whole()
    codeblue("confirm", right.incident, "--cause", "idle_leak", "--by", "Ana")
    codeblue("confirm", wrong.incident, "--cause", "honest_load", "--by", "Ana")
    page = codeblue("report", "--since", "2h", "--system", "rung").flat
    assert "1 of 2 agree" in page
    assert "the verdict was idle_leak, the cause was honest_load, 1 time" in page
    said = codeblue("report", "--json").json["confirmations"]
    assert said["mistaken"] == [["rung.connection_exhaustion", "idle_leak", "honest_load", 1]]


def test_csv_and_page(codeblue, journal, clock):
    story = Story(journal, clock).whole()
    lines = codeblue("report", "--csv").out.splitlines()
    assert lines[0].startswith("incident,title,alert,system,environment,runbook")
    assert lines[1].startswith(story.incident)
    path = Path(codeblue("report", "--html").out.strip().removeprefix("report: "))
    assert path.parent.name == "reports"
    assert "rung.connection_exhaustion" in path.read_text(encoding="utf-8")


def test_a_time_that_is_none_is_refused(codeblue, journal, sentence):
    assert "write a span such as 90d" in sentence(codeblue("report", "--since", "yesterday", code=Exit.USAGE))
    assert codeblue("report", "--since", "2026-01-31", "--json").json["since"].startswith("2026-01-31T00:00:00")


@pytest.mark.parametrize("fact", ["{}", "not json", "[" * 300, "[]", "null"])
def test_an_entry_that_cannot_be_read_costs_no_report_and_is_named(codeblue, journal, clock, fact):
    bad = Story(journal, clock, fingerprint="bad").whole().incident
    clock.pass_(seconds=2)
    Story(journal, clock, fingerprint="good").whole()
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_update")
        tx.exec_driver_sql("UPDATE entries SET fact = ? WHERE incident = ?", (fact, bad))
    result = codeblue("report")
    assert "2 incidents since" in result.flat
    assert f"Of {bad} not all can be read" in result.err
    whole = codeblue("report", "--json").json["whole"]
    assert (whole["incidents"], whole["endings"]) == (2, {"Resolved": 2})
    assert len(codeblue("report", "--csv").out.splitlines()) == 3
