"""Commands about the installation itself: what keeps changes from happening, the record, the documents, practice."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from deployments import deployed
from deployments.cli.spans import span_of
from deployments.errors import Usage
from journal import switches
from journal.inbox import Delivery, Inbox

SIGNED = ("--by", "Ana Lima", "--why", "release night")


# -- stopping changes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "why"), [("", "x"), ("Ana", " ")])
def test_an_unsigned_stop_is_refused(codeblue, journal, by, why):
    codeblue("stop", "--by", by, "--why", why, code=2)
    assert switches.stopped(journal) is None


def test_stop_stops_and_go_goes(codeblue, journal):
    assert "no change is applied anywhere" in codeblue("stop", *SIGNED).out
    stopped = switches.stopped(journal)
    assert stopped is not None
    assert (stopped.by, stopped.why) == ("Ana Lima", "release night")
    said = codeblue("go", "--json", *SIGNED).json
    assert set(said) == {"fact", "at", "text"}
    assert said["fact"]["stopped"] is False
    assert switches.stopped(journal) is None


@pytest.mark.parametrize(
    ("window", "why"),
    [
        (("--to", "yesterday"), "is no time"),
        (("--from", "2026-01-02T10:00", "--to", "2026-01-02T09:00"), "must end after it starts"),
        (("--to", "0s"), "must end after it starts"),
    ],
)
def test_a_window_that_never_is_is_refused(codeblue, journal, sentence, window, why):
    assert why in sentence(codeblue("freeze", "rung", *window, *SIGNED, code=2))


def test_freeze_freezes_and_thaw_lifts(codeblue, journal):
    codeblue("freeze", "rung", "--to", "2h", *SIGNED)
    now = datetime.now(UTC)
    frozen = switches.frozen(journal, "rung", now)
    assert frozen is not None
    assert abs(frozen.ends - now - timedelta(hours=2)) < timedelta(minutes=1)
    codeblue("thaw", "rung", *SIGNED)
    assert switches.frozen(journal, "rung", now) is None


def test_maintenance_is_a_freeze_that_says_so(codeblue, journal):
    said = codeblue("freeze", "rung", "--to", "2h", "--maintenance", *SIGNED).flat
    assert said.startswith("Frozen: no change to rung, and no incident of it from ")
    assert switches.maintained(journal, "rung", datetime.now(UTC)) is not None


def test_alerts_are_silenced_listed_and_heard_again(codeblue, journal):
    said = codeblue("silence", "Disk*", "--label", "system=rung", "--to", "2h", *SIGNED).flat
    number = re.match(r"Silence (\d+): Disk\* system=rung opens nothing from ", said)[1]
    kept = Inbox(journal).put(Delivery(format="signed", delivery="1", fingerprint="f", alert={}))
    Inbox(journal).done(kept.id, f"silenced:{number}")
    listed = codeblue("silences", "--json").json
    assert [one["number"] for one in listed["silences"]] == [int(number)]
    assert listed["aside"][f"silenced:{number}"]["alerts"] == 1
    assert "Disk* system=rung" in codeblue("silences").flat
    codeblue("unsilence", number, *SIGNED)
    assert codeblue("silences", "--json").json["silences"] == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("silence", "Disk*", "--label", "rung", "--to", "2h"), "is no label"),
        (("silence", "Disk*", "--to", "0s"), "must end after it starts"),
        (("unsilence", "7"), "No silence 7 holds"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(codeblue, journal, sentence, words, why):
    assert why in sentence(codeblue(*words, *SIGNED, code=2))


def test_a_time_without_a_zone_is_utc(codeblue, journal):
    codeblue("freeze", "*", "--from", "2030-01-02T10:00", "--to", "2030-01-02T12:00+02:00", *SIGNED, code=2)
    said = codeblue("freeze", "*", "--from", "2030-01-02T09:00", "--to", "2030-01-02T12:00+02:00", *SIGNED).flat
    assert said == "Frozen: no change to all systems from 2030-01-02 09:00:00 UTC to 2030-01-02 10:00:00 UTC."


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10 min", 600), ("1.5h", 5400), ("250ms", 0.25), ("2d", 172_800)]
)
def test_spans_are_understood_as_people_type_them(text, seconds):
    assert span_of(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "ten", "10 weeks", "-5s", "1h30"])
def test_other_words_are_no_spans(text):
    assert span_of(text) is None


# -- the record -------------------------------------------------------------------------------------------------------


def test_a_changed_record_is_told_with_a_sentence_for_each_finding(codeblue, story, home):
    import sqlite3

    story.whole()
    with sqlite3.connect(home.path / "journal.db") as rough:
        for (trigger,) in rough.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            rough.execute(f"DROP TRIGGER {trigger}")
        rough.execute("UPDATE entries SET fact = replace(fact, 'Ana Lima', 'Eve') WHERE kind = 'decided'")
    rough.close()
    result = codeblue("verify", code=1)
    assert "was edited: what it says no longer gives its hash" in result.flat


def test_an_intact_record_is_said_with_an_anchor_to_keep(codeblue, story):
    story.whole()
    said = codeblue("verify").out
    assert "The journal is intact" in said
    anchor = re.search(r"^anchor: (\d+:[0-9a-f]{64})$", said, re.MULTILINE)
    assert anchor is not None
    found = codeblue("verify", "--anchor", anchor[1], "--json").json
    assert set(found) == {"intact", "empty", "incidents", "entries", "findings", "more", "anchor"}
    assert found["anchor"] == anchor[1]
    assert codeblue("verify", "--anchor", "1:" + "0" * 64, code=1).code == 1


@pytest.mark.parametrize("anchor", ["abc", "1:", ":abc", "x:abc", f"{'9' * 30}:abc", "1:xyz"])
def test_an_anchor_that_is_none_is_refused(codeblue, journal, sentence, anchor):
    assert "is no anchor" in sentence(codeblue("verify", "--anchor", anchor, code=2))


# -- the document -----------------------------------------------------------------------------------------------------


def test_the_timeline_of_an_unknown_incident_is_refused(codeblue, journal, home):
    codeblue("timeline", "INC-9", code=2)
    assert not (home.path / "timelines").exists()


def test_the_timeline_is_drawn_at_any_time_and_its_path_is_the_last_line(codeblue, story, home):
    story.waiting()
    *text, last = codeblue("timeline", story.incident).out.splitlines()
    path = home.path / "timelines" / f"{story.incident}.md"
    assert last == f"timeline: {path}"
    assert path.read_text().strip() == "\n".join(text).strip()
    story.decided().applied().validated().closed()
    page = codeblue("timeline", story.incident, "--html").out
    assert page == f"timeline: {path.with_suffix('.html')}\n"
    said = codeblue("timeline", story.incident, "--json").json
    assert said == {
        "incident": story.incident,
        "status": "resolved",
        "markdown": str(path),
        "html": str(path.with_suffix(".html")),
    }


# -- what works -------------------------------------------------------------------------------------------------------


def test_a_doctor_without_prefect_says_what_works_and_what_to_do(codeblue, journal):
    result = codeblue("doctor", "--json", code=1).json
    assert set(result) == {"well", "findings"}
    answers = {one["name"]: one["answer"] for one in result["findings"]}
    assert answers == {
        "home": "yes",
        "journal": "yes",
        "stop switch": "yes",
        "prefect": "no",
        "worker": "unknown",
        "runs": "unknown",
        "deployments": "unknown",
        "schedules": "unknown",
        "routes": "unknown",
        "environments": "unknown",
        "installation": "unknown",
        "receiver": "no",
        "deliveries": "unknown",
        "watch": "no",
        "logs": "unknown",
        "freezes": "yes",
        "shadow": "yes",
        "failing": "unknown",
        "systems": "yes",
    }
    shown = codeblue("doctor", code=1).flat
    assert "Start one with: codeblue up" in shown


def test_a_doctor_sees_a_broken_journal_and_goes_on(codeblue, home):
    (home.path / "journal.db").write_text("this is no database " * 100)
    answers = {one["name"]: one["answer"] for one in codeblue("doctor", "--json", code=1).json["findings"]}
    assert answers["journal"] == "no"
    assert answers["stop switch"] == "unknown"
    assert "prefect" in answers


# -- practice ---------------------------------------------------------------------------------------------------------


def test_no_sandbox_is_said_with_its_remedy(codeblue, sentence):
    assert "codeblue sandbox up" in sentence(codeblue("sandbox", "heal", code=3))
    assert "codeblue sandbox up" in sentence(codeblue("sandbox", "status", code=3))


def test_a_missing_extra_is_said_with_its_remedy(codeblue, sentence, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sandbox.control", None)
    said = sentence(codeblue("sandbox", "heal", code=3))
    assert said.startswith("The sandbox is not installed here")
    assert said.endswith("pip install codeblue[sandbox]")


# -- what there is to run ---------------------------------------------------------------------------------------------


def test_an_unknown_runbook_is_refused_with_what_was_perhaps_meant(codeblue, sentence):
    said = sentence(codeblue("run", "rung.conection_exhaustion", code=2))
    assert "Perhaps 'rung.connection_exhaustion'?" in said


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("deployments: {", "is not YAML"),
        ("name: x", "lists no deployments"),
        ("deployments: [{name: x}]", "deployments.1.entrypoint: Field required"),
        ("deployments: [{name: x, entrypoint: a.b.c, descripton: y}]", "deployments.1.descripton: Extra inputs"),
        ("deployments: [{name: x, entrypoint: 'flows/a.py:b'}]", "deployments.1.entrypoint"),
    ],
)
def test_a_list_of_runbooks_that_cannot_be_used_is_refused_at_its_place(codeblue, sentence, tmp_path, content, why):
    file = tmp_path / "prefect.yaml"
    file.write_text(content)
    for command in (("run", "x"), ("up",)):
        assert why in sentence(codeblue(*command, "--deployments", file, code=2))
    assert "cannot be read" in sentence(codeblue("up", "--deployments", tmp_path / "none.yaml", code=2))


def test_a_name_of_two_runbooks_is_refused(tmp_path):
    file = tmp_path / "prefect.yaml"
    entries = [f"{{name: slow, entrypoint: flows.{system}.slow.flow}}" for system in ("rung", "other")]
    file.write_text(f"deployments: [{', '.join(entries)}]")
    among = deployed.listed(file)
    with pytest.raises(Usage, match=r"several runbooks: other\.slow, rung\.slow"):
        deployed.find("slow", among)
    assert deployed.find("rung.slow", among).entrypoint == "flows.rung.slow.flow"


def test_the_projects_own_list_is_understood():
    names = [one.runbook for one in deployed.listed()]
    assert "rung.connection_exhaustion" in names
    assert len(names) == len(set(names))
