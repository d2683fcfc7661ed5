"""Stop switch, freeze windows and cooldowns, read from what was recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journal import switches
from journal.errors import NothingFrozen, OddName, UnknownSystem, Unsigned
from journal.facts.done import Carried, Intended
from journal.facts.words import Act
from journal.store import Journal
from journal.verify import verify
from tests.journal.samples import DIGEST, START, Ticking, opened, planned

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("act", [switches.stop, switches.go])
def test_a_switch_needs_a_name_and_a_reason(journal: Journal, act) -> None:
    with pytest.raises(Unsigned):
        act(journal, " ", "why")
    with pytest.raises(Unsigned):
        act(journal, "ana", "")


def test_stop_holds_until_go(journal: Journal) -> None:
    assert switches.stopped(journal) is None
    switches.stop(journal, "ana", "wrong targets")
    found = switches.stopped(journal)
    assert found is not None
    assert (found.by, found.why) == ("ana", "wrong targets")
    switches.go(journal, "bo", "fixed")
    assert switches.stopped(journal) is None
    switches.stop(journal, "ana", "again")
    assert switches.stopped(journal) is not None
    assert verify(journal).intact


def test_what_was_said_last_counts_although_the_clock_was_set_back(journal: Journal, clock: Ticking) -> None:
    switches.go(journal, "bo", "fixed")
    clock.wait(hours=-3)
    switches.stop(journal, "ana", "wrong targets")
    assert switches.stopped(journal) is not None
    clock.wait(hours=-3)
    switches.go(journal, "bo", "fixed")
    assert switches.stopped(journal) is None


def test_a_freeze_that_was_lifted_stays_lifted_although_the_clock_was_set_back(
    journal: Journal, clock: Ticking
) -> None:
    window = {"starts": START - 9 * HOUR, "ends": START + 9 * HOUR, "by": "ana", "why": "launch"}
    switches.freeze(journal, "rung", **window)
    switches.thaw(journal, "rung", "ana", "put off")
    switches.freeze(journal, "rung", **window)
    assert len(switches.freezes(journal)) == 1
    clock.wait(hours=-3)
    switches.thaw(journal, "rung", "ana", "put off again")
    assert switches.freezes(journal) == ()
    assert switches.frozen(journal, "rung", START) is None


@pytest.mark.parametrize("system", ["rung", switches.EVERYWHERE])
def test_a_freeze_that_had_begun_holds_although_the_clock_was_set_back(
    journal: Journal, clock: Ticking, system: str
) -> None:
    switches.freeze(journal, system, starts=START, ends=START + HOUR, by="ana", why="launch")
    switches.freeze(journal, "later", starts=START + 2 * HOUR, ends=START + 3 * HOUR, by="ana", why="launch")
    clock.wait(hours=-2)
    assert switches.frozen(journal, "rung") is not None
    assert (switches.frozen(journal, "later") is None) == (system == "rung")


def test_a_window_that_never_is_is_refused(journal: Journal) -> None:
    with pytest.raises(ValueError, match="end after it starts"):
        switches.freeze(journal, "rung", starts=START, ends=START, by="ana", why="launch")


def test_a_freeze_covers_its_system_and_its_time_only(journal: Journal) -> None:
    switches.freeze(journal, "rung", starts=START, ends=START + HOUR, by="ana", why="launch")
    assert switches.frozen(journal, "rung", START - HOUR) is None
    assert switches.frozen(journal, "rung", START) is not None
    assert switches.frozen(journal, "rung", START + HOUR) is None
    assert switches.frozen(journal, "other", START) is None
    switches.freeze(journal, "*", starts=START, ends=START + 2 * HOUR, by="bo", why="holiday")
    window = switches.frozen(journal, "rung", START)
    assert window is not None
    assert window.why == "holiday"


def test_a_freeze_set_by_mistake_can_be_lifted(journal: Journal) -> None:
    switches.freeze(journal, "rung", starts=START, ends=START + HOUR, by="ana", why="launch")
    switches.thaw(journal, "rung", "ana", "put off")
    assert switches.frozen(journal, "rung", START) is None
    switches.freeze(journal, "rung", starts=START, ends=START + HOUR, by="ana", why="launch after all")
    assert switches.frozen(journal, "rung", START) is not None


def test_a_cooldown_looks_at_this_change_in_this_environment(journal: Journal, clock: Ticking) -> None:
    incident, _ = journal.open_incident(opened())
    journal.append(incident.id, "planned", planned())
    for act in (Act.APPLY, Act.UNDO):
        clock.wait(minutes=1)
        carried = Carried(mitigation="m", digest=DIGEST, act=act, attempt=1, ok=False, results=(), note="")
        journal.append(incident.id, act.value, carried)
    found = switches.last_carried(journal, "postgres.end_idle_sessions", "rung-prod", START)
    assert found == journal.recorded(incident.id, "apply")
    assert switches.last_carried(journal, "postgres.end_idle_sessions", "rung-prod", clock.now) is None
    assert switches.last_carried(journal, "postgres.end_idle_sessions", "rung-staging", START) is None
    assert switches.last_carried(journal, "redis.flush", "rung-prod", START) is None


def test_an_act_that_is_under_way_counts_for_the_cooldown_of_others_and_not_for_its_own(
    journal: Journal, clock: Ticking
) -> None:
    incident, _ = journal.open_incident(opened())
    journal.append(incident.id, "planned", planned())
    clock.wait(minutes=1)
    intended = Intended(mitigation="m", digest=DIGEST, act=Act.APPLY, attempt=1, holder="h")
    journal.append(incident.id, "intended", intended)
    change, environment = "postgres.end_idle_sessions", "rung-prod"
    assert switches.last_carried(journal, change, environment, START) == journal.recorded(incident.id, "intended")
    assert switches.last_carried(journal, change, environment, START, but=DIGEST) is None


@pytest.mark.parametrize("system", ["rnug", "rung", "*", ""])
def test_what_is_not_frozen_cannot_be_thawed_and_nothing_is_recorded(journal: Journal, system: str) -> None:
    before = journal.entries("ledger")
    with pytest.raises(NothingFrozen, match="nothing is frozen"):
        switches.thaw(journal, system, "ana", "over")
    assert journal.entries("ledger") == before


def test_who_thaws_another_system_is_told_which_are_frozen(journal: Journal) -> None:
    switches.freeze(journal, "rung", starts=START, ends=START + HOUR, by="ana", why="launch")
    with pytest.raises(NothingFrozen, match="name one of rung"):
        switches.thaw(journal, "rnug", "ana", "over")
    assert switches.frozen(journal, "rung", START) is not None


def test_a_window_that_is_over_or_lifted_is_not_lifted_again(journal: Journal, clock: Ticking) -> None:
    switches.freeze(journal, "rung", starts=START, ends=START + HOUR, by="ana", why="launch")
    switches.thaw(journal, "rung", "ana", "put off")
    with pytest.raises(NothingFrozen):
        switches.thaw(journal, "rung", "bo", "put off")
    switches.freeze(journal, "rung", starts=START, ends=START + HOUR, by="ana", why="launch")
    clock.wait(hours=1)
    with pytest.raises(NothingFrozen):
        switches.thaw(journal, "rung", "bo", "over")


def test_a_system_that_nobody_knows_is_not_frozen(journal: Journal) -> None:
    with pytest.raises(UnknownSystem, match="no system 'rnug'; name one of other, rung, or '\\*' for all"):
        switches.freeze(
            journal, "rnug", starts=START, ends=START + HOUR, by="ana", why="launch", known=("rung", "other")
        )
    assert switches.freezes(journal) == ()
    for system in ("rung", "*"):
        switches.freeze(journal, system, starts=START, ends=START + HOUR, by="ana", why="x", known=("rung", "other"))


def test_freezes_are_listed_until_they_are_over_or_lifted(journal: Journal, clock: Ticking) -> None:
    switches.freeze(journal, "later", starts=START + HOUR, ends=START + 2 * HOUR, by="ana", why="x", maintenance=True)
    switches.freeze(journal, "rung", starts=START, ends=START + HOUR, by="ana", why="launch")
    switches.freeze(journal, "*", starts=START, ends=START + HOUR, by="bo", why="holiday")
    switches.thaw(journal, "*", "bo", "no holiday")
    assert [one.system for one in switches.freezes(journal)] == ["rung", "later"]
    clock.wait(hours=1)
    assert [one.system for one in switches.freezes(journal)] == ["later"]


@pytest.mark.parametrize("act", [switches.stop, switches.go])
def test_a_switch_takes_no_name_that_shows_as_anothers(journal: Journal, act) -> None:
    with pytest.raises(OddName):
        act(journal, "a\u200bna", "why")
