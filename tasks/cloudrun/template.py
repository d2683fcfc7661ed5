"""Changing one variable of a service's template: Cloud Run makes a new revision of it, which then answers.

A template is replaced as a whole, so it is sent as it was read, with one variable changed, under the etag that it had.
Undoing makes another revision that is told what the one before was told.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from blocks.google import Google
from journal.facts.words import Answer, Effect, Stake
from runbook import Drifted, NotNeeded, NotSafe, Outcome, Plan, Result, Reversible, Target, Warrant, changes
from tasks.cloudrun.operation import SERVES_WITHIN, carry_out, refuse_while_under_way
from tasks.cloudrun.service import READY, described, last, shares, state_of, terminal
from tasks.cloudrun.told import NEWEST, pairs, version_of
from tasks.secretmanager.read import read_versions
from tasks.selections import RunServiceOf

UPDATES = ("google:run.services.update", "google:iam.serviceAccounts.actAs")
FOLLOWS = ("google:run.services.get", "google:run.operations.get")


class VariableTarget(Target):
    """One variable of a service in the state that was looked at, by a digest of its etag."""

    service: str
    state: str
    variable: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class _Variable(Reversible[VariableTarget]):
    """What a change of one variable has in common with others; `_read` and `_write` know what stands in it."""

    google: Google
    service: str
    variable: str
    container: str = ""
    within: timedelta = SERVES_WITHIN

    @property
    def about(self) -> RunServiceOf:
        return RunServiceOf(service=self.service)

    @property
    def lock(self) -> str:
        return f"cloudrun:{self.service}"

    @abstractmethod
    def _read(self, pair: Mapping[str, Any]) -> str:
        """What stands in the variable. Raises `NotSafe` where that is of another kind."""

    @abstractmethod
    def _write(self, pair: dict[str, Any], new: str) -> None:
        """Put it there."""

    def _targeted(self, found: dict[str, Any], old: str, new: str, told: str) -> VariableTarget:
        """The target, once it is sure that a new revision would answer. `told` is what stands before its values."""
        refuse_while_under_way(self.service, found)
        if not any(one.latest and one.percent for one in shares(found.get("traffic"))):
            raise NotSafe(
                f"The traffic of {self.service} follows no new revision, so that one would answer nobody; send it to"
                " the latest one first."
            )
        return VariableTarget(
            name=f"{self.service}: {self.variable}",
            before=f"{told}{old}",
            after=f"{told}{new}",
            service=self.service,
            state=state_of(found),
            variable=self.variable,
            old=old,
            new=new,
        )

    def apply(self, plan: Plan[VariableTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        found = described(self.google, self.service)
        if state_of(found) != target.state:
            raise Drifted(f"{target.service} was changed since this was planned; plan again.")
        return self._put(found, target.new, warrant)

    def landed(self, plan: Plan[VariableTarget]) -> tuple[Answer, str]:
        return self._is(plan.targets[0].new)

    def undo(self, plan: Plan[VariableTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        found = described(self.google, self.service)
        now = self._read(self._pair(found))
        if now == target.new:
            return self._put(found, target.old, warrant)
        by = "as before" if now == target.old else "by somebody else's doing; it was left alone"
        note = f"{target.name} is {now}, {by}."
        done = now == target.old
        return Outcome(ok=done, note=note, results=(Result(name=target.name, done=done, note=note),))

    def undone(self, plan: Plan[VariableTarget]) -> tuple[Answer, str]:
        return self._is(plan.targets[0].old)

    def _pair(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The variable in the template. Raises `NotSafe` where it is not there, or more than once."""
        there = [one for one in pairs(found.get("template") or {}, self.container) if one.get("name") == self.variable]
        if len(there) != 1:
            raise NotSafe(f"{self.service} does not set {self.variable} in one place; correct the environment.")
        return there[0]

    def _put(self, found: dict[str, Any], new: str, warrant: Warrant) -> Outcome:
        wanted = deepcopy(found)
        self._write(self._pair(wanted), new)
        wanted["template"].pop("revision", None)  # the name of the one that is there; a new one gets its own
        return carry_out(
            self.google,
            self.service,
            {"template": wanted["template"]},
            str(found.get("etag", "")),
            warrant,
            is_so=lambda one: self._read(self._pair(one)) == new,
            doing=f"make a revision of {self.service} with another {self.variable}",
            done=f"A new revision of {self.service} answers, whose {self.variable} is {new}.",
            within=self.within,
        )

    def _is(self, wanted: str) -> tuple[Answer, str]:
        found = described(self.google, self.service)
        now = self._read(self._pair(found))
        if now != wanted:
            return Answer.NO, f"{self.variable} of {self.service} is {now}."
        state, why = terminal(found)
        newest, ready = (last(found.get(one)) for one in ("latestCreatedRevision", "latestReadyRevision"))
        if found.get("reconciling") or state != READY or newest != ready:
            return Answer.UNKNOWN, f"{self.variable} of {self.service} is to be {now}, and it is not so yet. {why}"
        return Answer.YES, f"{newest} answers, whose {self.variable} is {now}."


@changes(
    VariableTarget,
    name="cloudrun.refresh_secret",
    effect=Effect.REVERSIBLE,
    stake=Stake.ACCESS,
    needs=UPDATES,
    reads=(*FOLLOWS, *read_versions.permissions),
)
@dataclass(frozen=True, kw_only=True)
class RefreshSecret(_Variable):
    """Let a new revision read the newest version of a secret that may be read. What it holds is never seen."""

    secret: str

    def plan(self) -> Plan[VariableTarget] | NotNeeded:
        found = described(self.google, self.service)
        reads, newest = self._read(self._pair(found)), self._newest()
        if int(reads) >= newest:
            return NotNeeded(why=f"{self.service} is to read version {reads} of {self.secret} already.")
        target = self._targeted(found, reads, str(newest), "reads version ")
        template: dict[str, Any] = found.get("template") or {}
        return Plan(
            change=self.name,
            summary=f"Make a revision of {self.service} that reads version {newest} of {self.secret}, not {reads}.",
            targets=(target,),
            out_of=sum(version_of(one) is not None for one in pairs(template, self.container)),
            warnings=(f"Whoever still shows what version {reads} holds is refused from then on.",),
        )

    def _newest(self) -> int:
        try:
            return read_versions(self.google, self.secret).newest().number
        except LookupError as why:
            raise NotSafe(f"What is to be read cannot be told: {why}.") from why

    def _read(self, pair: Mapping[str, Any]) -> str:
        held = version_of(pair)
        if held is None or held[0] != self.secret:
            raise NotSafe(f"{self.service} does not read {self.variable} from {self.secret}; correct the environment.")
        if not held[1].isdecimal():
            told = "the newest" if held[1] == NEWEST else "what a name stands for"
            raise NotSafe(f"{self.service} reads {told} when an instance starts: deploy the same revision again.")
        return held[1]

    def _write(self, pair: dict[str, Any], new: str) -> None:
        pair["valueSource"]["secretKeyRef"]["version"] = new


@changes(
    VariableTarget,
    name="cloudrun.set_variable",
    effect=Effect.REVERSIBLE,
    stake=Stake.ACCESS,
    needs=UPDATES,
    reads=FOLLOWS,
)
@dataclass(frozen=True, kw_only=True)
class SetVariable(_Variable):
    """Set one variable to what the environment declares for it. `declared` has all that may be set; none is secret."""

    declared: Mapping[str, str] = field(default_factory=dict[str, str])

    def plan(self) -> Plan[VariableTarget] | NotNeeded:
        if self.variable not in self.declared:
            raise NotSafe(f"The environment does not declare {self.variable}, so nobody may set it; declare it.")
        found = described(self.google, self.service)
        now, wanted = self._read(self._pair(found)), self.declared[self.variable]
        if now == wanted:
            return NotNeeded(why=f"{self.variable} of {self.service} is {now} already.")
        return Plan(
            change=self.name,
            summary=f"Make a revision of {self.service} whose {self.variable} is {wanted}, not {now}.",
            targets=(self._targeted(found, now, wanted, f"{self.variable} is "),),
            out_of=len(self.declared),
        )

    def _read(self, pair: Mapping[str, Any]) -> str:
        if version_of(pair) is not None or not pair.get("value"):
            raise NotSafe(f"{self.variable} of {self.service} comes from a secret, or is empty; it is not set by us.")
        return str(pair["value"])

    def _write(self, pair: dict[str, Any], new: str) -> None:
        pair["value"] = new
