"""Looks at the switches and task runs of a switchboard.

An unknown switch is never "off", and an answer of another shape is none: both are `Permanent`, so a probe is
unreadable and decides nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from blocks.switchboard import READ, Switchboard, Value
from blocks.switchboard_http import NAMED, SAID, told
from journal.wording import brief, moment
from runbook import Facts, Permanent, look

Kind = Literal["bool", "int", "str"]
KINDS: Mapping[type, Kind] = {bool: "bool", int: "int", str: "str"}

PLAN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
"""Names of plans: people read them, and they are part of an address."""

State = Literal["planned", "running", "done", "failed", "stopped"]


class LastSet(BaseModel):
    """The last set that a switch took, whatever has become of it since: by which request, upon which version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: str
    incident: str
    value: Value
    after_version: int
    version: int
    expires_at: AwareDatetime | None


class Switch(Facts):
    """One switch. `lasting` is what its owner wants; `value` is what holds, for a while perhaps another one.

    `is_set` says whether somebody has set it for a while; `expires_at` until when, where whatever keeps it knows.
    """

    key: str
    type: Kind
    value: Value
    lasting: Value
    version: int
    changed_at: AwareDatetime
    changed_by: str
    is_set: bool
    expires_at: AwareDatetime | None
    last_set: LastSet | None

    def __str__(self) -> str:
        until = f" until {moment(self.expires_at)}, then {shown(self.lasting)}" if self.expires_at else ""
        until = until or (f" for a while, then {shown(self.lasting)}" if self.is_set else "")
        return f"{self.key} is {shown(self.value)}{until} (version {self.version}, changed by {self.changed_by})"

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {self.key: (float(self.value), "")} if type(self.value) is int else {}


class TaskRun(Facts):
    """A plan of a task and what became of it: how much it is about, how much of that is done, and has failed."""

    task: str
    plan: str
    says: str
    state: State
    count: int
    done: int
    failed: int

    @property
    def ended(self) -> bool:
        return self.state in {"done", "failed", "stopped"}

    @property
    def well(self) -> bool:
        """Whether all that it counted was done."""
        return self.state == "done" and self.done == self.count

    def __str__(self) -> str:
        return f"{self.plan} is {self.state}: {self.done} of {self.count} done, {self.failed} failed"


@look(READ, bound="one switch")
def read_switch(board: Switchboard, key: str) -> Switch:
    """A switch as it is now. Raises `Permanent` where there is none, `Temporary` while nobody answers."""
    return to_switch(told(board, f"/switches/{key}", board.reading()), key)


@look(READ, bound="one task run")
def read_run(board: Switchboard, task: str, plan: str) -> TaskRun:
    """How far a planned or started task has come. Raises as `read_switch` does."""
    return to_run(told(board, f"/tasks/{task}/{plan}", board.reading()), task, plan)


def would_set(board: Switchboard, key: str, wish: Mapping[str, Any], version: int) -> Switch:
    """What setting it would answer: a dry run, by the reading identity. Raises `NotSafe` for what is out of bounds."""
    headers = {**board.reading(), "If-Match": f'"{version}"', "Idempotency-Key": "dry run"}
    return to_switch(told(board, f"/switches/{key}?dry_run=true", headers, method="PUT", body=wish), key)


def plan_task(board: Switchboard, task: str) -> TaskRun:
    """What running it would be about now: a dry run, by the reading identity."""
    return to_run(told(board, f"/tasks/{task}?dry_run=true", board.reading(), method="POST"), task)


def to_switch(found: Mapping[str, Any], key: str) -> Switch:
    """A switch as the contract tells it. Fields that it does not know are ignored, so that it can grow."""
    known = {name: found.get(name) for name in Switch.model_fields}
    known["is_set"] = found.get("expires_at") is not None or found.get("value") != found.get("lasting")
    known["changed_by"] = _brief(found.get("changed_by"), NAMED)
    last = found.get("last_set")
    if isinstance(last, dict):
        known["last_set"] = {name: last.get(name) for name in LastSet.model_fields}  # pyright: ignore[reportUnknownMemberType] # of JSON
    switch = _kept(Switch, known)
    if switch.key != key or {KINDS[type(switch.value)], KINDS[type(switch.lasting)]} != {switch.type}:
        raise NotKept(f"What was answered for {key} is another switch, or has a value of another type")
    return switch


def to_run(found: Mapping[str, Any], task: str, plan: str | None = None) -> TaskRun:
    """A task run as the contract tells it; of this `plan`, where there is one already."""
    known = {name: found.get(name) for name in TaskRun.model_fields}
    run = _kept(TaskRun, {**known, "says": _brief(found.get("says"), SAID)})
    if run.task != task or min(run.done, run.failed) < 0 or run.done + run.failed > run.count:
        raise NotKept(f"What was answered for {task} is another task, or about more than it counted")
    if plan not in {None, run.plan}:
        raise NotKept(f"What was answered for {plan} is another plan")
    if PLAN.fullmatch(run.plan) is None:
        raise NotKept(f"A plan of {task} has no short and readable name (`plan`)")
    return run


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same: true is not 1."""
    return type(one) is type(other) and one == other


def shown(value: Value) -> str:
    """A value as its JSON; of a long text the beginning."""
    return brief(json.dumps(value, ensure_ascii=False), SAID)


def seconds_of(lasts: timedelta) -> int:
    """Whole seconds, as the contract counts them."""
    return int(lasts.total_seconds())


ASK = "`codeblue switchboard check` says what else it does not keep."

F = TypeVar("F", bound=Facts)


class NotKept(Permanent):
    """What was answered is not what the contract says; `what` says it without a remedy."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; {ASK}")
        self.args = (what,)
        self.what = what


def _brief(said: object, at_most: int) -> object:
    return brief(said, at_most) if isinstance(said, str) else said


def _kept(kind: type[F], found: dict[str, Any]) -> F:
    try:
        return kind.model_validate_json(json.dumps(found), strict=True)  # "7" is no number, and a number no time
    except ValidationError as error:
        at = ".".join(str(part) for part in error.errors()[0]["loc"] if part not in KINDS.values())
        raise NotKept(f"The switchboard's answer has no {at} as the contract has it") from error
