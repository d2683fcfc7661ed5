"""Answers by the command line. Refusals first: an answer that does not count changes nothing and says why."""

import json
import os
import socket

import pytest

from deployments.cli import people
from journal.approvals import State
from journal.facts.decided import Decided, TaskDone
from journal.facts.words import Channel
from tests.cli.story import DIGEST

ANSWER = ("--by", "Ana Lima", "--why", "the leak is known")


@pytest.fixture
def waiting(story):
    return story.waiting()


def decisions(story):
    return [entry.fact for entry in story.journal.entries(story.incident) if isinstance(entry.fact, Decided | TaskDone)]


# -- refusals ---------------------------------------------------------------------------------------------------------


def test_an_answer_to_an_unknown_incident_is_refused(codeblue, journal, sentence):
    assert "There is no incident" in sentence(codeblue("approve", "INC-9", "--yes", *ANSWER, code=2))


def test_without_a_person_to_ask_the_plan_must_be_named(codeblue, waiting, sentence):
    said = sentence(codeblue("approve", waiting.incident, *ANSWER, code=2))
    assert f"--plan {DIGEST}" in said
    assert decisions(waiting) == []


def test_a_yes_to_another_plan_is_refused_and_names_the_one_that_waits(codeblue, waiting, sentence):
    said = sentence(codeblue("approve", waiting.incident, "--plan", "0123456789abcdef", *ANSWER, code=4))
    assert f"{waiting.incident} now waits on plan {DIGEST[:12]}" in said
    assert decisions(waiting) == []


def test_a_plan_that_was_never_asked_about_is_refused(codeblue, story, sentence):
    story.gathered()
    said = sentence(codeblue("approve", story.incident, "--plan", "0123456789abcdef", *ANSWER, code=4))
    assert "never asked about a plan" in said


def test_a_digest_of_few_characters_is_refused(codeblue, waiting, sentence):
    assert "at least 8" in sentence(codeblue("approve", waiting.incident, "--plan", DIGEST[:7], *ANSWER, code=2))


def test_a_prefix_of_two_plans_is_refused(codeblue, waiting, sentence):
    twin = DIGEST[:12] + "ffff"
    waiting.planned(digest=twin, mitigation="other").asked(digest=twin, mitigation="other")
    said = sentence(codeblue("approve", waiting.incident, "--plan", DIGEST[:12], *ANSWER, code=2))
    assert twin in said
    said = sentence(codeblue("approve", waiting.incident, "--yes", *ANSWER, code=2))
    assert "several answers" in said
    assert decisions(waiting) == []


def test_a_second_answer_is_refused(codeblue, waiting, sentence):
    waiting.decided(by="Ben")
    for verb in ("approve", "reject"):
        said = sentence(codeblue(verb, waiting.incident, "--yes", *ANSWER, code=4))
        assert "was already approved by Ben" in said
    assert len(decisions(waiting)) == 1


def test_an_expired_request_is_refused(codeblue, story, clock, sentence):
    clock.pass_(hours=-1)
    story.waiting(minutes=30)
    said = sentence(codeblue("approve", story.incident, "--plan", DIGEST, *ANSWER, code=4))
    assert "expired at" in said
    assert "nothing was applied" in said
    assert decisions(story) == []


def test_a_closed_incident_takes_no_answers(codeblue, story, sentence):
    story.whole()
    said = sentence(codeblue("reject", story.incident, "--yes", *ANSWER, code=4))
    assert "already closed (Resolved)" in said


def test_a_yes_while_frozen_is_refused_and_the_plan_still_waits(codeblue, waiting, sentence):
    codeblue("freeze", "rung", "--to", "2h", "--why", "release", "--by", "Bo")
    said = sentence(codeblue("approve", waiting.incident, "--yes", *ANSWER, code=4))
    assert f"Changes to {'rung'} are frozen until" in said
    assert "still waits" in said
    assert decisions(waiting) == []
    codeblue("thaw", "rung", "--why", "released", "--by", "Bo")
    codeblue("approve", waiting.incident, "--yes", *ANSWER)
    assert len(decisions(waiting)) == 1


def test_where_two_must_agree_a_typed_name_is_no_yes(codeblue, story, sentence):
    story.waiting(quorum=2)
    said = sentence(codeblue("approve", story.incident, "--yes", *ANSWER, code=4))
    assert "counts only people whose identity is proven" in said
    assert "invisible" in sentence(
        codeblue("approve", story.incident, "--yes", "--by", "An\u200ba", "--why", "x", code=2)
    )


def test_one_person_is_not_two(codeblue, story, sentence, monkeypatch):
    monkeypatch.setattr(people, "account", lambda: "ana lima")
    story.waiting(quorum=2)
    first = codeblue("approve", story.incident, "--yes", "--json", *ANSWER).json
    assert (first["state"], first["missing"], first["goes_on"]) == ("waiting", 1, False)
    said = sentence(codeblue("approve", story.incident, "--yes", *ANSWER, code=4))
    assert "must come from somebody else" in said


def test_who_asked_for_the_run_may_be_excluded(codeblue, journal, clock, story, sentence):
    mine = type(story)(journal, clock, fingerprint="mine", by="ana lima").waiting(requester_excluded=True)
    said = sentence(codeblue("approve", mine.incident, "--yes", *ANSWER, code=4))
    assert "asked for the run" in said


def test_a_channel_that_may_not_answer_is_refused(codeblue, story, sentence):
    story.waiting(channels=(Channel.WEB,))
    assert "may not be answered by cli" in sentence(codeblue("approve", story.incident, "--yes", *ANSWER, code=4))


@pytest.mark.parametrize(("by", "why"), [(" ", "a reason"), ("Ana", " ")])
def test_an_unsigned_answer_is_refused(codeblue, waiting, sentence, by, why):
    assert "An answer needs a" in sentence(
        codeblue("approve", waiting.incident, "--yes", "--by", by, "--why", why, code=2)
    )
    assert decisions(waiting) == []


def test_an_answer_without_a_reason_is_refused(codeblue, waiting, sentence):
    assert "--why" in sentence(codeblue("approve", waiting.incident, "--yes", "--by", "Ana", code=2))


def test_a_task_is_not_approved_and_a_plan_is_not_done(codeblue, story, sentence):
    story.gathered().given()
    assert f"codeblue done {story.incident}" in sentence(codeblue("approve", story.incident, "--yes", *ANSWER, code=4))
    other = type(story)(story.journal, story.clock, fingerprint="other").waiting()
    assert f"codeblue approve {other.incident}" in sentence(codeblue("done", other.incident, *ANSWER, code=4))


# -- answers ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_when_no_prefect_is_known(codeblue, waiting):
    result = codeblue("approve", waiting.incident, "--plan", DIGEST[:8], *ANSWER)
    assert result.flat == "Recorded: Ana Lima approved; the run goes on when Prefect is back."
    assert "codeblue up" in result.err
    fact = decisions(waiting)[0]
    assert (fact.approve, fact.by, fact.channel, fact.identity_proven) == (True, "Ana Lima", Channel.CLI, False)
    assert fact.why == "the leak is known"


def test_an_answer_is_kept_when_prefect_is_away(codeblue, waiting, home):
    with socket.create_server(("127.0.0.1", 0)) as ears:
        closed = ears.getsockname()[1]
    (home.path / "stack.json").write_text(json.dumps({"api_url": f"http://127.0.0.1:{closed}/api", "pid": os.getpid()}))
    result = codeblue("reject", waiting.incident, "--yes", "--json", *ANSWER)
    assert result.json == {
        "incident": waiting.incident,
        "digest": DIGEST,
        "state": "rejected",
        "by": ["Ana Lima"],
        "missing": 0,
        "identity_proven": False,
        "goes_on": False,
        "text": "Recorded: Ana Lima rejected; the run goes on when Prefect is back.",
    }
    assert decisions(waiting)[0].approve is False


def test_a_stack_that_was_killed_counts_as_away(codeblue, waiting, home):
    (home.path / "stack.json").write_text(json.dumps({"api_url": "http://127.0.0.1:9/api", "pid": 2**22 + 1}))
    assert codeblue("approve", waiting.incident, "--yes", "--json", *ANSWER).json["goes_on"] is False


def test_a_manual_task_is_done_or_cannot_be(codeblue, story):
    story.gathered().given()
    assert codeblue("done", story.incident, "--json", *ANSWER).json["state"] == "done"
    other = type(story)(story.journal, story.clock, fingerprint="other").gathered().given()
    assert codeblue("done", other.incident, "--cannot", "--json", *ANSWER).json["state"] == State.NOT_DONE.value


def test_a_person_reads_the_plan_and_is_asked(codeblue, waiting, monkeypatch):
    monkeypatch.setattr("deployments.cli.options.Options.interactive", True)
    answers = iter(["y", "the leak is known"])
    monkeypatch.setattr("builtins.input", lambda: next(answers))
    result = codeblue("approve", waiting.incident, "--by", "Ana", "--no-watch")
    assert "Clients of the ended sessions must reconnect." in result.err
    assert f"Approve exactly this plan, {DIGEST}? [y/N]" in result.err
    assert decisions(waiting)[0].why == "the leak is known"


@pytest.mark.parametrize("said", ["", "n", "yes please"])
def test_anything_but_yes_answers_nothing(codeblue, waiting, monkeypatch, said):
    monkeypatch.setattr("deployments.cli.options.Options.interactive", True)
    monkeypatch.setattr("builtins.input", lambda: said)
    result = codeblue("approve", waiting.incident, *ANSWER, code=4)
    assert "Nothing was answered" in result.err
    assert decisions(waiting) == []


def test_the_account_proves_who_it_is_and_root_is_nobody(monkeypatch):
    monkeypatch.setattr(people.os, "getuid", lambda: 65534)
    name = people.account()
    assert name == "nobody"
    assert people.is_account("Nobody ")
    assert not people.is_account("root")
    monkeypatch.setattr(people.os, "getuid", lambda: 0)
    assert people.account() is None
    assert not people.is_account("root")


@pytest.mark.parametrize("given", [None, "Ana Lima", "bob"])
def test_who_starts_a_run_is_the_account_whatever_name_is_given(monkeypatch, given):
    """Else somebody who may not approve what they asked for asks as another, and approves under their own account."""
    monkeypatch.setattr(people, "account", lambda: "mallory")
    assert people.starter(given) == "mallory"
    monkeypatch.setattr(people, "account", lambda: None)
    assert people.starter(given) == (given or "root")


def test_the_environment_cannot_say_who_runs_the_command(codeblue, waiting, monkeypatch):
    for name in ("USER", "LOGNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "Ana Lima")
    assert codeblue("approve", waiting.incident, "--yes", "--json", *ANSWER).json["identity_proven"] is False
