"""Changes to an RDS instance's parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from blocks.postgres import Postgres
from journal.facts.words import Answer, Effect, Stake
from runbook import (
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Plan,
    Result,
    Reversible,
    Target,
    Temporary,
    Warrant,
    changes,
)
from tasks.postgres.read import read_slots
from tasks.rds.read import MAX_CONNECTIONS, describe, parameter, to_instance, users_of
from tasks.selections import InstanceOf


class ParameterTarget(Target):
    """One parameter of one group. `source` is `system` where the group only inherits the engine's default."""

    group: str
    old: str | None
    new: str
    source: str


@changes(
    ParameterTarget,
    name="rds.raise_max_connections",
    effect=Effect.REVERSIBLE,
    stake=Stake.LIMIT,
    needs=("rds:ModifyDBParameterGroup", "rds:ResetDBParameterGroup"),
    reads=("rds:DescribeDBInstances", "rds:DescribeDBParameters"),
)
@dataclass(frozen=True, kw_only=True)
class RaiseMaxConnections(Reversible[ParameterTarget]):
    """Raise max_connections in the instance's own parameter group (`rung.c329`); never lower it.

    The literal 200 of the source may be less than what the server has now, so the new value is at least that and at
    least `by` above what runs. It waits for a reboot; `RebootInstance` is a step of its own.
    """

    aws: Aws
    database: Postgres
    identifier: str
    group: str
    at_least: int = 200
    by: float = 1.5

    @property
    def about(self) -> InstanceOf:
        return InstanceOf(identifier=self.identifier)

    def plan(self) -> Plan[ParameterTarget] | NotNeeded:
        rds = self.aws.reading("rds")
        instance = to_instance(describe(rds, self.identifier))
        if instance.parameter_group != self.group:
            raise NotSafe(
                f"{self.identifier} uses the parameter group {instance.parameter_group}, not {self.group};"
                " correct the environment."
            )
        if self.group.startswith("default."):
            raise NotSafe(f"{self.group} is AWS's own default group and cannot be changed; give the instance its own.")
        if others := [user for user in users_of(rds, self.group) if user != self.identifier]:
            raise NotSafe(f"{self.group} is also used by {', '.join(others)}, which would change too; split the group.")
        running = read_slots(self.database)
        if running.refused:
            raise Temporary("The server is too full to say what max_connections is; the raise cannot be computed yet.")
        found = parameter(rds, self.group, MAX_CONNECTIONS)
        new = max(self.at_least, int(running.limit * self.by))
        if _number(found) == new:
            return NotNeeded(why=f"{self.group} already says max_connections {new}; it waits for a reboot.")
        if new <= max(running.limit, _number(found)):
            raise NotSafe(f"max_connections is already {max(running.limit, _number(found))}; {new} would lower it.")
        target = ParameterTarget(
            name=f"max_connections in {self.group}",
            before=f"{running.limit} in use (group says {found.get('ParameterValue', 'nothing')})",
            after=f"{new} after the next reboot",
            group=self.group,
            old=found.get("ParameterValue"),
            new=str(new),
            source=found.get("Source", "system"),
        )
        return Plan(
            change=self.name,
            summary=f"Set max_connections of {self.identifier} from {running.limit} to {new}, at its next reboot.",
            targets=(target,),
            out_of=1,
            warnings=("The value waits for a reboot and lands at any later one, also an unplanned one.",),
        )

    def apply(self, plan: Plan[ParameterTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if (now := self._value(target)) != target.old:
            raise Drifted(f"max_connections in {target.group} is {now}, no longer {target.old}; plan again.")
        self._set(warrant, target, target.new)
        return Outcome(ok=True, note=f"{target.group} now says max_connections {target.new}.", results=_done(target))

    def landed(self, plan: Plan[ParameterTarget]) -> tuple[Answer, str]:
        return self._is(plan, plan.targets[0].new)

    def undo(self, plan: Plan[ParameterTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if self._value(target) == target.old:
            return Outcome(ok=True, note="The old value is in place.", results=_done(target))
        if target.old is None or target.source != "user":
            self._reset(warrant, target)
        else:
            self._set(warrant, target, target.old)
        return Outcome(ok=True, note=f"{target.group} has its old value again ({target.old}).", results=_done(target))

    def undone(self, plan: Plan[ParameterTarget]) -> tuple[Answer, str]:
        return self._is(plan, plan.targets[0].old)

    def _is(self, plan: Plan[ParameterTarget], wanted: str | None) -> tuple[Answer, str]:
        now = self._value(plan.targets[0])
        return (Answer.YES if now == wanted else Answer.NO), f"The group says max_connections {now}."

    def _value(self, target: ParameterTarget) -> str | None:
        return parameter(self.aws.reading("rds"), target.group, MAX_CONNECTIONS).get("ParameterValue")

    def _set(self, warrant: Warrant, target: ParameterTarget, value: str) -> None:
        self._write(warrant, "modify_db_parameter_group", target, {"ParameterValue": value})

    def _reset(self, warrant: Warrant, target: ParameterTarget) -> None:
        self._write(warrant, "reset_db_parameter_group", target, {})

    def _write(self, warrant: Warrant, call: str, target: ParameterTarget, more: dict[str, str]) -> None:
        rds = self.aws.changing("rds", warrant, self.permissions, on=[self.aws.arn("rds", f"pg:{target.group}")])
        change = {"ParameterName": MAX_CONNECTIONS, "ApplyMethod": "pending-reboot", **more}
        try:
            getattr(rds, call)(DBParameterGroupName=target.group, Parameters=[change])
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"set max_connections in {target.group}") from error


def _done(target: ParameterTarget) -> tuple[Result, ...]:
    return (Result(name=target.name, done=True),)


def _number(found: dict[str, Any]) -> int:
    """The value as a number; a formula such as `LEAST({DBInstanceClassMemory/9531392},5000)` sets no fixed floor."""
    value = str(found.get("ParameterValue") or "")
    return int(value) if value.isdigit() else 0
