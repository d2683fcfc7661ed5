"""Who is told next, and when, while an incident or an approval waits. Data of an environment."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict


class Level(BaseModel):
    """One step of the ladder. `after` counts from the opening; zero means immediately."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    after: timedelta
    if_unresolved: bool = False


class Escalation(BaseModel):
    """A ladder of levels for one type of issue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issue: str
    levels: tuple[Level, ...]
    source: str
