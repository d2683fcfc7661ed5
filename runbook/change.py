"""A planned, bounded act on named targets, in four verbs: plan, apply, landed, undo. A long one tells its progress.

Changes live in `tasks/<tech>/change.py`, bound to a connection block. Only `flows.follow` calls `apply` and `undo`:
both need a `Warrant`, and only it makes one. `plan` and `landed` read with the reading identity.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journal.facts.words import Act, Answer, Effect, Going, Stake
from runbook.selection import Selection


class Target(BaseModel):
    """One thing that would change. Subclasses add what identifies it exactly (pid and start, name and version)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    before: str
    after: str


T = TypeVar("T", bound=Target)


class Plan(BaseModel, Generic[T]):
    """Exactly what a change would do. Approvals bind to its digest, so every field counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    change: str
    summary: str
    targets: tuple[T, ...]
    out_of: int
    """How many things of this kind there are: what a guardrail's share is a share of."""
    warnings: tuple[str, ...] = ()


class NotNeeded(BaseModel):
    """The change has nothing to do, and says why."""

    model_config = ConfigDict(frozen=True)

    why: str


class Result(BaseModel):
    """What became of one target. `done` false with a note is a target left alone, on purpose or by failure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    done: bool
    note: str = ""


class Outcome(BaseModel):
    """What became of a plan. `ok` means that all that could still be done was done.

    A `Long` change may answer `Outcome(under_way=True, note=…)`: it was begun, and goes on in its target.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ok: bool = False
    note: str
    results: tuple[Result, ...] = ()
    under_way: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Outcome:
        if self.under_way and (self.ok or self.results):
            raise ValueError("What is under way is not done yet: leave `ok` and `results` out.")
        return self


class Progress(BaseModel):
    """How far a long act is. `share` (0..1) is how much of it is done, where the target tells.

    `FAILED` is over and was not done, wholly or in part; that it goes on is `UNDER_WAY`. `NOT_BEGUN` is said only where
    it is certain, since it may then be begun again. What cannot be seen is `UNKNOWN`, or raises.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    going: Going
    note: str
    share: float | None = Field(default=None, ge=0, le=1)


@dataclass(frozen=True, kw_only=True)
class Warrant:
    """The right to act once on one plan. Changing clients ask for it; only `flows.follow` makes it."""

    incident: str
    mitigation: str
    digest: str
    act: Act
    by: str


@dataclass(frozen=True, kw_only=True)
class Change(ABC, Generic[T]):
    """Base of all changes. Subclasses are frozen dataclasses whose fields are a connection and typed arguments.

    `name` is `tech.verb_object`, `effect` how much it can hurt, `stake` what is lost where it treats the wrong cause,
    `permissions` what the changing identity needs (`reads` what planning needs), `target` the type of its targets.
    """

    name: ClassVar[str]
    effect: ClassVar[Effect]
    stake: ClassVar[Stake]
    permissions: ClassVar[tuple[str, ...]]
    reads: ClassVar[tuple[str, ...]]
    target: ClassVar[type[Target]]

    @property
    def about(self) -> Selection | None:
        """What it may touch; the same selection that the evidence for its cause is about."""
        return None

    @property
    def lock(self) -> str:
        """What two incidents must not change at the same time; by default everything that this change can reach."""
        return self.name

    @abstractmethod
    def plan(self) -> Plan[T] | NotNeeded:
        """Ask the target what exactly would change. Read-only. Raises `NotSafe` where it would make things worse."""

    @abstractmethod
    def apply(self, plan: Plan[T], warrant: Warrant) -> Outcome:
        """Do what the plan says and nothing else. Re-reads each target; one that drifted is left alone and said so.

        Raises `Drifted` when no target is still what was approved.
        """

    @abstractmethod
    def landed(self, plan: Plan[T]) -> tuple[Answer, str]:
        """Tell whether an earlier, interrupted `apply` of this plan happened; `UNKNOWN` when the target cannot say."""

    def revive(self, plan: dict[str, Any]) -> Plan[T]:
        """The typed plan from its journaled form."""
        return Plan[self.target].model_validate(plan)  # pyright: ignore[reportReturnType] # `target` is T at run time


@dataclass(frozen=True, kw_only=True)
class Reversible(Change[T], ABC):
    """A change with a way back."""

    @abstractmethod
    def undo(self, plan: Plan[T], warrant: Warrant) -> Outcome:
        """Put every target of the plan back to its `before`. Safe to call when nothing was applied."""

    @abstractmethod
    def undone(self, plan: Plan[T]) -> tuple[Answer, str]:
        """Tell whether an earlier, interrupted `undo` of this plan happened."""


SOONEST, RAREST = timedelta(seconds=10), timedelta(minutes=1)
"""How often a long act may be looked at: a run is begun for each look, and people want to know how far it is."""

LONGEST_ACT = timedelta(days=1)

_LANDED = {Going.DONE: Answer.YES, Going.NOT_BEGUN: Answer.NO}


@dataclass(frozen=True, kw_only=True)
class Long(Change[T], ABC):
    """A change that goes on in its target after `apply`, or `undo`, has begun it and returned.

    No process waits for it: it is looked at `every` so often, and `within` so long it must be over. Then a person is
    asked, if the target still cannot tell. Whoever takes an interrupted run over asks `progress` as well.
    """

    within: timedelta
    every: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        if not SOONEST <= self.every <= RAREST:
            raise ValueError(f"{self.name} is looked at every {self.every}; choose {SOONEST} to {RAREST}.")
        if not timedelta(0) < self.within <= LONGEST_ACT:
            raise ValueError(f"{self.name} may take {self.within}; say how long it may, {LONGEST_ACT} at most.")

    @abstractmethod
    def progress(self, plan: Plan[T], act: Act) -> Progress:
        """How far applying (or undoing) this plan is. Read-only; told from the target alone."""

    def landed(self, plan: Plan[T]) -> tuple[Answer, str]:
        """By its progress. What failed half-way, or goes on, has neither happened nor not."""
        return _landed(self.progress(plan, Act.APPLY))

    def undone(self, plan: Plan[T]) -> tuple[Answer, str]:
        """The same of undoing it, where it is `Reversible`: name `Long` first among the bases."""
        return _landed(self.progress(plan, Act.UNDO))


def _landed(found: Progress) -> tuple[Answer, str]:
    return _LANDED.get(found.going, Answer.UNKNOWN), found.note


C = TypeVar("C", bound=Change[Any])

CHANGES: dict[str, type[Change[Any]]] = {}
"""Every change there is, by name; filled by the `changes` decorator, walked by the contract test."""


USUAL_STAKE = {Effect.REVERSIBLE: Stake.SETTING, Effect.DISRUPTIVE: Stake.WORK, Effect.DESTRUCTIVE: Stake.DATA}
"""What a change puts at stake that does not say otherwise."""


def changes(
    kind: type[Target],
    *,
    name: str,
    effect: Effect,
    needs: tuple[str, ...],
    reads: tuple[str, ...],
    stake: Stake | None = None,
) -> Callable[[type[C]], type[C]]:
    """Declare a change class: its name, the type of its targets, how much it can hurt, and what it needs.

    `stake` is what is lost where the cause was another one; how sure one must be for it stands in `runbook.sureness`.
    """

    def mark(cls: type[C]) -> type[C]:
        cls.name, cls.effect, cls.permissions, cls.reads, cls.target = name, effect, needs, reads, kind
        cls.stake = stake or USUAL_STAKE[effect]
        CHANGES[name] = cls
        return cls

    return mark
