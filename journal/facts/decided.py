"""What was proposed and what people decided: plans, requests for an approval, answers, and tasks for a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, JsonValue

from journal.facts.words import WRITTEN_CHANNEL, WRITTEN_CHANNELS, Channel, Effect, Said, Stake


class PlannedTarget(Said):
    name: str
    before: str
    after: str


class Planned(Said):
    """Exactly what a change would do. `digest` binds the approval; `plan` is the machine-readable plan.

    `place` names the connections that it was planned on, so that it is undone there and nowhere else.
    `stake` is what a wrong cause would cost, and `sure` how likely (0..1) the cause must be for that. `leaves` is what
    goes on all the same when it has helped. With `at_most`, a yes covers the rule: so many targets of these kinds, as
    they are read again at the act. What is made only to look names the causes that it `tells` apart, and treats none.
    `goes_on` is how long it may go on in its target once it was begun, if it is long.
    """

    kind: Literal["planned"] = "planned"
    mitigation: str
    title: str
    treats: str
    change: str
    effect: Effect
    summary: str
    digest: str
    targets: tuple[PlannedTarget, ...]
    out_of: int
    warnings: tuple[str, ...]
    risk: str
    way_back: str
    validation: str
    plan: dict[str, JsonValue]
    place: str = ""
    stake: Stake | None = None
    sure: float | None = None
    leaves: str = ""
    at_most: int | None = None
    tells: tuple[str, ...] = ()
    goes_on: timedelta | None = None


class Passed(Said):
    """A mitigation that was not carried out.

    `by` says who or what stopped it: plan, guardrail, lock, environment, recovery, blindness, person or time; need,
    where nothing had to be changed; round, where it would have done again what did not help in an earlier one; start,
    where another runbook could not be started; or chain, where incidents would wait for one another in a circle, or too
    many one for the next.
    """

    kind: Literal["passed"] = "passed"
    mitigation: str
    by: str
    why: str


class Requested(Said):
    """An approval waits, until `expires_at`, for `quorum` different people. `channels` are those that may answer."""

    kind: Literal["requested"] = "requested"
    mitigation: str
    digest: str
    role: str
    quorum: int
    requester_excluded: bool
    channels: tuple[Channel, ...] = Field(validation_alias=WRITTEN_CHANNELS)
    expires_at: datetime
    text: str


class Decided(Said):
    """A person's yes or no to exactly one plan. `identity_proven` is false where a channel cannot prove who it was."""

    kind: Literal["decided"] = "decided"
    digest: str
    approve: bool
    by: str
    channel: Channel = Field(validation_alias=WRITTEN_CHANNEL)
    identity_proven: bool
    why: str


class Lapsed(Said):
    """Nobody answered in time: closed, nothing was applied."""

    kind: Literal["lapsed"] = "lapsed"
    digest: str


class Withdrawn(Said):
    """A request that nobody needs to answer any more: its problem ended by itself. Nothing was applied."""

    kind: Literal["withdrawn"] = "withdrawn"
    digest: str
    why: str


class TaskGiven(Said):
    """A fix that only a person can make, with its steps. Waits until `expires_at`."""

    kind: Literal["task_given"] = "task_given"
    mitigation: str
    title: str
    treats: str
    digest: str
    steps: tuple[str, ...]
    validation: str
    expires_at: datetime
    text: str


class TaskDone(Said):
    """A person says that the manual task is done (or, with `done` false, that it cannot be)."""

    kind: Literal["task_done"] = "task_done"
    digest: str
    done: bool
    by: str
    channel: Channel = Field(validation_alias=WRITTEN_CHANNEL)
    why: str
