"""A process that is killed anywhere while an act goes on in its target: it is begun once, and seen to its end.

The boundaries are read from a run that nobody disturbs: before and after each entry from the intent on, and around the
act and its undoing. `make crash` does the same with processes that are really killed, and the watch of a real stack.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from flows.follow import follow
from journal import leases
from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.done import UnderWay
from journal.facts.words import Ending
from journal.store import Journal
from tasks.engine import Run
from tests.flows.restoring import MINUTE, Restore, restore, restoring
from tests.flows.small import Params, Rehearsed, Small, runbook
from tests.flows.test_killed_in_a_round import NOT_OURS, Killed, Sabotage

BOOK = runbook(restore(), rounds=1)
DECISIVE = re.compile("intended|under_way|carried|validated|closed|act")
"""Before which it is killed as well. Before the others is about the same as after the one before them."""
ENDS = {True: Ending.RESOLVED, False: Ending.UNRESOLVED}
ACTS = {True: ["apply lost"], False: ["apply lost", "undo lost"]}
"""How it ends and what is done, by whether the act helps."""
TIMED = re.compile(r"^(read:validate:[^:]+:|progressed:[^:]+:[^:]+:\d+:).*")


def carry(here: Rehearsed, patch: pytest.MonkeyPatch, sabotage: Sabotage | None = None) -> tuple[Entry, ...]:
    """An incident to its end; whoever takes it up after a kill is another process."""
    if sabotage is not None:
        patch.setattr(Journal, "append", sabotage.append(Journal.append))
        patch.setattr(Restore, "apply", sabotage.apply(Restore.apply))
        patch.setattr(Restore, "undo", sabotage.apply(Restore.undo))
    run = Run(id=str(uuid.uuid4()), starter="ada")
    here.engine.draws(BOOK.name)  # a page with charts costs as much as all the rest
    for number in range(60):
        patch.setattr(leases, "me", lambda number=number: f"process {number}")
        try:
            here.engine.during(run, partial(follow, BOOK, Small, Params()))
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
    """What was written from the intent on, each once; a time in a key is left out."""
    began = next(number for number, entry in enumerate(entries) if entry.kind == "intended")
    ours = [entry.key for entry in entries[began:] if entry.kind not in {*NOT_OURS, "taken_up"}]
    yield from dict.fromkeys(TIMED.sub(r"\1", key) for key in ours)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], tuple[Entry, ...]]:
    def told(helps: bool) -> tuple[Entry, ...]:
        folder = tmp_path_factory.mktemp("told")
        with pytest.MonkeyPatch.context() as patch, restoring(folder, lasts=3 * MINUTE, helps=helps) as here:
            return carry(here, patch)

    return told


@pytest.mark.parametrize("helps", [True, False])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_boundary_it_is_begun_once_and_seen_to_its_end(
    tmp_path: Path,
    undisturbed: Callable[[bool], tuple[Entry, ...]],
    when: str,
    helps: bool,
) -> None:
    expected, acts = undisturbed(helps), ACTS[helps]
    every = [*boundaries(expected), *(f"act {number}" for number in range(1, len(acts) + 1))]
    assert {"under_way:restore:apply:1", "progressed:restore:apply:1:", "carried:restore:apply:1"} <= set(every)
    wanted = {e.key for e in expected if e.kind not in {*NOT_OURS, "taken_up", "read", "progressed"}}
    for number, what in enumerate(every if when == "after" else filter(DECISIVE.match, every)):
        folder = tmp_path / str(number)
        folder.mkdir()
        sabotage = Sabotage(when, what)
        with pytest.MonkeyPatch.context() as patch, restoring(folder, lasts=3 * MINUTE, helps=helps) as here:
            entries = carry(here, patch, sabotage)
            done = list(here.world.acts)
        assert sabotage.struck, f"{when} {what}: it was never there"
        assert done == acts, f"{when} {what}"
        begun = [entry.fact.act for entry in entries if isinstance(entry.fact, UnderWay)]
        assert [str(act) for act in begun] == [act.partition(" ")[0] for act in acts], f"{when} {what}"
        (closed,) = [entry.fact for entry in entries if isinstance(entry.fact, Closed)]
        assert closed.ending is ENDS[helps], f"{when} {what}"
        assert {key for key in wanted if not key.endswith(":1")} <= {entry.key for entry in entries}, f"{when} {what}"
