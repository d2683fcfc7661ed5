"""`codeblue shadow` and `report --shadow`: who, why, and that nobody believes to be paged who is not."""

import pytest

from journal import shadow
from journal.facts.closed import Closed
from journal.facts.shadow import Shadowed, Would
from journal.facts.words import Ending
from tests.cli.story import DIGEST

SIGNED = ("--by", "Ana Lima", "--why", "a trial")


@pytest.fixture
def on(codeblue, story):
    story.waiting()
    return codeblue("shadow", "rung", "on", *SIGNED)


@pytest.mark.parametrize("system", ["rnug", "*", "", "rung-prod", "$(id)", "RUNG"])
def test_a_system_that_nobody_knows_is_refused(codeblue, story, journal, system):
    story.waiting()
    codeblue("shadow", system, "on", *SIGNED, code=2)
    assert shadow.shadows(journal) == ()


def test_on_or_off_is_to_be_said_and_once(codeblue, journal, sentence, on):
    codeblue("shadow", "rung", "perhaps", *SIGNED, code=2)
    assert "in shadow already" in sentence(codeblue("shadow", "rung", "on", *SIGNED, code=2))
    codeblue("shadow", "rung", "off", *SIGNED)
    assert shadow.shadows(journal) == ()
    assert "nothing to end" in sentence(codeblue("shadow", "rung", "off", *SIGNED, code=2))


def test_whoever_turns_it_is_told_what_is_open_and_that_nobody_is_paged(codeblue, on):
    assert "nobody is asked or paged, and nothing is changed" in on.flat
    assert "1 question already asked: a yes does not count now" in on.flat
    off = codeblue("shadow", "rung", "off", *SIGNED).flat
    assert "1 incident of it open: people may be paged at once" in off


def test_a_yes_in_shadow_does_not_count(codeblue, story, sentence, on):
    said = sentence(codeblue("approve", story.incident, "--plan", DIGEST, *SIGNED, code=4))
    assert "rung is in shadow (a trial, " in said
    assert "does not count" in said


def test_status_show_and_doctor_say_that_nobody_is_paged(codeblue, story, on):
    for command in (("status",), ("show", story.incident), ("doctor",)):
        shown = codeblue(*command, code={"status": 3, "show": 0, "doctor": 1}[command[0]]).flat
        assert "shadow" in shown
        assert "nobody is asked or paged" in shown
    [said] = codeblue("status", "--json", code=3).json["shadow"]
    assert said.startswith("rung: nobody is asked or paged")
    assert codeblue("show", story.incident, "--json").json["shadow"] is not None
    codeblue("shadow", "rung", "off", *SIGNED)
    assert codeblue("status", "--json", code=3).json["shadow"] == []
    assert codeblue("show", story.incident, "--json").json["shadow"] is None


def test_a_list_of_incidents_marks_those_in_shadow(codeblue, story, journal, on):
    """Also one that ended in it, once it is lifted: nobody was paged for it."""
    assert "waits for approval · in shadow" in codeblue("incidents").flat
    assert codeblue("incidents", "--json").json["incidents"][0]["shadow"] is True
    codeblue("shadow", "rung", "off", *SIGNED)
    assert "in shadow" not in codeblue("incidents").flat
    assert "shadow" not in codeblue("incidents", "--json").json["incidents"][0]
    shadow.say(journal, story.incident, Shadowed(on=True, by="Ana Lima", why="a trial"))
    journal.append(story.incident, "closed", Closed(ending=Ending.UNRESOLVED, text="The symptom is still there."))
    assert "Unresolved · in shadow" in codeblue("incidents", "--all").flat


def test_the_report_says_what_would_have_been_done_and_whether_it_ended_by_itself(codeblue, story, journal, on):
    would = Shadowed(on=True, by="Ana Lima", why="a trial", would=Would.CHANGE, title="End sessions", digest="d" * 16)
    shadow.say(journal, story.incident, would)
    journal.append(story.incident, "closed", Closed(ending=Ending.RECOVERED, text="The symptom went away by itself."))
    shown = codeblue("report", "rung", "--shadow", "--since", "2020-01-01").flat
    assert "1 incident in shadow" in shown
    assert "would have been done: a change: End sessions (plan dddddddddddddddd)" in shown
    assert "ended by itself: yes" in shown
    [one] = codeblue("report", "--shadow", "--json").json["incidents"]
    assert (one["would"], one["by_itself"], one["ending"]) == ("change", "yes", "Recovered")


def test_a_report_of_shadow_is_neither_csv_nor_a_page(codeblue, sentence, journal):
    assert "neither --csv nor --html" in sentence(codeblue("report", "--shadow", "--csv", code=2))
    assert "No incidents in shadow" in codeblue("report", "--shadow").err
