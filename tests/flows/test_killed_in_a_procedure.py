"""A process that is killed anywhere in a procedure: the next begins at the top, and each step is done once.

The boundaries are read from a run that nobody disturbs, as in `test_killed_in_a_round`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.follow import follow
from journal import approvals, clock, leases
from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.decided import Requested, TaskGiven
from journal.facts.words import Act, Answer, Ending
from journal.store import Journal
from runbook import Approval, Runbook
from tasks.engine import Run
from tests.flows.small import Mend, Params, Rehearsed, Small, small
from tests.flows.test_killed_in_a_round import Killed
from tests.flows.test_procedure import AS_IT_IS, Contained, change, procedure, task

TWO = Approval(by="security", risk="Whoever is cut off waits.", quorum=2, requester_excluded=True)
NOT_OURS = {"opened", "decided", "task_done", "joined"}
"""Kinds of entries that other processes write."""

DECISIVE = re.compile("procedure|plan|ask|task|intended|carried|validated|symptom|closed|act")
"""Before which it is killed as well. Before the others is about the same as after the one before them."""


def book(*, stops: bool) -> Runbook[Small, Params]:
    """One that is done whole, or one whose last step does not help, so that the first does not stay."""
    first = change("isolate", approval=TWO)
    return procedure(first, task("tell"), change("cut"), undone=(first,) if stops else ())


class Sabotage:
    """Kills once: before or after the entry whose key begins so, or around the act of that number."""

    def __init__(self, when: str = "", what: str = "") -> None:
        self.when, self.what, self.struck = when, what, False

    def meets(self, when: str, what: str) -> None:
        met = what == self.what if self.what.startswith("act ") else what.startswith(self.what)
        if self.what and when == self.when and met and not self.struck:
            self.struck = True
            raise Killed

    def append(self, append: Callable[..., Entry]) -> Callable[..., Entry]:
        def appending(journal: Journal, incident: str, key: str, *args: Any, **more: Any) -> Entry:
            self.meets("before", key)
            entry = append(journal, incident, key, *args, **more)
            self.meets("after", key)
            return entry

        return appending

    def acting(self, act: Callable[..., Any], world: Any) -> Callable[..., Any]:
        def doing(*args: Any) -> Any:
            number = len(world.acts) + 1
            self.meets("before", f"act {number}")
            done = act(*args)
            self.meets("after", f"act {number}")
            return done

        return doing


def told(world: Any, way: Act) -> Callable[..., tuple[Answer, str]]:
    """What the target says of an act: the small world remembers them."""

    def said(mend: Mend, _plan: Any) -> tuple[Answer, str]:
        mine = [act for act in world.acts if act.endswith(f" {mend.cause}")]
        return (Answer.YES if mine and mine[-1].startswith(way) else Answer.NO), "It was counted."

    return said


def carry(here: Rehearsed, patch: pytest.MonkeyPatch, sabotage: Sabotage, *, stops: bool) -> Contained:
    """An incident to its end; whoever takes it up after a kill is another process."""
    patch.setattr(Journal, "append", sabotage.append(Journal.append))
    patch.setattr(Mend, "landed", told(here.world, Act.APPLY))
    patch.setattr(Mend, "undone", told(here.world, Act.UNDO))
    for way in ("apply", "undo"):
        patch.setattr(Mend, way, sabotage.acting(getattr(Mend, way), here.world))
    one = Contained(here, book(stops=stops))
    one.run = Run(id=str(uuid.uuid4()), starter="bob")
    here.engine.draws(one.book.name)  # a page with charts costs as much as all the rest
    for number in range(20):
        patch.setattr(leases, "me", lambda number=number: f"process {number}")
        try:
            here.engine.during(one.run, partial(follow, one.book, Small, Params()))
        except Killed:
            continue
        if here.facts(one.id, Closed):
            return one
        for standing in approvals.waiting(one.entries, clock.now()):
            one.answer(standing, yes=True)
    raise AssertionError("it never ends")


def world_of(*, stops: bool) -> dict[str, Any]:
    cures = {"cut": lambda _w: None} if stops else {}
    return {"strengths": dict(AS_IT_IS), "cures": cures}


ACTS = {False: ["apply isolate", "apply cut"], True: ["apply isolate", "apply cut", "undo cut", "undo isolate"]}


def boundaries(entries: tuple[Entry, ...]) -> Iterator[str]:
    """What the procedure wrote from its beginning on, each once; a time in a key is left out."""
    began = next(number for number, entry in enumerate(entries) if entry.key == "procedure")
    keys = (re.sub(r"^(read:validate:[^:]+:).*", r"\1", one.key) for one in entries[began:] if one.kind not in NOT_OURS)
    yield from dict.fromkeys(key for key in keys if not key.startswith("taken_up:"))


@pytest.mark.parametrize("stops", [False, True], ids=["whole", "stopped"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_boundary_each_step_is_done_once(tmp_path: Path, when: str, stops: bool) -> None:
    (tmp_path / "told").mkdir()
    with pytest.MonkeyPatch.context() as patch, small(tmp_path / "told", **world_of(stops=stops)) as here:
        undisturbed = carry(here, patch, Sabotage(), stops=stops).entries
    expected = {entry.key for entry in undisturbed if entry.kind in {"intended", "carried", "planned", "validated"}}
    assert any(key.startswith("procedure") for key in boundaries(undisturbed))
    every = [*boundaries(undisturbed), *(f"act {number + 1}" for number in range(len(ACTS[stops])))]
    for number, what in enumerate(every if when == "after" else filter(DECISIVE.match, every)):
        folder = tmp_path / str(number)
        folder.mkdir()
        sabotage = Sabotage(when, what)
        with pytest.MonkeyPatch.context() as patch, small(folder, **world_of(stops=stops)) as here:
            one = carry(here, patch, sabotage, stops=stops)
            entries, acts = one.entries, list(here.world.acts)
        assert sabotage.struck, f"{when} {what}: it was never there"
        assert acts == ACTS[stops], f"{when} {what}"
        closed = [entry.fact for entry in entries if isinstance(entry.fact, Closed)]
        assert [each.ending for each in closed] == [Ending.UNRESOLVED if stops else Ending.CONTAINED], f"{when} {what}"
        assert sum(isinstance(entry.fact, Requested | TaskGiven) for entry in entries) == 3, f"{when} {what}"
        assert expected <= {entry.key for entry in entries}, f"{when} {what}"
