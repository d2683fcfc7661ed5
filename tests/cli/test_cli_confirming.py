"""`codeblue confirm`: what the true cause was, by whom, at any time; and the documents that say so afterwards."""

from pathlib import Path

from deployments.errors import Exit
from journal.facts.closed import Closed, Confirmed
from journal.facts.words import Ending


def said(story):
    return [entry.fact for entry in story.journal.entries(story.incident) if isinstance(entry.fact, Confirmed)]


def test_a_cause_is_confirmed_after_the_end_and_the_timeline_says_so(codeblue, story):
    story.whole()
    got = codeblue("confirm", story.incident, "--cause", "idle_leak", "--by", "Ana", "--why", "found the cursor")
    assert "A client opens sessions and never gives them back (idle_leak), confirmed by Ana." in got.flat
    path = got.out.splitlines()[-1].removeprefix("timeline: ")
    assert "Confirmed by Ana" in Path(path).read_text(encoding="utf-8")
    assert "Confirmed by Ana" in codeblue("timeline", story.incident).out
    assert [(one.cause, one.by, one.identity_proven) for one in said(story)] == [("idle_leak", "Ana", False)]
    again = codeblue("confirm", story.incident, "--cause", "oversized_pools", "--by", "Ana", "--json").json
    assert (again["incident"], again["cause"], again["by"]) == (story.incident, "oversized_pools", "Ana")
    assert [one.cause for one in said(story)] == ["idle_leak", "oversized_pools"]


def test_a_cause_nobody_declared_is_refused_with_those_that_there_are(codeblue, story, sentence):
    story.whole()
    got = codeblue("confirm", story.incident, "--cause", "leak", "--by", "Ana", code=Exit.USAGE)
    assert "name one of idle_leak, oversized_pools, honest_load, other. Perhaps 'idle_leak'?" in sentence(got)
    got = codeblue("confirm", story.incident, "--cause", "other", "--by", "Ana", code=Exit.USAGE)
    assert "say why" in sentence(got)
    got = codeblue("confirm", "INC-NONE", "--cause", "idle_leak", "--by", "Ana", code=Exit.USAGE)
    assert "INC-NONE" in sentence(got)
    assert said(story) == []


def test_an_incident_that_ended_before_judging_takes_the_runbooks_names(codeblue, story, sentence):
    story.gathered().say("closed", Closed(ending=Ending.NOT_REPRODUCED, text="it is not so"))
    got = codeblue("confirm", story.incident, "--cause", "nonsense", "--by", "Ana", code=Exit.USAGE)
    assert "idle_leak" in sentence(got)
    codeblue("confirm", story.incident, "--cause", "idle_leak", "--by", "Ana")
    assert said(story)[0].claim == "A client opens sessions and never gives them back."


def test_show_says_how_the_past_moved_a_prior(codeblue, story):
    from journal.facts.seen import History, Judged
    from tests.cli.story import LEAK

    story.gathered()
    moved = LEAK.model_copy(update={"prior": 0.53, "history": History(declared=0.4, confirmed=5, of=7)})
    story.say("judged", Judged(ranking=(moved,)))
    assert "prior 53%; declared 40%, confirmed in 5 of 7 earlier incidents" in codeblue("show", story.incident).flat
