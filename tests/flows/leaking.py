"""A leak in the small world: sessions that are never closed, one more every so often, and a change that ends them.

A plan names the sessions that are there. Whoever is asked takes time, and more of them leak meanwhile.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from journal import clock
from journal.facts.words import Answer, Effect, Stake
from runbook import Change, Drifted, Mitigation, NotNeeded, Outcome, Plan, Result, Target, Warrant, changes
from tests.flows.small import NO_WAY_BACK, READS, WORLD, Params, Rehearsed, Small, mend, small


@dataclass(kw_only=True)
class Leak:
    """Sessions by number; one more leaks `every` so many seconds (0: none does), `at_most` so many in all."""

    every: float = 0.0
    at_most: int = 1000
    sessions: list[int] = field(default_factory=lambda: [1, 2, 3])
    next: float = field(default_factory=clock.monotonic)
    born: int = 3

    def open(self) -> list[int]:
        """Those that are there now."""
        while self.every and self.born < self.at_most and clock.monotonic() >= self.next + self.every:
            self.next += self.every
            self.born += 1
            self.sessions.append(self.born)
        return self.sessions

    def strength(self) -> float:
        return 10.0 * len(self.open())


LEAKS: list[Leak] = []
"""The one in use, as a connection would lead to it."""


class Session(Target):
    number: int


@changes(Session, name="small.drain", effect=Effect.DISRUPTIVE, needs=READS, reads=READS, stake=Stake.SETTING)
@dataclass(frozen=True, kw_only=True)
class Drain(Change[Session]):
    """End the sessions that leak."""

    kinds: tuple[str, ...] = ("session",)

    def plan(self) -> Plan[Session] | NotNeeded:
        there = LEAKS[-1].open()
        targets = tuple(map(self._target, there))
        if not targets:
            return NotNeeded(why="No session leaks.")
        return Plan(change=self.name, summary="End what leaks.", targets=targets, out_of=100)

    def _target(self, number: int) -> Session:
        kind = self.kinds[number % len(self.kinds)]
        return Session(name=f"{kind} {number}", before="open", after="ended", number=number)

    def apply(self, plan: Plan[Session], warrant: Warrant) -> Outcome:
        there = LEAKS[-1].open()
        meant = [target for target in plan.targets if target.number in there]
        if not meant:
            raise Drifted("None of the approved sessions is there any more.")
        WORLD[-1].acts.append(f"end {', '.join(str(target.number) for target in meant)}")
        for target in meant:
            there.remove(target.number)
        return Outcome(ok=True, note="Ended.", results=tuple(Result(name=t.name, done=True) for t in meant))

    def landed(self, plan: Plan[Session]) -> tuple[Answer, str]:
        gone = not any(target.number in LEAKS[-1].open() for target in plan.targets)
        return (Answer.YES, "They are gone.") if gone else (Answer.NO, "They are there.")


@contextmanager
def leaking(folder: Path, every: float = 0.0, at_most: int = 1000, **world: Any) -> Generator[Rehearsed]:
    """A small world with three sessions that leak, and more to come."""
    with small(folder, sources={"leak": _strength}, **world) as here:
        LEAKS.append(Leak(every=every, at_most=at_most))
        try:
            yield here
        finally:
            LEAKS.pop()


def _strength() -> float:
    return LEAKS[-1].strength()


def drain(**more: Any) -> Mitigation[Small, Params]:
    """The mitigation of a leak."""
    kinds = more.pop("kinds", ("session",))
    said: dict[str, Any] = {"change": lambda _c: Drain(kinds=kinds), "undo": NO_WAY_BACK, "title": "End what leaks"}
    return mend("leak", **{**said, **more})
