"""The command line on the running stack: real runs, real answers, real refusals."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from journal.facts.words import Ending
from sandbox.rehearsal import Rehearsal, wait

ANSWER = ("--by", "Ana Lima", "--why", "rehearsed")
PRACTICE = ("--environment", "rung-practice", "--param", "idle_for=2s", "--by", "Ana Lima")


@pytest.fixture
def here(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch, home):
    """The rehearsal's home as this test's."""
    monkeypatch.setenv("CODEBLUE_HOME", str(rehearsal.stack.home.path))
    monkeypatch.setattr("deployments.places.before_prefect", lambda home: None)  # imported long ago, in this process
    return rehearsal


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--environment", "rung-prdo"), "No environment 'rung-prdo' is saved. There are: "),
        (("--param", "idle_fro=2s"), "has no parameter 'idle_fro'; it has: "),
        (("--param", "max_connections=many"), "Parameter max_connections: "),
        (("--param", "idle_for"), "--param takes key=value"),
        (("--param", "username=ana@example.org"), "Parameter username holds a secret or personal data"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_written(here, codeblue, sentence, arguments, why):
    before = len(here.journal.incidents(limit=1000))
    assert why in sentence(codeblue("run", "connection_exhaustion", *arguments, code=2))
    assert len(here.journal.incidents(limit=1000)) == before


def test_a_run_is_watched_to_its_ending_and_names_who_asked(here, codeblue):
    *events, end = codeblue("run", "connection_exhaustion", *PRACTICE, "--json").lines
    assert events[0]["fact"]["requested_by"] == "Ana Lima"
    assert (end["event"], end["status"]) == ("end", "NotReproduced")
    assert end["timeline"].endswith(f"{end['incident']}.md")


def test_a_doctor_asks_everything_that_an_incident_would(here, codeblue):
    found = codeblue("doctor", "--json", code=1).json["findings"]  # the blind environment is there on purpose
    answers = {(one["name"], one["text"].partition(":")[0]): one["answer"] for one in found}
    assert answers["rung-practice", "postgres rung"] == "yes"
    assert answers["rung-blind", "postgres rung"] == "unknown"
    assert [one["answer"] for one in found if one["name"] in {"prefect", "worker"}] == ["yes", "yes"]


def test_a_yes_lets_the_run_go_on_at_once(here, codeblue):
    case, incident = here.practise("plain")
    found = here.asked(incident)
    said = codeblue("approve", incident, "--plan", found.digest[:8], "--json", *ANSWER).json
    assert (said["state"], said["goes_on"]) == ("approved", True)
    assert here.closed(incident).ending is Ending.RESOLVED
    assert here.self_test.effects(case) == ["apply"]


def test_a_no_is_watched_to_the_ending(here, codeblue):
    case, incident = here.practise("plain")
    here.asked(incident)
    result = codeblue("reject", incident, "--yes", "--watch", *ANSWER, code=1)
    assert "Ana Lima rejected; " in result.flat  # the run goes on, or was that quick
    assert "unresolved after" in result.flat
    assert here.self_test.effects(case) == []


def test_an_extra_pass_answers_nothing(here):
    from deployments.places import Prefect

    case, incident = here.practise("plain")
    found = here.asked(incident)
    with Prefect(here.stack.home) as prefect:
        wait(lambda: prefect.state(found.asked.flow_run).kind == "PAUSED" or None, within=20, what="the suspension")
        assert prefect.reschedule(found.asked.flow_run, "by mistake")
    wait(
        lambda: sum(entry.kind == "taken_up" for entry in here.journal.entries(incident)) == 2 or None,
        within=30,
        what="another pass",
    )
    assert here.asked(incident).digest == found.digest
    assert here.self_test.effects(case) == []
    here.answer(here.asked(incident), yes=False)
    here.closed(incident)


def test_up_says_where_everything_is_once_it_is_and_ends_it_all(home, program):
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "deployments.cli",
        "up",
        "--port",
        "0",
        "--receiver-port",
        "0",
        "--json",
    ]
    up = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said = json.loads(up.stdout.readline())
        assert set(said) == {"ui", "sign_in", "api", "receiver", "home", "logs"}
        amiss = wait(lambda: _only_empty(program), within=90, what="a doctor that misses nothing else")
        assert amiss <= {"schedules", "environments"}  # none is saved yet, and Prefect has planned no run
        second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
        assert second.returncode == 4
        assert "Another stack" in json.loads(second.stderr)["error"]
        up.send_signal(signal.SIGINT)
        _, err = up.communicate(timeout=40)
    finally:
        up.kill()
        up.communicate()
    assert up.returncode == 0, err
    assert "Traceback" not in err
    assert not (home.path / "up.json").exists()
    wait(lambda: not _left(home.path), within=10, what="the end of all parts")


def _only_empty(program):
    """What doctor misses, once that is only what nobody has given it yet; or nothing, on a machine that is busy."""
    found = program("doctor", "--json", code=1).json["findings"]
    amiss = {one["name"] for one in found if one["answer"] != "yes"}
    return amiss if "environments" in amiss <= {"schedules", "environments"} else None


def _left(home):
    """The processes that were started for this home and still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"CODEBLUE_HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(process.name)
    return [pid for pid in found if int(pid) != os.getpid()]
