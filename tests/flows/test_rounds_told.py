"""What pages and endings say of several rounds: that it is unknown, what stays, where each begins."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from deployments.cli import lines, panels
from deployments.cli.board import board
from journal import clock
from journal.facts.decided import Planned
from journal.facts.seen import Past
from journal.facts.words import Ending
from journal.timeline import timeline
from journal.wording import ordinal
from runbook import Approval, Context
from tasks.replay import replay
from tasks.replayed import NOTHING
from tests.flows.leaking import drain, leaking
from tests.flows.passes import LEAKS_ON, SOON, TEN_MINUTES, Incident, two_rounds
from tests.flows.small import NO_WAY_BACK, Params, Small, hand, mend, runbook, small


def test_what_made_it_worse_in_the_first_round_is_told_at_a_good_end_as_well(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 9.0, "role": 8.0}) as here:
        here.world.cures["leak"] = lambda world: world.strengths.update(leak=60.0)
        here.world.cures["role"] = lambda world: world.strengths.update(leak=0.0, role=0.0)
        _, closed = here.follow(runbook(mend("leak", undo=NO_WAY_BACK), mend("role")))
    assert closed.ending is Ending.RESOLVED
    assert closed.text.startswith("LOOK AT ONCE: “Mend leak” made it worse and could not be undone.")
    assert "Still in place, though it was not shown to help: “Mend leak”." in closed.text


def test_what_was_done_before_a_hand_off_is_told(tmp_path: Path) -> None:
    other = runbook(mend("pipe"), name="small.other")
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        here.world.cures["leak"] = lambda world: world.strengths.update(leak=0.0, pipe=50.0)
        _, closed = here.follow(runbook(mend("leak", leaves="it leaks on"), hand("pipe", other)), other)
    assert closed.ending is Ending.HANDED_OFF
    assert "Handed to the runbook Requests fail (small.other)." in closed.text
    assert "kept because it cured its own cause: “Mend leak”." in closed.text
    assert "What still goes on: It leaks on." in closed.text


def test_why_no_further_round_is_begun_is_told(tmp_path: Path) -> None:
    with leaking(tmp_path, every=20.0) as here:
        incident, closed = here.follow(runbook(drain(within=SOON), rounds=2))
        entries, env = here.journal.entries(incident), here.engine.environment(Small, "small")
        context = Context(env=env, params=Params(), alert=None)
        judged = replay(runbook(drain(within=SOON), rounds=2), context, entries, Past()).judgements
    assert "No further round was begun: the runbook has 2 at most." in closed.text
    assert [(one.first_before, one.first_now) for one in judged] == [
        ("mend_leak", "mend_leak"),
        ("mend_leak", "mend_leak"),
        (NOTHING, NOTHING),
    ]


def test_decisions_name_their_round(tmp_path: Path) -> None:
    with leaking(tmp_path, **LEAKS_ON) as here:
        incident, _ = here.follow(runbook(drain(within=SOON)), thinks=(TEN_MINUTES,))
        about = [one.about for one in timeline(here.journal.entries(incident)).decisions]
    assert about == ["End what leaks", "End what leaks (round 2)"]


def test_what_worked_in_the_end_is_not_told_as_of_no_help(tmp_path: Path) -> None:
    with leaking(tmp_path, **LEAKS_ON) as here:
        incident, _ = here.follow(runbook(drain(within=SOON)), thinks=(TEN_MINUTES,))
        drawn = timeline(here.journal.entries(incident))
    assert not any("was not shown to help" in line for line in drawn.summary)
    (strength,) = (line for chart in drawn.charts for line in chart.lines if line.name == "strength")
    assert strength.before == "50 points", "what was read right before the first act"


def test_who_is_shown_a_later_round_sees_where_it_begins_and_what_is_new(tmp_path: Path) -> None:
    with leaking(tmp_path, **LEAKS_ON) as here:
        one = two_rounds(here)
        seen = board(here.journal.entries(one.id), clock.now())
    page = StringIO()
    console = Console(width=100, file=page)
    console.print(*panels.whole(seen))
    (found,) = seen.waiting
    console.print(panels.asked(found, seen.plans[found.digest], seen.now, seen.before))
    shown = page.getvalue()
    assert "2 hypotheses judged anew, after round 1" in shown
    assert ("new", "2 of 2 targets in no plan of this treatment before.") in [
        (about.lower(), line) for about, line in seen.before
    ]
    assert "2 of 2 targets in no plan" in shown


def test_a_plan_of_the_rule_says_once_what_it_covers(tmp_path: Path) -> None:
    with leaking(tmp_path) as here:
        one = Incident(
            here, runbook(drain(approval=Approval(by="anybody", risk="None.", covers="the rule", at_most=5)))
        )
        one.go()
        (planned,) = here.facts(one.id, Planned)
    page = StringIO()
    Console(width=100, file=page).print(lines.plan(planned))
    assert page.getvalue().count("covers") == 1
    assert "5 at most" in page.getvalue()


@pytest.mark.parametrize(("number", "said"), [(2, "second"), (4, "4th"), (11, "11th"), (21, "21st"), (112, "112th")])
def test_how_often_it_was_done_is_said_in_words_that_exist(number: int, said: str) -> None:
    assert ordinal(number) == said
