"""Changing what a version of a function carries: its memory and its timeout.

A published version never changes, and the API calls an alias that points to one. So a new value goes into `$LATEST`,
a version is published of it, and the alias is pointed there. That is only safe while `$LATEST` has nothing else that
the alias's version has not: otherwise somebody's unfinished work would be released in the middle of an incident.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal.facts.words import Answer, Effect
from runbook import (
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Permanent,
    Plan,
    Result,
    Reversible,
    Target,
    Temporary,
    Warrant,
    changes,
)
from tasks.awslambda.read import LATEST, configuration, function_arns, get_alias, is_shifting, shipped
from tasks.selections import AliasOf
from tasks.waiting import until

MOST_MEMORY_MB = 10_240
INTEGRATION_LIMIT = timedelta(seconds=29)
"""API Gateway gives up on a request after this, whatever the function is allowed."""

NEEDS = ("lambda:UpdateFunctionConfiguration", "lambda:PublishVersion", "lambda:UpdateAlias")
READS = ("lambda:GetAlias", "lambda:GetFunctionConfiguration")


class SettingTarget(Target):
    """One setting of the version behind an alias. `code_sha256` is the hash of its code, `revision` the alias's."""

    function: str
    alias: str
    version: str
    revision: str
    code_sha256: str
    old: int
    new: int


@dataclass(frozen=True, kw_only=True)
class _Configure(Reversible[SettingTarget], ABC):
    """A new value of one setting, in a version of its own. Subclasses say which, and which values are safe."""

    setting: ClassVar[str]
    unit: ClassVar[str]

    aws: Aws
    function: str
    alias: str
    within: timedelta = timedelta(minutes=2)

    @property
    def about(self) -> AliasOf:
        return AliasOf(function=self.function, alias=self.alias)

    @property
    def lock(self) -> str:
        return f"lambda:{self.function}"

    @abstractmethod
    def wanted(self, now: int) -> int | NotNeeded:
        """The new value, given what the version behind the alias has now. Raises `NotSafe`."""

    def plan(self) -> Plan[SettingTarget] | NotNeeded:
        client = self.aws.reading("lambda")
        alias, said = get_alias(client, self.function, self.alias), configuration(client, self.function, self.alias)
        latest = configuration(client, self.function)
        if is_shifting(alias):
            raise NotSafe(f"A deployment shifts requests of {self._where} to another version; wait for its end.")
        if said["Version"] == LATEST:
            raise NotSafe(f"{self._where} points to {LATEST}, so there is no version to go back to; publish one first.")
        new = self.wanted(said[self.setting])
        if isinstance(new, NotNeeded):
            return new
        if _differ(latest, said, self.setting):
            raise NotSafe(
                f"{LATEST} of {self.function} has changes that {self._where} has not, and they would be released too;"
                " release or discard them first."
            )
        self._settled(client)
        target = SettingTarget(
            name=f"{self.setting} of {self._where}",
            before=f"{said[self.setting]} {self.unit} (version {said['Version']})",
            after=f"{new} {self.unit} (a new version of the same code)",
            function=self.function,
            alias=self.alias,
            version=said["Version"],
            revision=alias.get("RevisionId", ""),
            code_sha256=said["CodeSha256"],
            old=said[self.setting],
            new=new,
        )
        return Plan(
            change=self.name,
            summary=f"Publish {self.function} with {self.setting} {new} {self.unit} instead of {target.old}, and point"
            f" {self.alias} there.",
            targets=(target,),
            out_of=1,
            warnings=("The next deployment brings the old value back unless its template is changed as well.",),
        )

    def apply(self, plan: Plan[SettingTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        client = self.aws.reading("lambda")
        alias, latest = get_alias(client, self.function, self.alias), configuration(client, self.function)
        if (alias["FunctionVersion"], alias.get("RevisionId", "")) != (target.version, target.revision):
            raise Drifted(f"{self._where} was pointed elsewhere since this was planned; plan again.")
        # The new value may be there already, from an attempt that did not get further.
        if latest["CodeSha256"] != target.code_sha256 or latest[self.setting] not in (target.old, target.new):
            raise Drifted(f"{LATEST} of {self.function} was changed since this was planned; plan again.")
        published = self._publish(warrant, target)
        return Outcome(
            ok=True,
            note=f"{self._where} is version {published} with {self.setting} {target.new} {self.unit}.",
            results=(Result(name=target.name, done=True),),
        )

    def landed(self, plan: Plan[SettingTarget]) -> tuple[Answer, str]:
        (target,) = plan.targets
        said = configuration(self.aws.reading("lambda"), self.function, self.alias)
        return (Answer.YES if self._is_ours(said, target) else Answer.NO), self._said(said)

    def undo(self, plan: Plan[SettingTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        reading, name = self.aws.reading("lambda"), (Result(name=target.name, done=True),)
        said = configuration(reading, self.function, self.alias)
        if said["Version"] != target.version and not self._is_ours(said, target):
            note = f"{self._where} is version {said['Version']} of a later deployment; it was left alone."
            return Outcome(ok=False, note=note, results=(Result(name=target.name, done=False, note=note),))
        changing = self.aws.changing("lambda", warrant, self.permissions, on=function_arns(self.aws, self.function))
        if said["Version"] != target.version:
            _call(f"point {self._where} back", lambda: self._point(changing, target.version))
        latest = configuration(reading, self.function)
        if latest["CodeSha256"] == target.code_sha256 and latest[self.setting] == target.new:
            _call(f"set {self.setting} of {self.function} back", lambda: self._set(changing, target.old))
            self._until_settled(reading)
        return Outcome(ok=True, note=f"{self._where} is version {target.version} again.", results=name)

    def undone(self, plan: Plan[SettingTarget]) -> tuple[Answer, str]:
        (target,) = plan.targets
        said = configuration(self.aws.reading("lambda"), self.function, self.alias)
        return (Answer.YES if said["Version"] == target.version else Answer.NO), self._said(said)

    def _publish(self, warrant: Warrant, target: SettingTarget) -> str:
        """Set, publish, point. After the first of them an error is `Temporary`: the target is asked how far it got."""
        reading = self.aws.reading("lambda")
        client = self.aws.changing("lambda", warrant, self.permissions, on=function_arns(self.aws, self.function))
        _call(f"set {self.setting} of {self.function}", lambda: self._set(client, target.new))
        try:
            self._until_settled(reading)
            published = _call(
                f"publish a version of {self.function}",
                lambda: client.publish_version(
                    FunctionName=self.function,
                    CodeSha256=target.code_sha256,
                    Description=f"{warrant.incident}: {self.setting} {target.new}",
                ),
            )["Version"]
            self._until_active(reading, published)
            _call(
                f"point {self._where} to version {published}",
                lambda: self._point(client, published, revision=target.revision),
            )
        except Permanent as fault:
            raise Temporary(f"{fault} {LATEST} of {self.function} has the new value already.") from fault
        return published

    def _set(self, client: Any, value: int) -> Any:
        return client.update_function_configuration(FunctionName=self.function, **{self.setting: value})

    def _point(self, client: Any, version: str, *, revision: str | None = None) -> Any:
        more = {"RevisionId": revision} if revision else {}
        return client.update_alias(FunctionName=self.function, Name=self.alias, FunctionVersion=version, **more)

    def _settled(self, client: Any) -> None:
        if configuration(client, self.function).get("LastUpdateStatus") == "InProgress":
            raise Temporary(f"{self.function} is being updated; wait for the end of it.")

    def _until_settled(self, client: Any) -> None:
        def settled() -> bool:
            return configuration(client, self.function).get("LastUpdateStatus") != "InProgress"

        if not until(settled, within=self.within):
            raise Temporary(f"The update of {self.function} was not done within {self.within}.")

    def _until_active(self, client: Any, version: str) -> None:
        def active() -> bool:
            return configuration(client, self.function, version).get("State", "Active") == "Active"

        if not until(active, within=self.within):
            raise Temporary(f"Version {version} of {self.function} was not active within {self.within}.")

    def _is_ours(self, said: dict[str, Any], target: SettingTarget) -> bool:
        return (
            said["Version"] != target.version
            and said["CodeSha256"] == target.code_sha256
            and (said[self.setting] == target.new)
        )

    def _said(self, said: dict[str, Any]) -> str:
        return f"{self._where} is version {said['Version']} with {self.setting} {said[self.setting]} {self.unit}."

    @property
    def _where(self) -> str:
        return f"{self.function}:{self.alias}"


@changes(SettingTarget, name="lambda.raise_memory", effect=Effect.REVERSIBLE, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class RaiseMemory(_Configure):
    """Give the function more memory (`rung.h118`), and computing power with it; never less.

    `by` multiplies what it has; `at_most` MB is never exceeded.
    """

    setting: ClassVar[str] = "MemorySize"
    unit: ClassVar[str] = "MB"

    by: float = 2.0
    at_most: int = 3008

    def plan(self) -> Plan[SettingTarget]:
        told = super().plan()
        assert isinstance(told, Plan)  # there is always more to give, or it is not safe
        return told

    def wanted(self, now: int) -> int:
        ceiling = min(self.at_most, MOST_MEMORY_MB)
        if now >= ceiling:
            raise NotSafe(f"{self._where} has {now} MB already, and {ceiling} MB is the most; find what needs so much.")
        new = min(int(now * self.by), ceiling)
        if new <= now:
            raise NotSafe(f"{new} MB would not be more than the {now} MB that {self._where} has.")
        return new


@changes(SettingTarget, name="lambda.raise_timeout", effect=Effect.REVERSIBLE, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class RaiseTimeout(_Configure):
    """Give the function more time (`rung.h119`); never less, and never more than API Gateway waits."""

    setting: ClassVar[str] = "Timeout"
    unit: ClassVar[str] = "s"

    to: timedelta = INTEGRATION_LIMIT

    def wanted(self, now: int) -> int | NotNeeded:
        new = int(self.to.total_seconds())
        if self.to > INTEGRATION_LIMIT:
            raise NotSafe(
                f"API Gateway gives up after {INTEGRATION_LIMIT.seconds} s, so a timeout of {new} s is of no use."
            )
        if new == now:
            return NotNeeded(why=f"The timeout of {self._where} is {now} s already.")
        if new < now:
            raise NotSafe(f"The timeout of {self._where} is {now} s; {new} s would lower it.")
        return new


def _differ(latest: dict[str, Any], said: dict[str, Any], setting: str) -> bool:
    return shipped(latest, but=setting) != shipped(said, but=setting)


def _call(doing: str, act: Any) -> Any:
    try:
        return act()
    except (ClientError, BotoCoreError) as error:
        raise explain(error, doing) from error
