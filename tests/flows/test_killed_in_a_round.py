"""A process that is killed anywhere in the second round: the next begins at the top, and each act happens once.

The boundaries are read from a run that nobody disturbs: before and after each entry that it writes from the second
round on, and around the act itself. `make crash` does the same with processes that are really killed.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.follow import follow
from journal import leases
from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.decided import Requested
from journal.facts.done import Settled
from journal.facts.words import Answer, Ending
from journal.rounds import rounds
from journal.store import Journal
from runbook import Approval, Runbook
from tasks.engine import Run
from tests.flows.leaking import Drain, drain, leaking
from tests.flows.small import Params, Rehearsed, Small, runbook

TEN_MINUTES = 600.0
BOOK = runbook(drain(within=timedelta(minutes=1)))
NOT_OURS = {"opened", "decided", "joined"}
"""Kinds of entries that other processes write."""


DECISIVE = re.compile("judged|plan|ask|intended|carried|validated|act")
"""Before which it is killed as well. Before the others is about the same as after the one before them."""


class Killed(BaseException):  # not an error: nothing of the pipeline may catch it
    """The process is gone."""


class Sabotage:
    """Kills once: before or after the entry whose key begins so, or around the act of that number."""

    def __init__(self, when: str, what: str) -> None:
        self.when, self.what, self.struck, self.acts = when, what, False, 0

    def die(self) -> None:
        if not self.struck:
            self.struck = True
            raise Killed

    def append(self, append: Callable[..., Entry]) -> Callable[..., Entry]:
        def appending(journal: Journal, incident: str, key: str, *args: Any, **more: Any) -> Entry:
            if self.when == "before" and key.startswith(self.what):
                self.die()
            entry = append(journal, incident, key, *args, **more)
            if self.when == "after" and key.startswith(self.what):
                self.die()
            return entry

        return appending

    def apply(self, apply: Callable[..., Any]) -> Callable[..., Any]:
        def applying(*args: Any) -> Any:
            self.acts += 1
            meant = self.what == f"act {self.acts}"
            if meant and self.when == "before":
                self.die()
            done = apply(*args)
            if meant and self.when == "after":
                self.die()
            return done

        return applying


def carry(
    here: Rehearsed, patch: pytest.MonkeyPatch, sabotage: Sabotage | None = None, book: Runbook[Small, Params] = BOOK
) -> tuple[Entry, ...]:
    """An incident to its end; whoever takes it up after a kill is another process."""
    if sabotage is not None:
        patch.setattr(Journal, "append", sabotage.append(Journal.append))
        patch.setattr(Drain, "apply", sabotage.apply(Drain.apply))
    run = Run(id=str(uuid.uuid4()), starter="ada")
    thinks = iter((TEN_MINUTES,))
    here.engine.draws(book.name)  # a page with charts costs as much as all the rest
    for number in range(20):
        patch.setattr(leases, "me", lambda number=number: f"process {number}")
        try:
            here.engine.during(run, partial(follow, book, Small, Params()))
        except Killed:
            continue
        incident = here.journal.incident_of(run.id)
        assert incident is not None
        if here.facts(incident, Closed):
            return here.journal.entries(incident)
        here.answer(run, yes=True, thinks=thinks)
    raise AssertionError("it never ends")


def boundaries(entries: tuple[Entry, ...]) -> Iterator[str]:
    """What the second round wrote, each once; a time in a key is left out."""
    began = next(number for number, entry in enumerate(entries) if entry.key == "symptom:after:mend_leak")
    keys = (re.sub(r"^(read:validate:[^:]+:).*", r"\1", one.key) for one in entries[began:] if one.kind not in NOT_OURS)
    yield from dict.fromkeys(re.sub(r"^(taken_up:).*", "", key) for key in keys)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Entry, ...]:
    with (
        pytest.MonkeyPatch.context() as patch,
        leaking(tmp_path_factory.mktemp("told"), every=250.0, at_most=5) as here,
    ):
        return carry(here, patch)


def test_the_second_round_has_keys_of_its_own(undisturbed: tuple[Entry, ...]) -> None:
    keys = [key for key in boundaries(undisturbed) if key]
    expected = ["plan:mend_leak@2", "ask:mend_leak@2", "intended:mend_leak@2:apply:1", "carried:mend_leak@2:apply:1"]
    assert [key for key in keys if key in expected] == expected
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_boundary_of_the_second_round_each_act_happens_once(
    tmp_path: Path, undisturbed: tuple[Entry, ...], when: str
) -> None:
    expected = [entry.key for entry in undisturbed if entry.kind in {"intended", "carried", "judged", "planned"}]
    every = [*filter(None, boundaries(undisturbed)), "act 2"]
    for number, what in enumerate(every if when == "after" else filter(DECISIVE.match, every)):
        folder = tmp_path / str(number)
        folder.mkdir()
        sabotage = Sabotage(when, what)
        with pytest.MonkeyPatch.context() as patch, leaking(folder, every=250.0, at_most=5) as here:
            entries = carry(here, patch, sabotage)
            acts = list(here.world.acts)
        assert sabotage.struck, f"{when} {what}: it was never there"
        assert acts == ["end 1, 2, 3", "end 4, 5"], f"{when} {what}"
        closed = [entry.fact for entry in entries if isinstance(entry.fact, Closed)]
        assert [one.ending for one in closed] == [Ending.RESOLVED], f"{when} {what}"
        assert sum(isinstance(entry.fact, Requested) for entry in entries) == 2, f"{when} {what}"
        assert len(rounds(entries)) == 2
        assert set(expected) <= {entry.key for entry in entries}, f"{when} {what}"


@pytest.mark.parametrize("what", ["intended:mend_leak:apply:1", "act 1"])
def test_killed_while_it_acts_by_a_rule_it_goes_on_with_what_it_read_again(tmp_path: Path, what: str) -> None:
    """Who takes over asks the target about what the intent has, and not about what was shown."""
    approval = Approval(by="anybody", risk="None that is known.", covers="the rule", at_most=5)
    book = runbook(drain(approval=approval, within=timedelta(minutes=1)))
    sabotage = Sabotage("after", what)
    with pytest.MonkeyPatch.context() as patch, leaking(tmp_path, every=250.0, at_most=5) as here:
        entries = carry(here, patch, sabotage, book)
        acts = list(here.world.acts)
    settled = [entry.fact.landed for entry in entries if isinstance(entry.fact, Settled)]
    assert sabotage.struck
    assert acts == ["end 1, 2, 3, 4, 5"]
    assert settled == [Answer.YES if what == "act 1" else Answer.NO]
    assert [entry.fact.ending for entry in entries if isinstance(entry.fact, Closed)] == [Ending.RESOLVED]
