"""Acts that go on in their target for half an hour or more: begun once, watched without a process, to their end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from deployments.cli.board import board
from deployments.interrupted import end
from deployments.watch import _under_way  # pyright: ignore[reportPrivateUsage] # whom the watch looks after
from deployments.watch_memory import Memory
from journal import approvals, clock, leases, switches, under_way, waits
from journal.facts.closed import Closed
from journal.facts.decided import Passed, Planned, Requested, TaskGiven, Withdrawn
from journal.facts.done import Carried, Progressed, Settled, UnderWay, Validated
from journal.facts.opened import Joined, TakenUp
from journal.facts.seen import SymptomAsked
from journal.facts.words import Act, Answer, Channel, Effect, Ending, Going, Stake
from journal.store import Journal
from journal.timeline import as_html, as_markdown, timeline
from runbook import Outcome, Progress, changes
from tasks.deed import UNWATCHED
from tests.flows.passes import Incident
from tests.flows.restoring import BACK, LOCK, LOST, MINUTE, VENDORS, Restore, restore, restoring
from tests.flows.small import READS, Knob, Mend, Rehearsed, mend, runbook, small
from tests.flows.test_killed_in_a_round import Killed

BOOK = runbook(restore())
OTHERS = runbook(restore(), name="small.other")


def begun(here: Rehearsed, **more: Any) -> Incident:
    """An incident whose restore is under way."""
    one = Incident(here, more.pop("book", BOOK))
    assert one.go() is None
    one.say(one.asked()[0])
    assert one.go() is None
    assert waits.looked_at(here.journal.entries(one.id)) is not None
    return one


def seen_to_its_end(one: Incident, minutes: int = 100) -> Closed:
    """What the watch does: a look whenever one is due."""
    for _ in range(minutes):
        act = waits.looked_at(one.here.journal.entries(one.id))
        assert act is not None, "it waits for something else"
        clock.sleep(act.every.total_seconds())
        if (closed := one.go()) is not None:
            return closed
    raise AssertionError("it never ends")


# -- what is declared -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [timedelta(seconds=9), timedelta(seconds=61)])
def test_an_act_is_looked_at_every_ten_seconds_to_a_minute(every: timedelta) -> None:
    with pytest.raises(ValueError, match="choose 0:00:10 to 0:01:00"):
        Restore(within=timedelta(hours=1), every=every)


@pytest.mark.parametrize("within", [timedelta(0), timedelta(days=1, seconds=1)])
def test_an_act_says_how_long_it_may_take(within: timedelta) -> None:
    with pytest.raises(ValueError, match="say how long it may"):
        Restore(within=within)


@pytest.mark.parametrize("more", [{"ok": True}, {"results": ({"name": "a", "done": True},)}])
def test_what_is_under_way_is_not_done(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="not done yet"):
        Outcome(under_way=True, note="begun", **more)


@pytest.mark.parametrize(
    ("going", "landed"),
    [
        (Going.DONE, Answer.YES),
        (Going.NOT_BEGUN, Answer.NO),
        (Going.FAILED, Answer.UNKNOWN),
        (Going.UNDER_WAY, Answer.UNKNOWN),
        (Going.UNKNOWN, Answer.UNKNOWN),
    ],
)
def test_only_what_was_certainly_not_begun_may_be_begun_again(
    monkeypatch: pytest.MonkeyPatch, going: Going, landed: Answer
) -> None:
    monkeypatch.setattr(Restore, "progress", lambda *_: Progress(going=going, note="so"))
    plan: Any = None
    assert Restore(within=timedelta(hours=1)).landed(plan) == (landed, "so")
    assert Restore(within=timedelta(hours=1)).undone(plan) == (landed, "so")


# -- seen to its end --------------------------------------------------------------------------------------------------


@contextmanager
def killed_before(*keys: str) -> Iterator[list[str]]:
    """Kills before an entry whose key begins so, each once, in this order."""
    left, append = list(keys), Journal.append

    def appending(journal: Journal, incident: str, key: str, *args: Any, **more: Any) -> Any:
        if left and key.startswith(left[0]):
            left.pop(0)
            raise Killed
        return append(journal, incident, key, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "append", appending)
        yield left


@contextmanager
def lease_watched(here: Rehearsed) -> Iterator[list[tuple[float, str | None]]]:
    """At every moment at which time passes: who has the lease while the restore goes on."""
    holders, sleep = [], clock.sleep

    def look() -> None:
        if VENDORS[-1].since(Act.APPLY) is not None and not here.facts(INCIDENTS[-1], Carried):
            leases.sweep(here.journal)
            holders.append((clock.monotonic(), leases.holder_of(here.journal, LOCK)))

    def sleeping(seconds: float) -> None:
        for _ in range(int(seconds // MINUTE)):
            sleep(MINUTE)
            look()
        sleep(seconds % MINUTE)
        look()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "sleep", sleeping)
        yield holders


INCIDENTS: list[str] = []


def test_a_restore_of_90_minutes_survives_three_kills_and_nobody_else_gets_its_target(tmp_path: Path) -> None:
    """First right after it was begun, and whoever takes over comes 45 minutes later: longer than any other lease."""
    with restoring(tmp_path, lasts=90 * MINUTE) as here, pytest.MonkeyPatch.context() as patch:
        one = Incident(here, BOOK)
        one.go()
        INCIDENTS[:] = [one.id]
        one.say(one.asked()[0])
        refused: list[str] = []
        closed = None
        with (
            lease_watched(here) as holders,
            killed_before("under_way:restore", "progressed:restore:apply:1:", "carried:restore") as left,
        ):
            for number in range(400):
                patch.setattr(leases, "me", lambda number=number: f"process {number}")
                try:
                    closed = one.go()
                except Killed:
                    clock.sleep(45 * MINUTE if len(left) == 2 else MINUTE)
                    refused += another_is_refused(here) if left else []  # at last it is restored
                    continue
                if closed is not None:
                    break
                here.let_wait(one.run)
        facts = partial(here.facts, one.id)
        page = timeline(here.journal.entries(one.id))
        took = VENDORS[-1].since(Act.APPLY)
        assert leases.holder_of(here.journal, LOCK) is None, "it is given back when it is over"
    assert left == []
    assert closed is not None
    assert closed.ending is Ending.RESOLVED
    assert here.world.acts == ["apply lost"]
    assert took is not None
    assert took >= 90 * MINUTE
    assert len(refused) == 2
    assert all(one.id in why for why in refused)
    assert len(holders) > 100
    assert {who for _, who in holders} == {one.id}, "the lease never lapses"
    (act,) = facts(UnderWay)
    assert act.found
    shares = [look.share for look in facts(Progressed)]
    assert shares == sorted(shares)
    assert len(shares) in range(5, 12), "only what tells something new is kept"
    (validated,) = facts(Validated)
    assert validated.held
    assert facts(Settled) == []
    told = ("Under way: apply restore", f"restore: {shares[3]:.0%} done", "Restore what is lost", "It took 1 h 3")
    for drawn in (as_markdown(page), as_html(page)):
        for words in told:
            assert words in drawn, words


def another_is_refused(here: Rehearsed) -> list[str]:
    """A second incident that wants the same target is passed over for the first."""
    second = Incident(here, OTHERS)
    assert second.go() is None
    second.say(second.asked()[0])
    assert second.go() is not None
    return [fact.why for fact in here.facts(second.id, Passed) if fact.by == "lock"]


def test_nobody_looks_for_a_day_and_the_target_stays_ours(tmp_path: Path) -> None:
    """The lease is as long as the act may take, and a day: no watch need live to renew it."""
    with restoring(tmp_path, lasts=100 * MINUTE) as here:
        one = begun(here)
        clock.sleep((timedelta(hours=2) + UNWATCHED).total_seconds() - 2 * MINUTE)
        leases.sweep(here.journal)
        assert not leases.acquire(here.journal, LOCK, "another incident", timedelta(minutes=1))
        assert leases.holder_of(here.journal, LOCK) == one.id
        closed = one.go()
    assert closed is not None
    assert closed.ending is Ending.RESOLVED


def test_what_cannot_be_seen_goes_on(tmp_path: Path) -> None:
    with restoring(tmp_path, unseen=(10 * MINUTE, 20 * MINUTE)) as here:
        one = begun(here)
        closed = seen_to_its_end(one)
        looks = here.facts(one.id, Progressed)
    assert closed.ending is Ending.RESOLVED
    blind = [look for look in looks if look.going is Going.UNKNOWN]
    assert [look.note for look in blind] == ["The vendor does not answer."]
    assert looks[looks.index(blind[0]) + 1].going is Going.UNDER_WAY
    assert here.world.acts == ["apply lost"]


def test_killed_right_after_the_start_and_not_seen_then_it_is_not_begun_again(tmp_path: Path) -> None:
    with restoring(tmp_path, unseen=(0.0, 10 * MINUTE)) as here, killed_before("under_way:"):
        one = Incident(here, BOOK)
        one.go()
        one.say(one.asked()[0])
        with pytest.raises(Killed):
            one.go()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(leases, "me", lambda: "the next process")
            assert one.go() is None
            closed = seen_to_its_end(one)
        assert here.facts(one.id, TaskGiven) == [], "nobody is asked while its time is not up"
    assert here.world.acts == ["apply lost"]
    assert closed.ending is Ending.RESOLVED


def test_killed_right_before_the_start_it_is_begun_once(tmp_path: Path) -> None:
    with restoring(tmp_path) as here, pytest.MonkeyPatch.context() as patch:
        one = Incident(here, BOOK)
        one.go()
        one.say(one.asked()[0])
        apply = Restore.apply
        patch.setattr(Restore, "apply", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            one.go()
        patch.setattr(Restore, "apply", apply)
        patch.setattr(leases, "me", lambda: "the next process")
        assert one.go() is None
        closed = seen_to_its_end(one)
        assert [fact.landed for fact in here.facts(one.id, Settled)] == [Answer.NO]
    assert here.world.acts == ["apply lost"]
    assert closed.ending is Ending.RESOLVED


def test_what_fails_half_way_is_taken_back(tmp_path: Path) -> None:
    with restoring(tmp_path, fails_after=10 * MINUTE) as here:
        one = begun(here, book=runbook(restore(), rounds=1))
        closed = seen_to_its_end(one)
        carried = here.facts(one.id, Carried)
        drawn = as_markdown(timeline(here.journal.entries(one.id)))
    assert [(fact.act, fact.ok, fact.again) for fact in carried] == [(Act.APPLY, False, False), (Act.UNDO, True, False)]
    assert "The disk was full. It took 10 min" in carried[0].note
    assert not carried[0].results[0].done
    assert here.world.acts == ["apply lost", "undo lost"]
    assert closed.ending is Ending.UNRESOLVED
    assert "Tried in vain: “Restore what is lost”. The disk was full." in closed.text
    assert "Under way: undo restore" in drawn


def test_an_undo_that_is_long_is_seen_to_its_end_before_anything_else(tmp_path: Path) -> None:
    with restoring(tmp_path, helps=False) as here:
        one = begun(here, book=runbook(restore(), rounds=1))
        closed = seen_to_its_end(one)
        acts = here.facts(one.id, UnderWay)
        entries = here.journal.entries(one.id)
        keys = [entry.key for entry in entries]
        took = entries[keys.index("carried:restore:undo:1")].at - entries[keys.index("intended:restore:undo:1")].at
    assert [act.act for act in acts] == [Act.APPLY, Act.UNDO]
    assert here.world.acts == ["apply lost", "undo lost"]
    assert took >= timedelta(minutes=30)
    assert keys.index("carried:restore:undo:1") < keys.index("symptom:after:restore")
    assert closed.ending is Ending.UNRESOLVED
    assert "“Restore what is lost” was undone." in closed.text


# -- its time is up ---------------------------------------------------------------------------------------------------


def late(here: Rehearsed) -> tuple[Incident, TaskGiven]:
    """An incident whose restore should have been over, and a person is asked about it."""
    one = begun(here, book=runbook(restore(within=timedelta(minutes=30)), rounds=1))
    for _ in range(80):
        here.let_wait(one.run)
        assert one.go() is None
        if given := here.facts(one.id, TaskGiven):
            return one, given[0]
    raise AssertionError("nobody was asked")


def test_when_its_time_is_up_a_person_is_asked_and_the_watch_looks_no_more(tmp_path: Path) -> None:
    with restoring(tmp_path, lasts=90 * MINUTE) as here:
        one, given = late(here)
        entries = here.journal.entries(one.id)
        assert not waits.due(entries, None, clock.now() + timedelta(hours=1))
        assert leases.holder_of(here.journal, LOCK) == one.id
        assert another_is_refused(here) != []
        clock.sleep(5 * MINUTE)
        VENDORS[-1].unseen = (0.0, 1e9)
        approvals.done(here.journal, one.id, given.digest, done=False, by="ada.lovelace", channel=Channel.CLI, why="no")
        assert one.go() is None
        (carried,) = here.facts(one.id, Carried)
        assert one.here.facts(one.id, UnderWay)[-1].act is Act.UNDO, "what was begun may be half done"
    assert "Its time (30 min) is up, and it is under way." in given.steps[0]
    assert (carried.ok, carried.settled) == (False, True)
    assert here.world.acts == ["apply lost", "undo lost"]


def test_the_target_that_tells_after_all_comes_before_the_person(tmp_path: Path) -> None:
    with restoring(tmp_path, lasts=90 * MINUTE) as here:
        one, _ = late(here)
        clock.sleep(61 * MINUTE)
        VENDORS[-1].lasts = 10 * MINUTE
        here.journal.append(one.id, "joined:again", Joined(alert={"status": "firing"}))
        closed = one.go()
        lapsed = here.facts(one.id, Withdrawn)
        (carried,) = here.facts(one.id, Carried)
    assert closed is not None
    assert closed.ending is Ending.RESOLVED
    assert carried.ok
    assert lapsed == [], "its time was up, so there was nothing to withdraw"


def test_a_person_need_not_answer_when_the_target_tells(tmp_path: Path) -> None:
    with restoring(tmp_path, lasts=90 * MINUTE) as here:
        one, given = late(here)
        clock.sleep(10 * MINUTE)
        VENDORS[-1].lasts = 10 * MINUTE
        closed = one.go()
        (withdrawn,) = here.facts(one.id, Withdrawn)
    assert closed is not None
    assert closed.ending is Ending.RESOLVED
    assert withdrawn.digest == given.digest
    assert "It is restored." in withdrawn.why


def test_what_the_target_forgets_is_not_begun_a_second_time(tmp_path: Path) -> None:
    with restoring(tmp_path) as here:
        one = begun(here, book=runbook(restore(within=timedelta(minutes=30)), rounds=1))
        VENDORS[-1].begun.clear()
        VENDORS[-1].begun[Act.UNDO] = 0.0  # long ago
        here.let_wait(one.run)
        assert one.go() is None, "it may show later"
        clock.sleep(40 * MINUTE)
        while one.go() is None:
            here.let_wait(one.run)
        carried = here.facts(one.id, Carried)
    assert (carried[0].act, carried[0].ok, carried[0].again) == (Act.APPLY, False, False)
    assert here.world.acts[:1] == ["apply lost"]
    assert here.world.acts.count("apply lost") == 1


# -- beside it --------------------------------------------------------------------------------------------------------


def test_two_runs_at_once_begin_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process is held up right after it began the act; another takes the incident up, and the first comes back."""
    apply = Restore.apply

    def applying(self: Restore, *args: Any) -> Outcome:
        done = apply(self, *args)
        monkeypatch.setattr(leases, "me", lambda: "another process")
        monkeypatch.setattr(Restore, "apply", apply)
        assert one.go() is None
        monkeypatch.setattr(leases, "me", lambda: "one process")
        return done

    with restoring(tmp_path) as here:
        monkeypatch.setattr(leases, "me", lambda: "one process")
        one = Incident(here, BOOK)
        one.go()
        one.say(one.asked()[0])
        monkeypatch.setattr(Restore, "apply", applying)
        assert one.go() is None
        closed = seen_to_its_end(one)
        assert len(here.facts(one.id, UnderWay)) == 1
        assert len(here.facts(one.id, Carried)) == 1
    assert here.world.acts == ["apply lost"]
    assert closed.ending is Ending.RESOLVED


def test_a_stop_begins_nothing_new_and_says_that_what_goes_on_is_only_watched(tmp_path: Path) -> None:
    second = mend("rest", title="Then this", treats=LOST, validated_by=BACK)
    with restoring(tmp_path) as here:
        one = begun(here, book=runbook(restore(then=second), rounds=1))
        here.let_wait(one.run)
        switches.stop(here.journal, "ada", "nobody knows")
        assert one.go() is None
        said = under_way.told(here.journal.entries(one.id), clock.now())
        halted = here.facts(one.id, Progressed)[-1].halted
        closed = seen_to_its_end(one)
        carried = here.facts(one.id, Carried)
        passed = here.facts(one.id, Passed)
    assert said is not None
    assert "Nothing new is begun, and what is under way is only watched: The stop switch is on" in said
    assert "nobody knows" in halted
    assert [fact.by for fact in passed] == ["stop switch"]
    assert carried[0].ok, "it is seen to its end"
    assert here.world.acts == ["apply lost", "undo lost"], "without its second step it is worthless"
    assert closed.ending is Ending.UNRESOLVED


def test_a_symptom_that_is_gone_meanwhile_ends_nothing_before_the_act_is_over(tmp_path: Path) -> None:
    with restoring(tmp_path) as here:
        one = begun(here)
        here.let_wait(one.run)
        here.world.sources["lost"] = lambda: 0.0
        one.monitor("resolved")
        closed = seen_to_its_end(one)
        entries = here.journal.entries(one.id)
        over = next(entry for entry in entries if isinstance(entry.fact, Carried))
        asked = [entry.number for entry in entries if isinstance(entry.fact, SymptomAsked)]
    assert over.at - entries[0].at >= timedelta(minutes=30)
    assert max(asked) > over.number, "validation begins when it is over"
    assert closed.ending is Ending.RESOLVED


def test_a_temporary_change_that_is_undone_for_long_after_the_end_is_watched_and_keeps_its_target(
    tmp_path: Path,
) -> None:
    with restoring(tmp_path) as here:
        one = begun(here, book=runbook(restore(expires_after=timedelta(hours=3))))
        assert seen_to_its_end(one).ending is Ending.RESOLVED
        clock.sleep(3 * 60 * MINUTE)
        assert one.go() is not None
        entries = here.journal.entries(one.id)
        memory = Memory(here.journal)
        assert waits.due(entries, None, clock.now() + timedelta(minutes=1))
        assert _under_way(memory) == {one.id}
        assert leases.sweep(here.journal) == ()
        assert leases.holder_of(here.journal, LOCK) == one.id
        for _ in range(35):
            here.let_wait(one.run)
            one.go()
        assert waits.looked_at(here.journal.entries(one.id)) is None
        assert _under_way(memory) == set()
        assert leases.holder_of(here.journal, LOCK) is None
    assert here.world.acts == ["apply lost", "undo lost"]
    assert [fact.act for fact in here.facts(one.id, Carried)] == [Act.APPLY, Act.UNDO]


def test_a_cancelled_incident_says_what_goes_on_and_nobody_else_changes_it_meanwhile(tmp_path: Path) -> None:
    with restoring(tmp_path) as here:
        one = begun(here)
        clock.sleep(10 * MINUTE)
        end(here.journal, here.journal.entries(one.id), uuid.uuid4())
        (closed,) = here.facts(one.id, Closed)
        leases.sweep(here.journal)
        held = leases.holder_of(here.journal, LOCK)
        clock.sleep(111 * MINUTE)
        assert leases.sweep(here.journal) == (LOCK,)
        assert not waits.due(here.journal.entries(one.id), None, clock.now())
    assert held == one.id
    assert "What is under way goes on, and nobody looks at it any more: restore (apply)." in closed.text


@changes(Knob, name="small.boast", effect=Effect.REVERSIBLE, needs=READS, reads=READS, stake=Stake.SETTING)
@dataclass(frozen=True, kw_only=True)
class Boast(Mend):
    """Says that it is under way, and cannot tell how far."""

    def apply(self, plan: Any, warrant: Any) -> Outcome:
        super().apply(plan, warrant)
        return Outcome(under_way=True, note="Begun.")

    def landed(self, plan: Any) -> tuple[Answer, str]:
        return Answer.YES, "It is whole."


def test_a_change_that_cannot_tell_its_progress_is_settled_by_asking_its_target(tmp_path: Path) -> None:
    book = runbook(mend("leak", change=lambda _c: Boast(cause="leak")))
    with small(tmp_path, strengths={"leak": 40.0}) as here, pytest.MonkeyPatch.context() as patch:
        one = Incident(here, book)
        one.go()
        one.say(one.asked()[0])
        with pytest.raises(TypeError, match="make it a Long change"):
            one.go()
        patch.setattr(leases, "me", lambda: "the next process")
        closed = one.go()
    assert closed is not None
    assert closed.ending is Ending.RESOLVED
    assert here.world.acts == ["apply leak"]


# -- told -------------------------------------------------------------------------------------------------------------


def test_whoever_approves_it_reads_that_it_takes_long(tmp_path: Path) -> None:
    with restoring(tmp_path) as here:
        one = begun(here)
        (asked,) = here.facts(one.id, Requested)
        (planned,) = here.facts(one.id, Planned)
    assert planned.goes_on == timedelta(hours=2)
    assert "- **Takes long:** up to 2 h. It goes on by itself once it is begun" in asked.text


def test_who_looks_at_the_incident_sees_since_when_and_how_far(tmp_path: Path) -> None:
    with restoring(tmp_path) as here:
        one = begun(here)
        for _ in range(10):
            here.let_wait(one.run)
            one.go()
        seen = board(here.journal.entries(one.id), clock.now())
        passes = here.facts(one.id, TakenUp)
    assert seen.status == "under way"
    assert "“Restore what is lost” is under way since" in seen.doing
    assert "(10 min), 33% done." in seen.doing
    assert len(passes) == 1, "who looks is not recorded each time"
