"""Setting one parameter in an RDS instance's own parameter group, and putting it back: what such changes share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal.facts.words import Answer
from runbook import Drifted, NotSafe, Outcome, Plan, Result, Reversible, Target, Warrant
from tasks.rds.read import describe, parameter, to_instance, users_of
from tasks.selections import InstanceOf

NEEDS = ("rds:ModifyDBParameterGroup", "rds:ResetDBParameterGroup")
READS = ("rds:DescribeDBInstances", "rds:DescribeDBParameters")


class ParameterTarget(Target):
    """One parameter of one group. `source` is `system` where the group only inherits the engine's default."""

    group: str
    old: str | None
    new: str
    source: str


@dataclass(frozen=True, kw_only=True)
class SetParameter(Reversible[ParameterTarget]):
    """A change of one parameter of `group`, which must be the instance's own and of no other."""

    aws: Aws
    identifier: str
    group: str

    parameter: ClassVar[str]
    method: ClassVar[Literal["immediate", "pending-reboot"]]

    @property
    def about(self) -> InstanceOf:
        return InstanceOf(identifier=self.identifier)

    def found(self) -> dict[str, Any]:
        """The parameter as the group has it. Raises `NotSafe` where others than the instance would change with it."""
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
        return parameter(rds, self.group, self.parameter)

    def apply(self, plan: Plan[ParameterTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if (now := self._value(target)) != target.old:
            raise Drifted(f"{self.parameter} in {target.group} is {now}, no longer {target.old}; plan again.")
        self._set(warrant, target, target.new)
        return Outcome(ok=True, note=f"{target.group} now says {self.parameter} {target.new}.", results=_done(target))

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
        return (Answer.YES if now == wanted else Answer.NO), f"The group says {self.parameter} {now}."

    def _value(self, target: ParameterTarget) -> str | None:
        return parameter(self.aws.reading("rds"), target.group, self.parameter).get("ParameterValue")

    def _set(self, warrant: Warrant, target: ParameterTarget, value: str) -> None:
        self._write(warrant, "modify_db_parameter_group", target, {"ParameterValue": value})

    def _reset(self, warrant: Warrant, target: ParameterTarget) -> None:
        self._write(warrant, "reset_db_parameter_group", target, {})

    def _write(self, warrant: Warrant, call: str, target: ParameterTarget, more: dict[str, str]) -> None:
        rds = self.aws.changing("rds", warrant, self.permissions, on=[self.aws.arn("rds", f"pg:{target.group}")])
        change = {"ParameterName": self.parameter, "ApplyMethod": self.method, **more}
        try:
            getattr(rds, call)(DBParameterGroupName=target.group, Parameters=[change])
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"set {self.parameter} in {target.group}") from error


def _done(target: ParameterTarget) -> tuple[Result, ...]:
    return (Result(name=target.name, done=True),)
