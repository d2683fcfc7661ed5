"""The command line on the running stack: real runs, real answers, real refusals."""

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
        (("--environment", "rung-prdo"), "No environment 'rung-prdo' is saved."),
        (("--environment", "rung-practise"), "No environment 'rung-practise' is saved. Perhaps 'rung-practice'? There"),
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
        wait(lambda: prefect.state(found.asked.flow_run).kind == "PAUSED" or None, within=60, what="the suspension")
        assert prefect.reschedule(found.asked.flow_run, "by mistake")
    wait(
        lambda: sum(entry.kind == "taken_up" for entry in here.journal.entries(incident)) == 2 or None,
        within=90,
        what="another pass",
    )
    assert here.asked(incident).digest == found.digest
    assert here.self_test.effects(case) == []
    here.answer(here.asked(incident), yes=False)
    here.closed(incident)
