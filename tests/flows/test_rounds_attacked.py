"""Rounds under attack: answers too early or too late, acts that blind, limits that count anew, old journals."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deployments.cli import lines, panels
from deployments.cli.board import board
from flows.follow import follow
from journal import approvals, clock, leases, switches
from journal.durations import durations
from journal.errors import AlreadyDecided, IdentityNotProven, RequesterExcluded, RequestExpired, SamePersonTwice
from journal.facts.closed import Closed
from journal.facts.decided import Passed, Planned, Requested
from journal.facts.done import Carried, Intended
from journal.facts.opened import Joined
from journal.facts.seen import Judged, Past
from journal.facts.words import Act, Channel, Ending
from journal.policy import due
from journal.report_rows import rows
from journal.timeline import as_markdown, timeline
from journal.wording import ordinal
from runbook import Approval, Context, Escalation, Guardrail, Level, Permanent, Runbook, SlowDown
from tasks.engine import Run
from tasks.replay import replay
from tasks.replayed import NOTHING
from tests.flows.leaking import LEAKS, Drain, drain, leaking
from tests.flows.small import NO_WAY_BACK, Mend, Params, Rehearsed, Small, hand, mend, runbook, small

TEN_MINUTES = 600.0
SOON = timedelta(minutes=1)
LEAKS_ON = {"every": 250.0, "at_most": 5}


class Incident:
    """One that is carried pass by pass, with whatever somebody does in between."""

    def __init__(self, here: Rehearsed, book: Runbook[Small, Params]) -> None:
        self.here, self.book, self.run = here, book, Run(id=str(uuid.uuid4()), starter="ada")

    def go(self) -> Closed | None:
        """One pass: until it waits for somebody, or ends."""
        self.here.engine.during(self.run, partial(follow, self.book, Small, Params()))
        return next(iter(self.here.facts(self.id, Closed)), None)

    @property
    def id(self) -> str:
        found = self.here.journal.incident_of(self.run.id)
        assert found is not None
        return found

    def asked(self) -> list[str]:
        return [one.digest for one in self.here.facts(self.id, Requested)]

    def say(self, digest: str, *, yes: bool = True, by: str = "grace", proven: bool = True) -> None:
        said: Any = {"approve": yes, "by": by, "channel": Channel.CLI, "identity_proven": proven, "why": "as planned"}
        approvals.decide(self.here.journal, self.id, digest, **said)

    def monitor(self, status: str) -> None:
        self.here.journal.append(self.id, f"joined:{uuid.uuid4()}", Joined(alert={"status": status}))

    def thinks(self, seconds: float = TEN_MINUTES) -> None:
        clock.sleep(seconds)


def two_rounds(here: Rehearsed, **more: Any) -> Incident:
    """An incident that waits for its second yes."""
    one = Incident(here, runbook(drain(within=SOON, **more)))
    assert one.go() is None
    one.thinks()
    (first,) = one.asked()
    one.say(first)
    assert one.go() is None
    assert len(one.asked()) == 2
    return one


# -- answers ----------------------------------------------------------------------------------------------------------


def test_a_yes_to_the_first_plan_that_comes_in_the_second_round_is_none_to_the_second(tmp_path: Path) -> None:
    with leaking(tmp_path, **LEAKS_ON) as here:
        one = two_rounds(here)
        first, second = one.asked()
        assert first != second
        with pytest.raises(AlreadyDecided):
            one.say(first, by="late.lucy")
        assert one.go() is None
        assert here.world.acts == ["end 1, 2, 3"]
        one.say(second)
        closed = one.go()
    assert closed is not None
    assert closed.ending is Ending.RESOLVED


def test_a_yes_to_a_first_plan_that_lapsed_is_none_either(tmp_path: Path) -> None:
    """The first is not answered in time; the other treatment's act begins a second round, which asks for it again."""
    with small(tmp_path, strengths={"leak": 50.0, "role": 30.0}) as here:
        one = Incident(here, runbook(mend("leak"), mend("role")))
        one.go()
        (first,) = one.asked()
        one.thinks(3 * TEN_MINUTES + 1)
        one.go()
        other = one.asked()[1]
        one.say(other)
        one.go()
        (again,) = one.asked()[2:]
        with pytest.raises(RequestExpired):
            one.say(first)
        one.say(again)
        closed = one.go()
    assert closed is not None
    assert closed.ending is Ending.RESOLVED


def test_two_answers_at_once_in_a_later_round_act_once(tmp_path: Path) -> None:
    with leaking(tmp_path, **LEAKS_ON) as here:
        one = two_rounds(here)
        second = one.asked()[1]
        one.say(second, by="grace")
        with pytest.raises(AlreadyDecided):
            one.say(second, yes=False, by="linus")
        one.go()
        one.go()
    assert here.world.acts == ["end 1, 2, 3", "end 4, 5"]


def test_a_yes_of_the_first_round_is_none_of_two_in_the_second(tmp_path: Path) -> None:
    approval = Approval(by="two", risk="None.", quorum=2)
    with leaking(tmp_path, **LEAKS_ON) as here:
        one = Incident(here, runbook(drain(within=SOON, approval=approval)))
        one.go()
        one.thinks()
        one.say(one.asked()[0], by="grace")
        one.say(one.asked()[0], by="linus")
        one.go()
        second = one.asked()[1]
        one.say(second, by="grace")
        with pytest.raises(SamePersonTwice):
            one.say(second, by="Grace ")
        with pytest.raises(IdentityNotProven):
            one.say(second, by="linus", proven=False)
        assert one.go() is None
        assert here.world.acts == ["end 1, 2, 3"]
        one.say(second, by="linus")
        closed = one.go()
    assert closed is not None


def test_who_started_it_is_excluded_from_each_round(tmp_path: Path) -> None:
    approval = Approval(by="another", risk="None.", requester_excluded=True)
    with leaking(tmp_path, **LEAKS_ON) as here:
        one = two_rounds(here, approval=approval)
        with pytest.raises(RequesterExcluded):
            one.say(one.asked()[1], by="ada")


def test_a_no_in_the_second_round_ends_it_and_tells_what_the_first_did(tmp_path: Path) -> None:
    with leaking(tmp_path, **LEAKS_ON) as here:
        one = two_rounds(here)
        one.say(one.asked()[1], yes=False)
        closed = one.go()
    assert closed is not None
    assert (closed.ending, here.world.acts) == (Ending.UNRESOLVED, ["end 1, 2, 3"])
    assert "It did not help: “End what leaks”." in closed.text
    assert "The plan was rejected." in closed.text


def test_an_answer_of_the_first_round_does_not_keep_the_second_question_from_being_paged(tmp_path: Path) -> None:
    levels = (Level(name="L1", after=timedelta(minutes=5)),)
    with leaking(tmp_path, **LEAKS_ON) as here:
        book = runbook(drain(within=SOON), escalation=Escalation(issue="Small", source="devised", levels=levels))
        one = Incident(here, book)
        one.go()
        one.thinks(60)
        one.say(one.asked()[0])
        one.thinks()
        one.go()
        assert len(one.asked()) == 2
        entries = here.journal.entries(one.id)
        assert due(entries, clock.now()) == ()
        (page,) = due(entries, clock.now() + timedelta(minutes=6))
    assert "has waited for 6 min" in page.why


# -- what happens between rounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stops", ["stop", "freeze"])
def test_what_is_halted_between_rounds_is_not_asked(tmp_path: Path, stops: str) -> None:
    def halt(here: Rehearsed) -> None:
        now = clock.now()
        if stops == "stop":
            switches.stop(here.journal, "ada", "enough for tonight")
        else:
            ends = now + timedelta(hours=2)
            switches.freeze(here.journal, "small", starts=now, ends=ends, by="ada", why="enough for tonight")

    with leaking(tmp_path, **LEAKS_ON) as here, pytest.MonkeyPatch.context() as patch:
        after(patch, Drain, lambda: halt(here))
        incident, closed = here.follow(runbook(drain(within=SOON)), thinks=(TEN_MINUTES,))
        asked = here.facts(incident, Requested)
        text = as_markdown(timeline(here.journal.entries(incident)))
    assert (len(asked), closed.ending) == (1, Ending.UNRESOLVED)
    assert "enough for tonight" in closed.text
    assert "start the runbook anew" in text


def after(patch: pytest.MonkeyPatch, change: type, happens: Callable[[], None]) -> None:
    """Something happens right after the first act."""
    apply, times = change.apply, iter((True,))  # type: ignore[attr-defined]

    def applying(self: Any, *args: Any) -> Any:
        done = apply(self, *args)
        if next(times, False):
            happens()
        return done

    patch.setattr(change, "apply", applying)


def test_a_symptom_that_goes_by_itself_while_the_second_question_waits_withdraws_it(tmp_path: Path) -> None:
    with leaking(tmp_path, **LEAKS_ON) as here:
        one = two_rounds(here)
        LEAKS[-1].sessions.clear()
        one.monitor("resolved")
        closed = one.go()
        (last,) = here.facts(one.id, Passed)
    assert closed is not None
    assert (last.by, closed.ending) == ("recovery", Ending.RECOVERED)
    assert "it is not known why: “End what leaks” was carried out" in closed.text


def test_an_end_that_the_monitor_said_before_withdraws_no_later_question(tmp_path: Path) -> None:
    """It was over for a moment. What is asked since then is about what is there again."""
    with small(tmp_path, strengths={"leak": 50.0, "role": 30.0}) as here:
        one = Incident(here, runbook(mend("leak"), mend("role")))
        one.go()
        here.world.strengths.update(leak=0.0, role=0.0)
        looks = iter((0.0,))
        here.world.sources["blinks"] = lambda: next(looks, 50.0)
        one.monitor("resolved")
        assert one.go() is None, "what came back is asked about, and waits"
        entries = here.journal.entries(one.id)
        waiting = approvals.waiting(entries, clock.now())
    assert [passed.by for passed in here.facts(one.id, Passed)] == ["recovery"]
    assert [standing.request.mitigation for standing in waiting] == ["mend_role"]
    assert not approvals.unheard_end(entries), "or the watch would let it go on again and again"


@pytest.mark.parametrize("who", [("failing",), ("leak",), ("failing", "leak")])
def test_whom_the_first_act_blinds_does_nothing_more_and_calls_it_unknown(tmp_path: Path, who: tuple[str, ...]) -> None:
    def blind() -> None:
        here.world.blind.update({name: (1e12, Permanent("May not look.")) for name in who})

    with leaking(tmp_path) as here, pytest.MonkeyPatch.context() as patch:
        after(patch, Drain, lambda: (LEAKS[-1].sessions.extend([8, 9]), blind())[-1])
        _, closed = here.follow(runbook(drain(within=SOON)))
    assert (closed.ending, here.world.acts) == (Ending.UNRESOLVED, ["end 1, 2, 3"])
    unseen = "Unknown whether the symptom is still there: May not look." in closed.text
    assert unseen is ("failing" in who)
    assert ("The symptom is" in closed.text) is not unseen


def test_nobody_waits_for_a_cooldown_after_which_nothing_would_be_done(tmp_path: Path) -> None:
    guardrail = Guardrail(at_most=5, cooldown=timedelta(minutes=14))
    with small(tmp_path, strengths={"leak": 50.0}, cures={"leak": lambda _w: None}) as here:
        incident, closed = here.follow(runbook(mend("leak", within=SOON, guardrail=guardrail)))
        entries = here.journal.entries(incident)
        (judged,) = (e.at for e in entries if isinstance(e.fact, Judged) and e.fact.after)
    assert closed.ending is Ending.UNRESOLVED
    assert entries[-1].at - judged < timedelta(minutes=1)


def test_each_round_may_reach_as_many_as_its_guardrail_says(tmp_path: Path) -> None:
    with leaking(tmp_path, every=200.0, at_most=9) as here:
        guardrail = Guardrail(at_most=3, cooldown=timedelta(0))
        _, closed = here.follow(runbook(drain(within=SOON, guardrail=guardrail)), thinks=(TEN_MINUTES, TEN_MINUTES))
    assert here.world.acts == ["end 1, 2, 3", "end 4, 5, 6", "end 7, 8, 9"]
    assert closed.ending is Ending.RESOLVED


def test_who_takes_over_in_the_second_round_keeps_the_target(tmp_path: Path) -> None:
    """A pass that walks past the first round does not let go of what the second has in hand."""
    held: list[str | None] = []

    class Gone(BaseException):
        pass

    with leaking(tmp_path, **LEAKS_ON) as here, pytest.MonkeyPatch.context() as patch:
        one = two_rounds(here)
        one.say(one.asked()[1])
        apply, landed = Drain.apply, Drain.landed
        patch.setattr(leases, "me", lambda: "a process that is killed")

        def dies(*args: Any) -> Any:
            apply(*args)
            raise Gone

        def looks(self: Drain, plan: Any) -> Any:
            held.append(leases.holder_of(here.journal, f"target:small:{self.lock}"))
            return landed(self, plan)

        patch.setattr(Drain, "apply", dies)
        with pytest.raises(Gone):
            one.go()
        patch.setattr(leases, "me", lambda: "the next")
        patch.setattr(Drain, "landed", looks)
        closed = one.go()
        incident = one.id
    assert held == [incident]
    assert closed is not None
    assert closed.ending is Ending.RESOLVED


def test_what_somebody_refused_is_not_asked_by_the_incident_that_goes_on_after_a_hand_off(tmp_path: Path) -> None:
    answers = iter((False, True, False))  # to the first, to what does not help, and in the runbook it is handed to
    other = runbook(mend("pipe"), name="small.other")
    with small(tmp_path, strengths={"leak": 50.0, "role": 49.0}) as here:
        here.world.cures["role"] = lambda world: world.strengths.update(pipe=60.0)
        book = runbook(mend("leak", within=SOON), mend("role", within=SOON), hand("pipe", other))
        here.follow(book, other, yes=lambda: next(answers, False))
        every = [one.id for one in here.journal.incidents(open_only=False, limit=9)]
        asked = [one.mitigation for incident in every for one in here.facts(incident, Requested)]
    assert len(every) == 3, "one that was handed over, and one that goes on"
    assert sorted(asked) == ["mend_leak", "mend_pipe", "mend_role", "mend_role"]


def test_a_symptom_that_came_back_was_not_mitigated_when_it_went_for_a_moment(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 50.0, "role": 30.0}) as here:
        one = Incident(here, runbook(mend("leak"), mend("role")))
        one.go()
        looks = iter((-80.0,))
        here.world.sources["blinks"] = lambda: next(looks, 0.0)
        one.monitor("resolved")
        one.go()
        one.thinks()
        one.say(one.asked()[1])
        here.world.cures["role"] = lambda world: world.strengths.update(leak=0.0, role=0.0)
        closed = one.go()
        took = durations(here.journal.entries(one.id))
        (row,) = rows(here.journal, clock.now() - timedelta(days=1))
    assert closed is not None
    assert closed.ending is Ending.RESOLVED
    assert took.mitigated is not None
    assert took.mitigated >= timedelta(minutes=10)
    assert row.mitigated == took.mitigated.total_seconds()


# -- what an ending says -----------------------------------------------------------------------------------------------


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
        one = Incident(here, runbook(rule(5)))
        one.go()
        (planned,) = here.facts(one.id, Planned)
    page = StringIO()
    Console(width=100, file=page).print(lines.plan(planned))
    assert page.getvalue().count("covers") == 1
    assert "5 at most" in page.getvalue()


@pytest.mark.parametrize(("number", "said"), [(2, "second"), (4, "4th"), (11, "11th"), (21, "21st"), (112, "112th")])
def test_how_often_it_was_done_is_said_in_words_that_exist(number: int, said: str) -> None:
    assert ordinal(number) == said


# -- changes that last a while -----------------------------------------------------------------------------------------


def test_what_lasts_a_while_is_undone_while_the_second_question_waits_and_may_be_done_again(tmp_path: Path) -> None:
    lasting = mend("leak", expires_after=timedelta(minutes=20), within=SOON)
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        here.world.cures["leak"] = lambda world: world.strengths.update(leak=0.0, role=50.0)
        here.world.cures["undo leak"] = lambda world: world.strengths.update(leak=50.0)
        one = Incident(here, runbook(lasting, mend("role")))
        one.go()
        one.say(one.asked()[0])
        one.go()
        assert len(one.asked()) == 2
        one.thinks(21 * 60)
        one.go()
        assert here.world.acts == ["apply leak", "undo leak"], "its time is up, whatever else is asked"
        one.say(one.asked()[1])
        assert one.go() is None
        third = here.facts(one.id, Requested)[2]
    assert third.mitigation == "mend_leak", "it had helped until its time was up"


def test_two_changes_that_are_over_are_undone_in_reverse(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        for name, of in (("leak", "role"), ("role", "leak")):
            here.world.cures[name] = lambda world, name=name, of=of: world.strengths.update(
                {name: 0.0, of: 50.0 if name == "leak" else 0.0}
            )
        lasts = timedelta(hours=2)
        one = Incident(here, runbook(mend("leak", expires_after=lasts), mend("role", expires_after=lasts)))
        for _ in range(2):
            one.go()
            one.say(one.asked()[-1])
        closed = one.go()
        one.thinks(3 * 3600)
        one.go()
    assert closed is not None
    assert here.world.acts == ["apply leak", "apply role", "undo role", "undo leak"]


# -- journals of before ------------------------------------------------------------------------------------------------


def test_an_incident_of_before_there_were_rounds_goes_on_as_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the next treatment was tried after one that did not help, and nothing was judged anew in between."""
    with small(tmp_path, strengths={"leak": 50.0, "role": 49.0}, cures={"leak": lambda _w: None}) as here:
        book = runbook(mend("leak", within=SOON), mend("role", within=SOON))
        here.world.cures["role"] = lambda world: world.strengths.update(leak=0.0, role=0.0)
        one = Incident(here, book)
        one.go()
        one.say(one.asked()[0])
        with monkeypatch.context() as before:
            before.setattr("flows.follow.was_done", lambda *_: False)
            one.go()
            one.say(one.asked()[1])

            class Gone(BaseException):
                pass

            def dies(*_: Any) -> Any:
                raise Gone

            before.setattr("flows.follow.close", dies)
            with pytest.raises(Gone):
                one.go()
        closed = one.go()
        judged = here.facts(one.id, Judged)
    assert closed is not None
    assert (closed.ending, len(judged)) == (Ending.RESOLVED, 1)
    assert here.world.acts == ["apply leak", "undo leak", "apply role"]


def test_a_treatment_that_the_runbook_has_no_more_is_told_all_the_same(tmp_path: Path) -> None:
    """The runbook was exchanged in the middle: it knows neither what was done, nor what was judged."""
    with small(tmp_path, strengths={"leak": 50.0, "role": 49.0}, cures={"leak": lambda _w: None}) as here:
        one = Incident(here, runbook(mend("leak", within=SOON), mend("role")))
        one.go()
        one.say(one.asked()[0])
        one.go()
        one.book = runbook(mend("pipe"))
        closed = one.go()
    assert closed is not None
    assert closed.ending is Ending.UNRESOLVED
    assert "“Mend leak” was undone." in closed.text


# -- declarations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rounds", [0, -1, 2.5, 2.0, float("nan"), True])
def test_rounds_are_a_number_of_times(rounds: Any) -> None:
    with pytest.raises(ValueError, match=r"rounds; causes are judged once at least"):
        runbook(mend("leak"), rounds=rounds)


@pytest.mark.parametrize("name", ["mend@2", "mend:apply", ""])
def test_a_name_that_would_read_as_another_try_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name it, without :@"):
        runbook(replace(mend("leak"), name=name))


@pytest.mark.parametrize("said", [{"at_most": 2.5}, {"at_most": True}, {"at_most": float("inf")}, {"at_most": -1}])
def test_a_rule_covers_a_number_of_targets(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="covers the list, or the rule with `at_most`"):
        Approval(by="anybody", risk="None.", covers="the rule", **said)


@pytest.mark.parametrize("covers", ["The Rule", "rule", ""])
def test_nothing_else_is_covered(covers: Any) -> None:
    with pytest.raises(ValueError, match="covers the list, or the rule with `at_most`"):
        Approval(by="anybody", risk="None.", covers=covers)


# -- the rule ----------------------------------------------------------------------------------------------------------


def rule(at_most: int, **more: Any) -> Any:
    approval = Approval(by="anybody", risk="None.", covers="the rule", at_most=at_most)
    limits = Guardrail(at_most=10, cooldown=timedelta(0))
    return drain(**{"approval": approval, "guardrail": limits, "within": SOON, **more})


def test_nobody_is_shown_more_than_one_yes_covers(tmp_path: Path) -> None:
    with leaking(tmp_path) as here:
        incident, _ = here.follow(runbook(rule(2)))
        asked, plan = here.facts(incident, Requested)[0], here.facts(incident, Planned)[0]
    assert [target.name for target in plan.targets] == ["session 1", "session 2"]
    assert "3 of these are there. One yes covers 2; the others are left as they are." in asked.text
    assert here.world.acts == ["end 1, 2", "end 3"]


def test_who_is_asked_to_slow_down_at_the_act_keeps_the_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Drain.plan
    with leaking(tmp_path) as here:

        def busy() -> float:
            until = clock.monotonic() + 20

            def planning(self: Drain) -> Any:
                if clock.monotonic() < until:
                    raise SlowDown("Asked too often.")
                return plan(self)

            monkeypatch.setattr(Drain, "plan", planning)
            return 0.0

        _, closed = here.follow(runbook(rule(5)), thinks=(busy() for _ in range(1)))
    assert (closed.ending, here.world.acts) == (Ending.RESOLVED, ["end 1, 2, 3"])


def test_where_none_of_the_approved_is_left_the_rule_covers_those_of_their_kind(tmp_path: Path) -> None:
    with leaking(tmp_path) as here:

        def others() -> float:
            LEAKS[-1].sessions[:] = [7, 8]
            return 0.0

        incident, closed = here.follow(runbook(rule(5)), thinks=(others() for _ in range(1)))
        (intent,) = here.facts(incident, Intended)
    assert (here.world.acts, closed.ending) == (["end 7, 8"], Ending.RESOLVED)
    assert [target.name for target in intent.later] == ["session 7", "session 8"]


def test_what_became_something_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Drain._target  # what this world's targets look like
    with leaking(tmp_path) as here:

        def works() -> float:
            def told(self: Drain, number: int) -> Any:
                said = target(self, number)
                return said.model_copy(update={"before": "in a transaction"}) if number == 2 else said

            monkeypatch.setattr(Drain, "_target", told)
            return 0.0

        here.follow(runbook(rule(5), rounds=1), thinks=(works() for _ in range(1)))
    assert here.world.acts == ["end 1, 3"]


def test_what_came_later_and_was_done_is_not_new_in_the_next_round(tmp_path: Path) -> None:
    """Session 4 came while somebody thought, and opens again after it was ended, beside one that nobody has seen."""
    with leaking(tmp_path, every=500.0, at_most=4) as here, pytest.MonkeyPatch.context() as patch:
        after(patch, Drain, lambda: LEAKS[-1].sessions.extend([4, 9]))
        incident, _ = here.follow(runbook(rule(5)), thinks=(TEN_MINUTES,))
        second = here.facts(incident, Requested)[1]
    assert here.world.acts[0] == "end 1, 2, 3, 4"
    assert "1 of 2 targets in no plan of this treatment before." in second.text


def test_a_rule_with_a_way_back_undoes_what_it_did(tmp_path: Path) -> None:
    approval = Approval(by="anybody", risk="None.", covers="the rule", at_most=1)
    undone: list[Any] = []
    with (
        small(tmp_path, strengths={"leak": 50.0}, cures={"leak": lambda _w: None}) as here,
        pytest.MonkeyPatch.context() as patch,
    ):
        undo = Mend.undo
        patch.setattr(Mend, "undo", lambda self, plan, warrant: (undone.append(plan), undo(self, plan, warrant))[1])
        incident, _ = here.follow(runbook(mend("leak", approval=approval, within=SOON), rounds=1))
        (intent,) = (one for one in here.facts(incident, Intended) if one.act is Act.APPLY)
        carried = [(fact.act, fact.ok) for fact in here.facts(incident, Carried)]
    assert carried == [(Act.APPLY, True), (Act.UNDO, True)]
    assert [plan.model_dump(mode="json") for plan in undone] == [intent.plan]
