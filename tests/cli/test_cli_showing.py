"""What people read about an incident, and what scripts get. A page at three in the morning must be readable."""

import pytest

from journal.facts.seen import Read
from tests.cli.story import DIGEST, RUN, Story


def test_no_incidents_is_said_and_no_result(codeblue, journal):
    result = codeblue("incidents")
    assert result.out == ""
    assert "No open incidents" in result.err
    assert codeblue("incidents", "--json").json == {"incidents": []}


def test_open_incidents_are_listed_with_what_they_wait_for(codeblue, journal, clock):
    closed = Story(journal, clock, fingerprint="a").whole()
    clock.pass_(seconds=2)
    waits = Story(journal, clock, fingerprint="b").waiting()
    clock.pass_(seconds=2)
    task = Story(journal, clock, fingerprint="c").gathered().given()
    listed = codeblue("incidents", "--json").json["incidents"]
    assert [(one["id"], one["status"]) for one in listed] == [
        (task.incident, "waits for a task"),
        (waits.incident, "waits for approval"),
    ]
    assert set(listed[0]) == {
        *("id", "title", "status", "severity", "system", "environment", "runbook", "opened_at", "closed_at", "alert")
    }
    assert len(codeblue("incidents", "--all", "--json").json["incidents"]) == 3
    assert len(codeblue("incidents", "--system", "rung", "--json").json["incidents"]) == 2
    shown = codeblue("incidents", "--all").out
    assert closed.incident in shown
    assert "Resolved" in shown


def test_a_page_shows_evidence_causes_and_how_to_answer(codeblue, story):
    story.waiting()
    page = codeblue("show", story.incident).flat
    assert "the symptom is there: at least 90% of the connection slots are taken" in page
    assert "could not look: The server is too full to say" in page
    assert "1. A client opens sessions and never gives them back. supported 86%" in page
    assert "Clients of the ended sessions must reconnect." in page
    assert f"codeblue approve {story.incident} --plan {DIGEST}" in page
    assert "12x pid … rung-api … since …: idle for 31 min → ended" in page
    assert "2011 10.0.3.11 02:41:11" in page  # every target, the last one too
    assert page.index("way back") < page.index("12x pid")


def test_what_rules_a_cause_out_is_shown_and_what_does_not_speak_is_not(codeblue, story):
    story.gathered().judged()
    page = codeblue("show", story.incident).flat
    assert "against yes sessions that have idled or run for long hold at least a third of the slots" in page
    assert "the sessions work" not in page


def test_the_document_of_an_incident_has_these_keys(codeblue, story):
    story.waiting()
    shown = codeblue("show", story.incident, "--json").json
    assert set(shown) == {
        *("incident", "title", "status", "severity", "system", "environment", "runbook", "requested_by"),
        *("opened_at", "closed_at", "text", "checks", "symptom", "readings", "ranking", "waiting", "course"),
        *("flow_run", "timeline", "shadow", "under_way"),
    }
    assert shown["status"] == "waits for approval"
    assert shown["flow_run"] == RUN
    assert [reading["probe"] for reading in shown["readings"]] == ["slots", "sessions", "clients", "pools"]
    waits = shown["waiting"][0]
    assert set(waits) == {
        *("kind", "digest", "mitigation", "role", "missing", "requester_excluded", "expires_at", "plan"),
        *("steps", "text", "flow_run"),
    }
    assert (waits["kind"], waits["digest"], waits["missing"]) == ("approval", DIGEST, 1)
    assert len(waits["plan"]["targets"]) == 12


def test_a_task_shows_its_steps(codeblue, story):
    story.gathered().given()
    page = codeblue("show", story.incident).flat
    assert "Set the pool size of rung-api to 12 or less" in page
    task = codeblue("show", story.incident, "--json").json["waiting"][0]["digest"]
    assert f"codeblue done {story.incident} --task {task} --cannot" in page
    assert codeblue("show", story.incident, "--json").json["waiting"][0]["kind"] == "task"


def test_a_closed_incident_says_how_it_ended(codeblue, story):
    story.whole()
    page = codeblue("show", story.incident).flat
    assert "resolved after 1 min 18 s" in page
    assert "Approved by chat, identity proven" in page
    assert "pid 2003: not done. gone before" in page
    assert "pid 2004: done" not in page
    assert "Answer with" not in page


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
def test_the_page_fits_the_terminal_and_commands_stay_whole(codeblue, story, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    story.waiting()
    page = codeblue("show", story.incident).out.splitlines()
    commands = [line for line in page if line.startswith("  codeblue ")]
    assert f"  codeblue approve {story.incident} --plan {DIGEST}" in commands
    assert [line for line in page if len(line) > columns and line not in commands] == []


def test_text_from_outside_cannot_steer_the_terminal(codeblue, story):
    story.gathered()
    evil = "\x1b[2J\x1b]0;owned\x07[red]session[/red] \u202egnp.exe\r\n# heading"
    story.read("evil", "asks", evil)
    story.read("blind", "asks", "", unreadable=evil)
    page = codeblue("show", story.incident).out
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(page)
    assert "[red]session[/red]" in page
    assert isinstance(story.journal.entries(story.incident)[-1].fact, Read)
