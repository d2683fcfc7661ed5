"""A report adds up what single incidents say: the same spans, the same causes, counted and never guessed."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from journal.durations import durations
from journal.facts.words import Ending
from journal.report import UNKNOWN, Spread, report
from journal.report_page import COLUMNS, as_csv, as_html
from journal.report_rows import Row, rows
from journal.store import Journal
from journal.timeline_words import confirmation
from tests.golden.stories import STORIES
from tests.golden.teller import Clock, Teller


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told(journal: Journal, clock: Clock) -> list[str]:
    """The four golden incidents, one a day."""
    incidents = []
    for tell in STORIES.values():
        teller = Teller(journal, clock)
        tell(teller)
        incidents.append(teller.incident)
        clock.now += timedelta(days=1)
    return incidents


def seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def test_rows_say_what_each_timeline_says(journal: Journal, clock: Clock, told: list[str]) -> None:
    found = rows(journal, clock.now - timedelta(days=30))
    assert [row.incident for row in found] == told
    for row in found:
        entries = journal.entries(row.incident)
        took = durations(entries)
        assert (row.acknowledged, row.mitigated, row.resolved) == (
            seconds(took.acknowledged),
            seconds(took.mitigated),
            seconds(took.resolved),
        )
        said = confirmation(entries)
        assert row.confirmed == (said.cause if said else None)
    assert [row.likely for row in found] == ["idle_leak", "idle_leak", "honest_load", "idle_leak"]
    assert [row.fixes for row in found] == [[("end_idle_sessions", True)], [], [("raise_limit", False)], []]
    assert [[reached for _, reached in row.pages] for row in found] == [[True], [True], [], [True, False, False]]


def test_only_what_was_opened_in_the_period_and_the_system_counts(
    journal: Journal, clock: Clock, told: list[str]
) -> None:
    since = journal.incident(told[2]).opened_at
    assert [row.incident for row in rows(journal, since)] == told[2:]
    assert rows(journal, since, system="elsewhere") == []
    assert len(rows(journal, since, system="rung")) == 2


def test_the_report_counts_endings_fixes_and_pages(journal: Journal, clock: Clock, told: list[str]) -> None:
    since = clock.now - timedelta(days=30)
    made = report(rows(journal, since), since=since, until=clock.now)
    assert made.whole.endings == {Ending.RESOLVED: 1, Ending.RECOVERED: 1, Ending.UNRESOLVED: 2}
    assert [(group.name, group.incidents) for group in made.causes] == [
        ("rung.connection_exhaustion: idle_leak", 3),
        ("rung.connection_exhaustion: honest_load", 1),
    ]
    assert [(fix.name, fix.validated, fix.not_validated) for fix in made.fixes] == [
        ("end_idle_sessions", 1, 0),
        ("raise_limit", 0, 1),
    ]
    assert (made.confirmations.confirmed, made.confirmations.agreed) == (1, 1)
    paged = {one.level: (one.told, one.nobody) for one in made.pages}
    assert paged["L2 database lead"] == (2, 0)
    assert paged["L3 head of platform"] == (0, 1), "a page that reached nobody is none"
    assert made.whole.resolve is not None
    assert made.whole.resolve.count == 2


def row(number: int, **more: object) -> Row:
    start = Clock().now + timedelta(hours=number)
    known = {"incident": f"INC-{number}", "system": "rung", "environment": "rung-prod", "runbook": "rung.a"}
    return Row(**{**known, "severity": "error", "opened_at": start, "closed_at": None, "ending": None, **more})


def made(*given: Row):
    return report(given, since=Clock().now, until=Clock().now + timedelta(days=90))


def test_medians_and_percentiles_are_between_the_two_nearest() -> None:
    spans = made(*(row(number, acknowledged=float(number)) for number in range(1, 11)))
    assert spans.whole.acknowledge == Spread(count=10, median=5.5, p90=9.1)
    assert spans.whole.resolve is None
    assert made(row(1, resolved=7.0)).whole.resolve == Spread(count=1, median=7.0, p90=7.0)


def test_a_mistaken_verdict_is_shown_beside_the_truth() -> None:
    found = made(
        row(1, likely="leak", confirmed="leak"),
        row(2, likely="leak", confirmed="load"),
        row(3, likely="leak", confirmed="load"),
        row(4, likely=None, confirmed="other"),
        row(5, likely="leak"),
    ).confirmations
    assert (found.confirmed, found.agreed) == (4, 1)
    assert found.mistaken == (("rung.a", "leak", "load", 2), ("rung.a", UNKNOWN, "other", 1))


def test_nothing_happened_is_a_report_too() -> None:
    empty = made()
    assert empty.whole.incidents == 0
    assert "There was none." in as_html(empty)
    assert as_csv([]) == ",".join(COLUMNS) + "\n"


def test_csv_has_a_line_for_each_incident_and_runs_nothing(journal: Journal, clock: Clock, told: list[str]) -> None:
    found = rows(journal, clock.now - timedelta(days=30))
    found[0].environment = '=cmd|"/c calc"!A1'
    lines = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert [line["incident"] for line in lines] == told
    assert lines[0]["environment"] == '\'=cmd|"/c calc"!A1'
    assert (lines[0]["ending"], lines[0]["confirmed"], lines[0]["fixes_validated"]) == ("Resolved", "idle_leak", "1")
    assert lines[1]["resolved_s"] == ""
    assert [(line["pages"], line["pages_that_reached_nobody"]) for line in lines][3] == ("3", "2")
    assert all(line["title"] for line in lines)
    named = [(journal.entries(incident)[0].fact.alert or {}).get("name", "") for incident in told]
    assert [line["alert"] for line in lines] == named
    assert any(named)


def test_the_page_is_the_same_every_time_and_needs_nothing_from_outside(
    journal: Journal, clock: Clock, told: list[str]
) -> None:
    since = clock.now - timedelta(days=30)
    found = report(rows(journal, since), since=since, until=clock.now)
    page = as_html(found)
    assert page == as_html(found)
    for outside in ("http", "<script", "<link", "@import", "src="):
        assert outside not in page
    assert page.count("<svg") == 2, "one bar compares nothing"
    evil = made(row(1, runbook="<script>alert(1)</script>", pages=[("<b>L1</b>", True)]))
    assert "<script" not in as_html(evil)
    assert "<b>L1" not in as_html(evil)
