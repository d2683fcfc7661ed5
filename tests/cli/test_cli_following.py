"""Live progress, from a recorded journal and from one that grows."""

import subprocess
import sys
import threading
import time

from journal.facts.opened import TakenUp
from journal.facts.words import Ending
from tests.cli.story import DIGEST, HOLDER, Story


def test_a_recorded_incident_is_told_from_its_beginning_to_its_ending(codeblue, story):
    story.whole()
    told = codeblue("watch", story.incident).flat
    landmarks = [
        f"{story.incident} Connection exhaustion",
        "Can we see at all?",
        "slots 97 of 97 usable slots taken (100%) 38 ms",
        "pools could not look:",
        "the symptom is there",
        "1. A client opens sessions and never gives them back. supported 86%",
        "for yes long-idle sessions hold at least half of the slots",
        "3. Legitimate load exceeds max_connections. refuted 2%",
        "Planned: End sessions that have been idle for too long",
        "Ana Lima: Approved by chat, identity proven",
        "About to apply: end_idle_sessions",
        "Applied: end_idle_sessions",
        "end_idle_sessions worked, after 31 looks",
        "resolved after 1 min 18 s",
        f"The timeline: codeblue timeline {story.incident}",
    ]
    places = [told.find(landmark) for landmark in landmarks]
    assert -1 not in places, landmarks[places.index(-1)]
    assert places == sorted(places)


def test_where_a_person_must_answer_it_stops_and_says_how(codeblue, story):
    story.waiting()
    told = codeblue("watch", story.incident).flat
    assert told.count("End 12 of 97 sessions of rung_app") == 1
    assert "database on-call; 1 yes needed" in told
    assert "2011 10.0.3.11 02:41:11" in told  # every target, the last one too
    assert f"codeblue approve {story.incident} --plan {DIGEST}" in told


def test_an_unresolved_incident_is_a_finding(codeblue, story):
    story.gathered().closed(Ending.UNRESOLVED, "Nobody could see.")
    assert "unresolved after" in codeblue("watch", story.incident, code=1).flat


def test_the_timeline_is_named_when_it_is_written(codeblue, story, home):
    story.whole()
    (home.path / "timelines").mkdir()
    path = home.path / "timelines" / f"{story.incident}.md"
    path.write_text("# it")
    assert codeblue("watch", story.incident).out.splitlines()[-1] == f"timeline: {path}"


def test_scripts_get_a_line_for_each_entry_and_one_at_the_end(codeblue, story):
    story.waiting()
    entries = story.journal.entries(story.incident)
    *events, end = codeblue("watch", story.incident, "--json").lines
    assert [line["event"] for line in events] == [entry.kind for entry in entries]
    assert all(set(line) == {"event", "incident", "number", "at", "flow_run", "fact"} for line in events)
    assert set(end) == {"event", "incident", "status", "text", "waiting", "timeline"}
    assert (end["event"], end["status"], end["timeline"]) == ("end", "waits for approval", None)
    assert end["waiting"][0]["digest"] == DIGEST


def test_what_happens_is_shown_when_it_happens(codeblue, story):
    story.gathered()

    def resume():
        time.sleep(0.4)
        story.judged().planned().asked()

    pipeline = threading.Thread(target=resume)
    pipeline.start()
    try:
        *events, _ = codeblue("watch", story.incident, "--json").lines
    finally:
        pipeline.join()
    assert [line["event"] for line in events][-3:] == ["judged", "planned", "requested"]
    numbers = [line["number"] for line in events]
    assert numbers == list(range(1, len(numbers) + 1))


def test_another_pass_is_mentioned_without_its_process(codeblue, journal, clock):
    story = Story(journal, clock, fingerprint="again").gathered()
    story.say("taken_up:2", TakenUp(holder=HOLDER, pass_number=2))
    story.closed(Ending.NOT_REPRODUCED, "It is gone.")
    told = codeblue("watch", story.incident).flat
    assert "A run took the incident up again (pass 2)" in told
    assert HOLDER not in told


def test_an_interrupted_watch_says_how_to_come_back(codeblue, story, monkeypatch):
    story.gathered()

    def interrupt(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("deployments.cli.following.time.sleep", interrupt)
    result = codeblue("watch", story.incident, code=130)
    assert f"Come back with: codeblue watch {story.incident}" in " ".join(result.err.split())


def test_a_page_without_anybody_reading_it_any_more_is_no_error(story):
    command = f"{sys.executable} -m deployments.cli show {story.whole().incident} | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert story.incident in done.stdout
