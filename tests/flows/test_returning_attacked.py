"""An incident that waits for another one's end, whose record is unreadable or out of date."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from journal.facts.closed import Closed
from journal.facts.decided import Requested
from journal.facts.waited import WaitOver
from journal.facts.words import Answer, Ending
from tests.flows.passes import Incident
from tests.flows.small import Rehearsed, small
from tests.flows.test_returning import (
    STORAGE,
    _carry_others,  # pyright: ignore[reportPrivateUsage] # the same world
    either,
    incident_of,
)

BOOK = either(STORAGE, within=timedelta(minutes=10))


def waiting_in_vain(here: Rehearsed) -> tuple[Incident, str]:
    one = Incident(here, BOOK)
    assert one.go() is None
    _carry_others(here, STORAGE, yes=False)
    return one, incident_of(here, "small.storage")


def tear(here: Rehearsed, incident: str) -> None:
    """Make one entry unreadable, as no process of ours can."""
    with here.journal.database.engine.begin() as tx:
        for (trigger,) in tx.execute(text("select name from sqlite_master where type = 'trigger'")).all():
            tx.execute(text(f"drop trigger {trigger}"))
        tx.execute(text("update entries set fact = '{' where incident = :one and number = 3"), {"one": incident})


def test_where_the_other_record_cannot_be_read_it_goes_on_when_the_time_is_up(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one, other = waiting_in_vain(here)
        tear(here, other)
        for _ in range(12):
            here.let_wait(one.run)
            assert one.go() is None
        (over,) = here.facts(one.id, WaitOver)
        assert len(one.asked()) == 1, "what else is to be done comes next"
    assert (over.by, over.finding.answer) == ("time", Answer.UNKNOWN)
    assert f"what is recorded of {other} cannot be read" in over.finding.observed


def test_whoever_waits_and_cannot_be_read_keeps_nobody_from_being_asked(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one = Incident(here, BOOK)
        assert one.go() is None
        tear(here, one.id)
        _carry_others(here, STORAGE, yes=False)
        (asked,) = here.facts(incident_of(here, "small.storage"), Requested)
    assert f"{one.id} (Requests fail): handed over, and comes back." in asked.text


def test_what_was_open_when_it_was_looked_last_is_not_said_to_be_open_now(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"storage": 30.0}) as here:
        one, other = waiting_in_vain(here)
        for _ in range(12):
            here.let_wait(one.run)
            assert one.go() is None
        here.world.strengths["storage"] = 0.0  # as the other one cured it
        here.journal.append(other, "closed", Closed(ending=Ending.RESOLVED, text="It worked."))
        one.say(one.asked()[0])
        closed = one.go()
    assert closed is not None
    assert f"When it was looked there last: {other} is still open." in closed.text
