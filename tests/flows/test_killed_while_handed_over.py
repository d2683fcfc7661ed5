"""A process that is killed anywhere after it handed over: the next one hands over no second time, and comes back.

The boundaries are read from a run that nobody disturbs. `make crash` does the same with processes that are really
killed, and the watch of a real stack.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from flows.follow import follow
from journal import leases
from journal.chain import Entry
from journal.facts.closed import Closed, HandedOff
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Ending
from journal.store import Journal
from runbook import Runbook
from sandbox.within.engine import ProcessEngine
from tasks.engine import Run
from tests.flows.small import Params, Rehearsed, Small, small
from tests.flows.test_handing import NEIGHBOUR
from tests.flows.test_killed_in_a_round import NOT_OURS, Killed, Sabotage
from tests.flows.test_returning import GOES, STORAGE, either, never

OTHERS = {book.name: book for book in (STORAGE, NEIGHBOUR)}
IN_VAIN = either(NEIGHBOUR)
DECISIVE = re.compile("handed_off|wait|judged|closed")
"""Before which it is killed as well. Before the others is about the same as after the one before them."""
OURS = {"handed_off:hand_storage", "wait:hand_storage", "took_over:hand_storage", "waited:hand_storage"}


def carry(
    here: Rehearsed, patch: pytest.MonkeyPatch, book: Runbook[Small, Params], sabotage: Sabotage | None = None
) -> tuple[Entry, ...]:
    """An incident to its end, with the one that it hands over to; only its own process is killed."""
    append, own = Journal.append, Run(id=str(uuid.uuid4()), starter="ada")
    runs: list[tuple[Runbook[Small, Params], Run]] = [(book, own)]
    patch.setattr(ProcessEngine, "draws", never)
    for number in range(60):
        patch.setattr(leases, "me", lambda number=number: f"process {number}")
        for one, run in runs:
            with pytest.MonkeyPatch.context() as killing:
                if sabotage is not None and run is own:
                    killing.setattr(Journal, "append", sabotage.append(append))
                try:
                    here.engine.during(run, partial(follow, one, Small, Params()))
                except Killed:
                    continue
            here.answer(run, yes=True)
        while here.engine.waiting:
            deployment, run, _params = here.engine.waiting.popleft()
            runs.append((OTHERS[deployment.partition("/")[0]], run))
        incident = here.journal.incident_of(own.id)
        assert incident is not None
        if here.facts(incident, Closed):
            return here.journal.entries(incident)
        here.let_wait(own)
    raise AssertionError("it never ends")


def boundaries(entries: tuple[Entry, ...]) -> Iterator[str]:
    """What was written from the hand-off on, each once; a time in a key is left out. Acts are killed in other tests."""
    began = next(number for number, entry in enumerate(entries) if isinstance(entry.fact, HandedOff))
    acts = next((number for number, entry in enumerate(entries) if entry.kind == "intended"), len(entries))
    keys = (entry.key for entry in entries[began:acts] if entry.kind not in {*NOT_OURS, "taken_up"})
    yield from dict.fromkeys(re.sub(r"^(read:validate:[^:]+:).*", r"\1", key) for key in keys)


@pytest.mark.parametrize(("book", "acts"), [(GOES, ["apply storage"]), (IN_VAIN, ["apply storage"])])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_boundary_it_hands_over_once_and_ends_the_same(
    tmp_path: Path, when: str, book: Runbook[Small, Params], acts: list[str]
) -> None:
    def told(folder: str, sabotage: Sabotage | None = None) -> tuple[tuple[Entry, ...], list[str], int]:
        (tmp_path / folder).mkdir()
        with pytest.MonkeyPatch.context() as patch, small(tmp_path / folder, strengths={"storage": 30.0}) as here:
            entries = carry(here, patch, book, sabotage)
            return entries, list(here.world.acts), len(here.journal.of_kind("opened"))

    expected, done, _ = told("undisturbed")
    every = list(boundaries(expected))
    assert set(every) >= OURS
    assert done == acts
    wanted = {entry.key for entry in expected if entry.kind not in {*NOT_OURS, "taken_up", "read"}}
    for number, what in enumerate(every if when == "after" else filter(DECISIVE.match, every)):
        sabotage = Sabotage(when, what)
        entries, done, opened = told(str(number), sabotage)
        assert sabotage.struck, f"{when} {what}: it was never there"
        assert (done, opened) == (acts, 2), f"{when} {what}"
        for kind in (HandedOff, WaitBegun, WaitOver):
            assert sum(isinstance(entry.fact, kind) for entry in entries) == 1, f"{when} {what}"
        assert [e.fact.ending for e in entries if isinstance(e.fact, Closed)] == [Ending.RESOLVED], f"{when} {what}"
        assert wanted <= {entry.key for entry in entries}, f"{when} {what}"
