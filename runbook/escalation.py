"""Who is told next, and when, while an incident or an approval waits. Data of an environment.

A runbook declares its levels; the environment names the contacts of each level (`blocks.environment`). An incident that
starts gets a copy of both, its escalation policy (`tasks.policy`), and `journal.policy` says from that copy which pages
are due.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journal.facts.policy import Hours


class Level(BaseModel):
    """One step of the escalation policy. `after` counts from the opening; zero means immediately.

    A person's answer ends the escalation policy up to the first level that says `if_unresolved`: from there on levels
    are told although somebody is at work, because it takes too long. A level may be told again `every` so often,
    `times` in all, and only `during` certain hours; outside of them it waits until they begin.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$", max_length=60)
    after: timedelta = Field(ge=timedelta(0))
    if_unresolved: bool = False
    every: timedelta | None = Field(default=None, ge=timedelta(seconds=1))
    times: int = Field(default=1, ge=1, le=20)
    during: Hours | None = None

    @model_validator(mode="after")
    def _repeats(self) -> Self:
        if self.times > 1 and self.every is None:
            raise ValueError(f"Level {self.name} is told {self.times} times; say how often, by `every`.")
        return self


class Escalation(BaseModel):
    """The levels of an escalation policy for one type of issue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issue: str
    levels: tuple[Level, ...] = Field(min_length=1)
    source: str

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [level.name for level in self.levels]
        if len(names) != len(set(names)):
            raise ValueError(
                f"The escalation policy {self.issue} uses a level's name twice in {names}; give each its own."
            )
        return self
