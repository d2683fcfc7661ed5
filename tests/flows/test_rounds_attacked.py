"""Rounds under attack: answers too early or too late, acts that blind, limits that count anew."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journal import approvals, clock, leases, switches
from journal.durations import durations
from journal.errors import AlreadyDecided, IdentityNotProven, RequesterExcluded, RequestExpired, SamePersonTwice
from journal.facts.decided import Passed, Requested
from journal.facts.done import Intended
from journal.facts.seen import Judged
from journal.facts.words import Ending
from journal.policy import due
from journal.report_rows import rows
from journal.timeline import as_markdown, timeline
from runbook import Approval, Escalation, Guardrail, Level, Permanent
from tests.flows.leaking import LEAKS, Drain, drain, leaking
from tests.flows.passes import LEAKS_ON, SOON, TEN_MINUTES, Incident, after, two_rounds
from tests.flows.small import Rehearsed, hand, mend, runbook, small


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


def test_the_cooldown_of_what_the_incident_did_by_another_treatment_is_waited_for_as_well(tmp_path: Path) -> None:
    guardrail = Guardrail(at_most=5, cooldown=timedelta(minutes=10))
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        here.world.cures["leak"] = lambda world: world.strengths.update(leak=0.0, role=50.0)
        book = runbook(*(mend(name, guardrail=guardrail) for name in ("leak", "role")))
        incident, closed = here.follow(book)
        first, second = (entry.at for entry in here.journal.entries(incident) if isinstance(entry.fact, Intended))
    assert (closed.ending, here.world.acts) == (Ending.RESOLVED, ["apply leak", "apply role"])
    assert second - first >= timedelta(minutes=10)


def test_what_another_incident_did_is_not_waited_for(tmp_path: Path) -> None:
    guardrail = Guardrail(at_most=5, cooldown=timedelta(minutes=10))
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        book = runbook(mend("leak", guardrail=guardrail))
        here.follow(book)
        here.world.strengths["leak"] = 50.0
        incident, closed = here.follow(book)
        (passed,) = here.facts(incident, Passed)
    assert (passed.by, closed.ending) == ("guardrail", Ending.UNRESOLVED)


def test_who_is_asked_while_nobody_sees_the_symptom_is_told(tmp_path: Path) -> None:
    with leaking(tmp_path) as here, pytest.MonkeyPatch.context() as patch:
        blind = {"failing": (1e12, Permanent("May not look."))}
        after(patch, Drain, lambda: (LEAKS[-1].sessions.extend([8, 9]), here.world.blind.update(blind))[-1])
        incident, _ = here.follow(runbook(drain(within=SOON)))
        second = here.facts(incident, Requested)[1]
    assert "- **Unknown:** Whether the symptom is still there: May not look." in second.text


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
