"""Stop switch, freeze windows and cooldowns, read from what was recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journal import switches
from journal.errors import Unsigned
from journal.facts.done import Carried
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
