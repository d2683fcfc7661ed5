"""Handed over, and coming back: the incident waits for the other one's end, asks its own symptom again, and goes on."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.follow import follow
from journal import clock, leases, policy, switches, waits
from journal.facts.closed import Closed, HandedOff, Noted
from journal.facts.decided import Passed, Requested
from journal.facts.opened import Opened
from journal.facts.seen import Judged
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Answer, Ending
from runbook import Permanent, Runbook
from runbook.mitigation import LONGEST_WAIT
from runbook.rendering import runbook_as_markdown
from sandbox.within.engine import ProcessEngine
from tasks.engine import Run
from tests.flows.passes import Incident
from tests.flows.small import Params, Rehearsed, Small, cause, hand, mend, runbook, small
from tests.flows.test_handing import FINE, NEIGHBOUR, endings

HOUR = timedelta(hours=1)
STORAGE = runbook(mend("storage"), name="small.storage", title="The storage")
back = partial(hand, returns=True, within=HOUR)
FULL, GONE = cause("storage")
HERE = mend("storage", treats=FULL, validated_by=GONE)
"""What is done for the same cause when it was handed over in vain."""
GOES = runbook(back("storage", STORAGE), mend("leak"), name="small.login")


def either(other: Runbook[Any, Any], name: str = "small.login", **more: Any) -> Runbook[Any, Any]:
    """A runbook that hands over and comes back, and could do it itself."""
    return runbook(back("storage", other, treats=FULL, **more), HERE, name=name, hypotheses=(FULL,))


def never(*_args: object) -> bool:
    return False


@pytest.fixture(autouse=True)
def _no_pages_with_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs as much as all the rest, and nobody here looks at one."""
    monkeypatch.setattr(ProcessEngine, "draws", never)


def chain(*names: str, last: Runbook[Any, Any] = STORAGE) -> Runbook[Any, Any]:
    """Runbooks of which each waits for the next, down to the last."""
    for name in reversed(names):
        last = runbook(back("storage", last), name=f"small.{name}", title=name)
    return last


def incident_of(here: Rehearsed, name: str) -> str:
    """The newest incident of a runbook."""
    found = [e for e in here.journal.of_kind("opened") if isinstance(e.fact, Opened) and e.fact.runbook == name]
    return found[-1].incident


@pytest.mark.parametrize(
    "said",
    [
        {"returns": True, "within": None},
        {"returns": False, "within": HOUR},
        {"returns": True, "within": timedelta(0)},
        {"returns": True, "within": LONGEST_WAIT + timedelta(seconds=1)},
    ],
)
def test_one_that_comes_back_says_how_long_it_waits_and_no_other_does(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"says how long it waits|say how long it may"):
        hand("storage", STORAGE, **said)


def test_a_runbook_that_comes_back_and_has_no_round_after_it_is_refused() -> None:
    with pytest.raises(ValueError, match="has one round"):
        runbook(back("storage", STORAGE), rounds=1)


def test_those_that_would_wait_for_one_another_in_a_circle_are_refused_by_name() -> None:
    inner = runbook(mend("leak"), name="small.login")
    with pytest.raises(ValueError, match=r"in a circle .*: small\.login → small\.between → small\.login"):
        chain("login", "between", last=inner)


def test_three_may_wait_one_for_the_next_and_a_fourth_is_refused() -> None:
    assert chain("first", "second").name == "small.first"
    with pytest.raises(ValueError, match=r"More than 3 .*: small\.a → small\.b → small\.c → small\.storage"):
        chain("a", "b", "c")


def test_what_another_runbook_resolves_ends_the_incident_that_comes_back(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        incident, closed = here.follow(GOES, STORAGE)
        other = incident_of(here, "small.storage")
        (handed,), (over,) = here.facts(incident, HandedOff), here.facts(incident, WaitOver)
        (asked,) = here.facts(other, Requested)
        noted = [fact.text for fact in here.facts(incident, Noted)]
    assert closed.ending is Ending.RESOLVED
    assert here.world.acts == ["apply storage"]
    assert (handed.returns, over.by, over.ending, over.finding.answer) == (True, "end", Ending.RESOLVED, Answer.YES)
    assert closed.text.startswith("“Hand storage over”: it was resolved there, and the symptom is gone.")
    assert f"{other} ended Resolved: “Mend storage” worked" in closed.text
    assert f"**Waits for this:** {incident} (Requests fail): handed over, and comes back." in asked.text
    assert noted == [f"{other} took over (The storage); this one comes back when that has ended."]


def test_what_is_still_there_is_judged_anew_and_treated_by_its_own_runbook(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0, "leak": 20.0}) as here:
        incident, closed = here.follow(GOES, STORAGE)
        assert (endings(here)["small.storage"], closed.ending) == (Ending.UNRESOLVED, Ending.RESOLVED)
        assert [fact.after for fact in here.facts(incident, Judged)] == [0, 1]
    assert here.world.acts == ["apply storage", "apply leak"]


@pytest.mark.parametrize(
    ("other", "ending"),
    [
        (NEIGHBOUR, Ending.UNRESOLVED),
        (runbook(mend("nothing"), name="small.neighbour", title="The neighbour", symptom=FINE), Ending.NOT_REPRODUCED),
    ],
)
def test_when_the_other_one_did_not_help_the_next_treatment_comes(
    tmp_path: Path, other: Runbook[Any, Any], ending: Ending
) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        incident, closed = here.follow(either(other), other)
        (over,) = here.facts(incident, WaitOver)
        runs = here.journal.of_kind("opened")
    assert (over.by, over.ending, over.held, closed.ending) == ("end", ending, False, Ending.RESOLVED)
    assert here.world.acts == ["apply storage"]
    assert len(runs) == 2, "the incident went on itself; nothing was handed on in its name"


def test_it_is_not_handed_over_twice_and_the_end_says_what_came_of_it(tmp_path: Path) -> None:
    book = runbook(back("storage", NEIGHBOUR), name="small.login")
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        incident, closed = here.follow(book, NEIGHBOUR)
        handed, other = here.facts(incident, HandedOff), incident_of(here, "small.neighbour")
    assert (len(handed), closed.ending) == (1, Ending.UNRESOLVED)
    assert "until the incident that took over had ended Unresolved: “Hand storage over”." in closed.text
    assert f"{other} ended Unresolved:" in closed.text


def test_when_the_other_one_did_nothing_and_the_symptom_is_gone_nobody_is_said_to_have_cured_it(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one = Incident(here, runbook(back("storage", NEIGHBOUR), name="small.login"))
        assert one.go() is None
        here.world.strengths["storage"] = 0.0
        _carry_others(here, NEIGHBOUR)
        here.let_wait(one.run)
        closed = one.go()
        assert closed is not None
        assert endings(here)["small.neighbour"] is Ending.NOT_REPRODUCED
    assert closed.ending is Ending.RECOVERED
    assert "nothing was changed here: what ended it is not known" in closed.text


def _carry_others(here: Rehearsed, *books: Runbook[Any, Any], yes: bool = True) -> list[Run]:
    """What was handed over, to its end, answering as said; without a yes, to where somebody is asked."""
    by_name, runs = {book.name: book for book in books}, list[Run]()
    while here.engine.waiting:
        deployment, run, _params = here.engine.waiting.popleft()
        runs.append(run)
        while not here.engine.during(run, partial(follow, by_name[deployment.partition("/")[0]], Small, Params())):
            if not yes:
                break
            here.answer(run, yes=True)
    return runs


def test_an_end_that_came_before_anybody_looked_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process died right after it had handed over, and the other one was quick."""
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one = Incident(here, GOES)
        with monkeypatch.context() as patch:
            patch.setattr("flows.handing.begin", _dies)
            with pytest.raises(RuntimeError, match="gone"):
                one.go()
        _carry_others(here, STORAGE)
        closed = one.go()
        assert closed is not None
        (over,) = here.facts(one.id, WaitOver)
    assert (closed.ending, over.by, here.world.acts) == (Ending.RESOLVED, "end", ["apply storage"])


def _acquires(*_args: object) -> bool:
    return True


def _dies(*_args: object) -> None:
    raise RuntimeError("The process is gone.")


@pytest.mark.parametrize(("begins", "seen"), [(False, "nobody has taken it up"), (True, "is still open")])
def test_when_the_time_is_up_it_goes_on_and_says_where_the_other_one_is(
    tmp_path: Path, begins: bool, seen: str
) -> None:
    """Nobody takes it up, or nobody answers there."""
    book = either(STORAGE, within=timedelta(minutes=10))
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one = Incident(here, book)
        for _ in range(13):
            if one.go() is not None or one.asked():
                break
            if begins:
                _carry_others(here, STORAGE, yes=False)
            here.let_wait(one.run)
        (over,) = here.facts(one.id, WaitOver)
        assert over.took == pytest.approx(timedelta(minutes=10), abs=timedelta(seconds=61))
        (mine,) = one.asked()
        one.say(mine)
        closed = one.go()
        assert closed is not None
    assert (over.by, over.ending, closed.ending) == ("time", None, Ending.RESOLVED)
    assert seen in over.finding.observed


def test_when_the_monitor_says_that_it_is_over_it_is_not_waited_longer(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one = Incident(here, GOES)
        assert one.go() is None
        here.world.strengths["storage"] = 0.0
        one.monitor("resolved")
        closed = one.go()
        assert closed is not None
        (over,) = here.facts(one.id, WaitOver)
    assert (over.by, closed.ending) == ("recovery", Ending.RECOVERED)


def test_one_that_is_open_already_is_joined_and_two_come_back_from_it(tmp_path: Path) -> None:
    other_sender = runbook(back("storage", STORAGE), name="small.uploads")
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        first, second = Incident(here, GOES), Incident(here, other_sender)
        assert first.go() is None
        _carry_others(here, STORAGE, yes=False)
        assert second.go() is None
        _carry_others(here, STORAGE)
        closed = [one.go() for one in (first, second)]
        opened = here.journal.of_kind("opened")
        noted = [fact.text for fact in here.facts(second.id, Noted)]
    assert [one.ending for one in closed if one] == [Ending.RESOLVED, Ending.RESOLVED]
    assert len(opened) == 3
    assert here.world.acts == ["apply storage"]
    assert any("took over (The storage), and was open already" in text for text in noted)


def test_a_hand_over_to_an_incident_that_waits_for_it_is_refused(tmp_path: Path) -> None:
    """One between them is for good, so no declaration tells of the circle."""
    login = runbook(mend("leak"), name="small.login", title="Login")
    between = runbook(hand("storage", login), name="small.between", title="Between")
    book = either(between)
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        incident, closed = here.follow(book, between)
        other = incident_of(here, "small.between")
        (passed,) = here.facts(other, Passed)
        assert here.facts(other, HandedOff) == []
    assert passed.by == "chain"
    assert passed.why.startswith(f"{incident} of the runbook Requests fail waits for this incident")
    assert closed.ending is Ending.RESOLVED
    assert here.world.acts == ["apply storage"]


def test_one_whose_time_was_up_does_not_wait_and_may_be_handed_over_to(tmp_path: Path) -> None:
    login = runbook(mend("leak"), name="small.login", title="Login")
    between = runbook(mend("nothing"), hand("storage", login), name="small.between", title="Between")
    book = either(between, within=timedelta(minutes=1))
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one = Incident(here, book)
        assert one.go() is None
        _deployment, run, _params = here.engine.waiting.popleft()
        here.let_wait(one.run)
        assert one.go() is None
        other = Incident(here, between)
        other.run = run
        closed = other.go()
        assert closed is not None
        assert [fact.by for fact in here.facts(one.id, WaitOver)] == ["time"]
    assert closed.ending is Ending.HANDED_OFF


def test_a_fourth_that_would_wait_is_refused_where_no_declaration_shows_the_chain(tmp_path: Path) -> None:
    lower = either(STORAGE, "small.d")
    third = runbook(back("storage", lower), name="small.c", title="c")
    middle = runbook(hand("storage", third), name="small.b", title="b")
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        _incident, closed = here.follow(chain("a", last=middle), middle, third, lower)
        passed = here.facts(incident_of(here, "small.d"), Passed)
    assert [one.by for one in passed] == ["chain"]
    assert "not more than 3 may" in passed[0].why
    assert closed.ending is Ending.RESOLVED, closed.text
    assert here.world.acts == ["apply storage"]


def test_where_the_other_one_hands_it_on_its_successor_is_waited_for(tmp_path: Path) -> None:
    """The first of two that it hands over to is in vain; what counts is the one after it."""
    first, then = hand("storage", NEIGHBOUR, treats=FULL), replace(hand("storage", STORAGE, treats=FULL), name="next")
    between = runbook(first, then, name="small.between", hypotheses=(FULL,))
    book = runbook(back("storage", between), mend("leak"), name="small.login")
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        incident, closed = here.follow(book, between, NEIGHBOUR, STORAGE)
        (over,) = here.facts(incident, WaitOver)
        last = incident_of(here, "small.storage")
    assert (over.ending, closed.ending) == (Ending.RESOLVED, Ending.RESOLVED)
    assert f"{last} ended Resolved" in over.finding.observed


def test_a_runbook_that_can_never_be_started_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_args: object, **_more: object) -> str:
        raise Permanent("Prefect has no deployment small.storage/storage.")

    with small(tmp_path, strengths={"storage": 30.0}) as here:
        monkeypatch.setattr(here.engine, "start", missing)
        incident, closed = here.follow(either(STORAGE))
        passed = here.facts(incident, Passed)
    assert [(one.by, one.why) for one in passed] == [("start", "Prefect has no deployment small.storage/storage.")]
    assert (closed.ending, here.world.acts) == (Ending.RESOLVED, ["apply storage"])


def test_while_all_is_stopped_the_other_one_changes_nothing_and_the_end_says_why(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        switches.stop(here.journal, "ada", "we look first")
        _incident, closed = here.follow(runbook(back("storage", STORAGE), name="small.login"), STORAGE)
    assert (closed.ending, here.world.acts) == (Ending.UNRESOLVED, [])
    assert "we look first" in closed.text


def test_two_processes_that_come_to_it_at_once_hand_over_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has done it all by the time the first one writes it down."""
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one = Incident(here, GOES)
        start, again = here.engine.start, iter((True,))

        def starting(*args: Any, **more: Any) -> str:
            run = start(*args, **more)
            if next(again, False):  # the lease was lost, and another process took the incident up
                with monkeypatch.context() as patch:
                    patch.setattr(leases, "acquire", _acquires)
                    assert one.go() is None
            return run

        monkeypatch.setattr(here.engine, "start", starting)
        assert one.go() is None
        assert len(here.engine.waiting) == 1
        _carry_others(here, STORAGE)
        closed = one.go()
        assert closed is not None
        counted = [len(here.facts(one.id, kind)) for kind in (HandedOff, WaitBegun, WaitOver, Closed)]
    assert counted == [1, 1, 1, 1]
    assert (closed.ending, here.world.acts) == (Ending.RESOLVED, ["apply storage"])


def test_nobody_is_paged_for_it_while_the_other_one_is_at_work(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one = Incident(here, GOES)
        assert one.go() is None
        entries = here.journal.entries(one.id)
        later = clock.now() + timedelta(hours=10)
        assert policy.due(entries, later) == ()
        assert waits.due(entries, None, clock.now() + timedelta(minutes=1))
        assert uuid.UUID(entries[0].flow_run or "")


def test_the_page_of_the_runbook_says_that_it_comes_back() -> None:
    page = runbook_as_markdown(GOES)
    assert "Hand over to `small.storage` (The storage)." in page
    assert "This incident stays open and comes back: it waits until the other one has ended, 1 h at most" in page


def test_a_plain_hand_off_leaves_those_that_come_back_to_the_senders_own_runbook(tmp_path: Path) -> None:
    """There must be somebody to come back to."""
    book = runbook(hand("leak", NEIGHBOUR), back("storage", STORAGE), name="small.login", title="Login")
    with small(tmp_path, strengths={"leak": 3.0, "storage": 30.0}) as here:
        incident, closed = here.follow(book, NEIGHBOUR, STORAGE)
        again = incident_of(here, "small.login")
        handed = [(one.to, one.returns) for each in (incident, again) for one in here.facts(each, HandedOff)]
        ended = here.facts(again, Closed)[0].ending
    assert handed == [("small.neighbour", False), ("small.login", False), ("small.storage", True)]
    assert (closed.ending, ended) == (Ending.HANDED_OFF, Ending.RESOLVED)
