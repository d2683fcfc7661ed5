"""A process that is killed anywhere while it waits: the next goes on waiting, loses nothing and does nothing twice.

The boundaries are read from a run that nobody disturbs. `make crash` does the same with processes that are really
killed, and the watch of a real stack.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from flows.follow import follow
from journal import leases
from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.opened import TakenUp
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Ending
from journal.store import Journal
from runbook import Runbook
from tasks.engine import Run
from tests.flows.small import Params, Rehearsed, Small, cause, mend, runbook, small, wait
from tests.flows.test_killed_in_a_round import NOT_OURS, Killed, Sabotage

AWAY, GONE = cause("away")
ENDS = runbook(wait("away"))
IN_VAIN = runbook(
    wait("away", treats=AWAY, until=GONE, within=timedelta(minutes=3)),
    mend("away", treats=AWAY, validated_by=GONE),
    hypotheses=(AWAY,),
)
DECISIVE = re.compile("wait|judged|closed")
"""Before which it is killed as well. Before the others is about the same as after the one before them."""
BOOKS = pytest.mark.parametrize(("book", "ending"), [(ENDS, Ending.RECOVERED), (IN_VAIN, Ending.RESOLVED)])


def carry(
    here: Rehearsed, patch: pytest.MonkeyPatch, book: Runbook[Small, Params], sabotage: Sabotage | None = None
) -> tuple[Entry, ...]:
    """An incident to its end; whoever takes it up after a kill is another process."""
    if sabotage is not None:
        patch.setattr(Journal, "append", sabotage.append(Journal.append))
    if book is ENDS:
        here.world.in_(150.0, "away", 0.0)
    run = Run(id=str(uuid.uuid4()), starter="ada")
    here.engine.draws(book.name)  # a page with charts costs as much as all the rest
    for number in range(60):
        patch.setattr(leases, "me", lambda number=number: f"process {number}")
        try:
            here.engine.during(run, partial(follow, book, Small, Params()))
        except Killed:
            continue
        incident = here.journal.incident_of(run.id)
        assert incident is not None
        if here.facts(incident, Closed):
            return here.journal.entries(incident)
        here.answer(run, yes=True)
        here.let_wait(run)
    raise AssertionError("it never ends")


def boundaries(entries: tuple[Entry, ...]) -> Iterator[str]:
    """What was written from the wait on, each once; a time in a key is left out. Acts are killed in other tests."""
    began = next(number for number, entry in enumerate(entries) if isinstance(entry.fact, WaitBegun))
    acts = next((number for number, entry in enumerate(entries) if entry.kind == "intended"), len(entries))
    ours = [entry.key for entry in entries[began:acts] if entry.kind not in NOT_OURS]
    keys = (re.sub(r"^(read:(?:wait|validate):[^:]+:).*", r"\1", key) for key in ours)
    yield from filter(None, dict.fromkeys(re.sub(r"^(taken_up:).*", "", key) for key in keys))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Runbook[Small, Params]], tuple[Entry, ...]]:
    def told(book: Runbook[Small, Params]) -> tuple[Entry, ...]:
        folder = tmp_path_factory.mktemp("told")
        with pytest.MonkeyPatch.context() as patch, small(folder, strengths={"away": 40.0}) as here:
            return carry(here, patch, book)

    return told


@BOOKS
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_boundary_it_goes_on_waiting_and_ends_the_same(
    tmp_path: Path,
    undisturbed: Callable[[Runbook[Small, Params]], tuple[Entry, ...]],
    when: str,
    book: Runbook[Small, Params],
    ending: Ending,
) -> None:
    expected = undisturbed(book)
    every = list(boundaries(expected))
    assert {"wait:wait_away", "read:wait:wait_away:", "waited:wait_away", "symptom:after:wait_away"} <= set(every)
    wanted = {entry.key for entry in expected if entry.kind not in {*NOT_OURS, "taken_up", "read"}}
    for number, what in enumerate(every if when == "after" else filter(DECISIVE.match, every)):
        folder = tmp_path / str(number)
        folder.mkdir()
        sabotage = Sabotage(when, what)
        with pytest.MonkeyPatch.context() as patch, small(folder, strengths={"away": 40.0}) as here:
            entries = carry(here, patch, book, sabotage)
            acts = list(here.world.acts)
        assert sabotage.struck, f"{when} {what}: it was never there"
        assert acts == ([] if book is ENDS else ["apply away"]), f"{when} {what}"
        (begun,) = [entry.fact for entry in entries if isinstance(entry.fact, WaitBegun)]
        (over,) = [entry.fact for entry in entries if isinstance(entry.fact, WaitOver)]
        (closed,) = [entry.fact for entry in entries if isinstance(entry.fact, Closed)]
        assert over.digest == begun.digest
        assert closed.ending is ending, f"{when} {what}"
        assert wanted <= {entry.key for entry in entries}, f"{when} {what}"


def test_who_takes_over_a_wait_is_not_recorded_for_each_look(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, small(tmp_path, strengths={"away": 40.0}) as here:
        entries = carry(here, patch, ENDS)
    assert sum(isinstance(entry.fact, TakenUp) for entry in entries) == 1
