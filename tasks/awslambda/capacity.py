"""Changing how many requests a function can serve at once: environments that stand ready, and its ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal.facts.words import Answer, Effect, Stake
from runbook import Drifted, NotNeeded, NotSafe, Outcome, Plan, Result, Reversible, Target, Warrant, changes
from tasks.awslambda.read import (
    LATEST,
    Concurrency,
    function_arns,
    get_alias,
    is_shifting,
    provisioned,
    read_concurrency,
    reserved,
)
from tasks.awslambda.served import calls_by_alias
from tasks.selections import AliasOf, FunctionOf
from tasks.waiting import until

LEAST_UNRESERVED = 100
"""What AWS insists on leaving to the functions without a ceiling of their own."""

READY, FAILED = "READY", "FAILED"
ASKED_EVERY = timedelta(milliseconds=200)


class ProvisionTarget(Target):
    """Provisioned concurrency of an alias, which points to `version`. `old` is nothing where there is none."""

    version: str
    old: int | None
    new: int


@changes(
    ProvisionTarget,
    name="lambda.provision_concurrency",
    effect=Effect.REVERSIBLE,
    needs=("lambda:PutProvisionedConcurrencyConfig", "lambda:DeleteProvisionedConcurrencyConfig"),
    reads=(
        "lambda:GetAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:GetFunctionConcurrency",
        "lambda:GetAccountSettings",
        "cloudwatch:GetMetricData",
        "application-autoscaling:DescribeScalableTargets",
    ),
)
@dataclass(frozen=True, kw_only=True)
class ProvisionConcurrency(Reversible[ProvisionTarget]):
    """Let `executions` environments of the alias stand ready (`rung.c065`), so that nobody waits for one to begin.

    It helps only if the requests come by that alias, which the metrics of the last `traffic` tell.
    """

    aws: Aws
    function: str
    alias: str
    executions: int = 10
    traffic: timedelta = timedelta(minutes=15)
    ready_within: timedelta = timedelta(minutes=8)

    @property
    def about(self) -> AliasOf:
        return AliasOf(function=self.function, alias=self.alias)

    @property
    def lock(self) -> str:
        return f"lambda:{self.function}"

    def plan(self) -> Plan[ProvisionTarget] | NotNeeded:
        client = self.aws.reading("lambda")
        alias = get_alias(client, self.function, self.alias)
        if is_shifting(alias):
            raise NotSafe(f"A deployment shifts requests of {self._where} to another version; wait for its end.")
        if alias["FunctionVersion"] == LATEST:
            raise NotSafe(f"{self._where} points to {LATEST}, which cannot be provisioned; publish a version first.")
        now = read_concurrency(self.aws, self.function, self.alias)
        if now.provisioned >= self.executions:
            return NotNeeded(why=f"{now.provisioned} environments were asked for already ({now.status}).")
        self._fits(now)
        if _scaled_by_aws(self.aws, self.function, self.alias):
            raise NotSafe(f"Application Auto Scaling sets what {self._where} provisions; raise its minimum instead.")
        if not calls_by_alias(self.aws, self.function, self.alias, self.traffic):
            raise NotSafe(
                f"No request came by {self._where} in the last {self.traffic.seconds // 60} min, so nothing that stands"
                " ready there is used; let the API call this alias."
            )
        target = ProvisionTarget(
            name=f"provisioned concurrency of {self._where}",
            before=str(now.provisioned or "none"),
            after=str(self.executions),
            version=alias["FunctionVersion"],
            old=now.provisioned or None,
            new=self.executions,
        )
        return Plan(
            change=self.name,
            summary=f"Keep {self.executions} environments of {self._where} ready, instead of {target.before}.",
            targets=(target,),
            out_of=1,
            warnings=("They cost money as long as they stand ready, used or not.",),
        )

    def apply(self, plan: Plan[ProvisionTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        client = self.aws.reading("lambda")
        if (now := self._wanted(client)) != target.old:
            raise Drifted(f"{self._where} provisions {now or 'none'} by now, no longer {target.before}; plan again.")
        if (version := get_alias(client, self.function, self.alias)["FunctionVersion"]) != target.version:
            raise Drifted(f"{self._where} is version {version} by now, no longer {target.version}; plan again.")
        self._fits(read_concurrency(self.aws, self.function, self.alias))
        return self._put(warrant, target, target.new)

    def landed(self, plan: Plan[ProvisionTarget]) -> tuple[Answer, str]:
        (target,) = plan.targets
        client = self.aws.reading("lambda")
        if (now := self._wanted(client)) != target.new:
            return Answer.NO, f"{self._where} provisions {now or 'none'}."
        ready = self._until_ready(client)
        return (Answer.YES if ready else Answer.UNKNOWN), f"{self._where} provisions {now}, {self._status(client)}."

    def undo(self, plan: Plan[ProvisionTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        now = self._wanted(self.aws.reading("lambda"))
        if now == target.old:
            return Outcome(ok=True, note=f"{self._where} provisions {target.before}.", results=_done(target))
        if now != target.new:
            note = f"{self._where} provisions {now or 'none'} by now, which somebody else decided; it was left alone."
            return Outcome(ok=False, note=note, results=(Result(name=target.name, done=False, note=note),))
        if target.old is not None:
            return self._put(warrant, target, target.old)
        changing = self.aws.changing("lambda", warrant, self.permissions, on=function_arns(self.aws, self.function))
        try:
            changing.delete_provisioned_concurrency_config(FunctionName=self.function, Qualifier=self.alias)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"give the provisioned concurrency of {self._where} back") from error
        return Outcome(ok=True, note=f"{self._where} provisions none again.", results=_done(target))

    def undone(self, plan: Plan[ProvisionTarget]) -> tuple[Answer, str]:
        now = self._wanted(self.aws.reading("lambda"))
        return (Answer.YES if now == plan.targets[0].old else Answer.NO), f"{self._where} provisions {now or 'none'}."

    def _fits(self, now: Concurrency) -> None:
        more = self.executions - now.provisioned
        if now.reserved is not None and self.executions > now.reserved:
            raise NotSafe(f"{self.function} has a ceiling of {now.reserved}, so {self.executions} cannot stand ready.")
        if now.reserved is None and now.unreserved - more < LEAST_UNRESERVED:
            raise NotSafe(
                f"{more} more would leave the account's other functions {now.unreserved - more}; AWS insists on"
                f" {LEAST_UNRESERVED}. Ask for a higher limit of the account."
            )

    def _put(self, warrant: Warrant, target: ProvisionTarget, executions: int) -> Outcome:
        changing = self.aws.changing("lambda", warrant, self.permissions, on=function_arns(self.aws, self.function))
        try:
            changing.put_provisioned_concurrency_config(
                FunctionName=self.function, Qualifier=self.alias, ProvisionedConcurrentExecutions=executions
            )
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"provision {executions} of {self._where}") from error
        reading = self.aws.reading("lambda")
        ready = self._until_ready(reading)
        note = f"{self._where} provisions {executions}, {self._status(reading)}."
        return Outcome(ok=ready, note=note, results=(Result(name=target.name, done=True, note=note),))

    def _until_ready(self, client: Any) -> bool:
        def settled() -> bool:
            return self._status(client) in (READY, FAILED)

        until(settled, within=self.ready_within, every=ASKED_EVERY)
        return self._status(client) == READY

    def _status(self, client: Any) -> str:
        return (provisioned(client, self.function, self.alias) or {}).get("Status", "none")

    def _wanted(self, client: Any) -> int | None:
        held = provisioned(client, self.function, self.alias)
        return None if held is None else int(held["RequestedProvisionedConcurrentExecutions"])

    @property
    def _where(self) -> str:
        return f"{self.function}:{self.alias}"


class CeilingTarget(Target):
    """Reserved concurrency of one function."""

    old: int
    new: int


@changes(
    CeilingTarget,
    name="lambda.raise_ceiling",
    effect=Effect.REVERSIBLE,
    stake=Stake.LIMIT,
    needs=("lambda:PutFunctionConcurrency",),
    reads=("lambda:GetFunctionConcurrency", "lambda:GetProvisionedConcurrencyConfig", "lambda:GetAccountSettings"),
)
@dataclass(frozen=True, kw_only=True)
class RaiseCeiling(Reversible[CeilingTarget]):
    """Raise a function's reserved concurrency, which is also its ceiling; never lower it.

    What one function reserves, all others lose, so the account must keep `LEAST_UNRESERVED`.
    """

    aws: Aws
    function: str
    alias: str | None = None
    """By which it is called; of no matter to the ceiling, which all versions share."""
    by: float = 2.0

    @property
    def about(self) -> FunctionOf:
        if self.alias is None:
            return FunctionOf(function=self.function)
        return AliasOf(function=self.function, alias=self.alias)

    @property
    def lock(self) -> str:
        return f"lambda:{self.function}"

    def plan(self) -> Plan[CeilingTarget] | NotNeeded:
        now = read_concurrency(self.aws, self.function, self.alias)
        if now.reserved is None:
            return NotNeeded(
                why=f"{self.function} has no ceiling of its own; it shares {now.unreserved} with the others."
            )
        new = int(now.reserved * self.by)
        if new <= now.reserved:
            raise NotSafe(f"{self.function} may serve {now.reserved} requests at once; {new} would not be more.")
        left = now.unreserved + now.reserved - new
        if left < LEAST_UNRESERVED:
            raise NotSafe(
                f"A ceiling of {new} would leave the account's other functions {left}; AWS insists on"
                f" {LEAST_UNRESERVED}. Ask for a higher limit of the account."
            )
        target = CeilingTarget(
            name=f"reserved concurrency of {self.function}",
            before=str(now.reserved),
            after=str(new),
            old=now.reserved,
            new=new,
        )
        return Plan(
            change=self.name,
            summary=f"Let {self.function} serve {new} requests at once instead of {now.reserved}.",
            targets=(target,),
            out_of=1,
            warnings=(f"All other functions of the account share {left} afterwards.",),
        )

    def apply(self, plan: Plan[CeilingTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if (now := self._now()) != target.old:
            raise Drifted(f"The ceiling of {self.function} is {now} by now, no longer {target.old}; plan again.")
        self._put(warrant, target.new)
        return Outcome(ok=True, note=f"The ceiling of {self.function} is {target.new}.", results=_done(target))

    def landed(self, plan: Plan[CeilingTarget]) -> tuple[Answer, str]:
        return self._is(plan.targets[0].new)

    def undo(self, plan: Plan[CeilingTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        now = self._now()
        if now not in (target.old, target.new):
            note = f"The ceiling of {self.function} is {now} by now, which somebody else decided; it was left alone."
            return Outcome(ok=False, note=note, results=(Result(name=target.name, done=False, note=note),))
        if now == target.new:
            self._put(warrant, target.old)
        return Outcome(ok=True, note=f"The ceiling of {self.function} is {target.old} again.", results=_done(target))

    def undone(self, plan: Plan[CeilingTarget]) -> tuple[Answer, str]:
        return self._is(plan.targets[0].old)

    def _is(self, wanted: int) -> tuple[Answer, str]:
        now = self._now()
        return (Answer.YES if now == wanted else Answer.NO), f"The ceiling of {self.function} is {now}."

    def _now(self) -> int | None:
        return reserved(self.aws.reading("lambda"), self.function)

    def _put(self, warrant: Warrant, ceiling: int) -> None:
        changing = self.aws.changing("lambda", warrant, self.permissions, on=function_arns(self.aws, self.function))
        try:
            changing.put_function_concurrency(FunctionName=self.function, ReservedConcurrentExecutions=ceiling)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"set the reserved concurrency of {self.function}") from error


def _scaled_by_aws(aws: Aws, function: str, alias: str) -> bool:
    """Whether Application Auto Scaling owns the alias's provisioned concurrency, and would set it back."""
    try:
        answer = aws.reading("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="lambda", ResourceIds=[f"function:{function}:{alias}"]
        )
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"ask who scales {function}:{alias}") from error
    return bool(answer["ScalableTargets"])


def _done(target: Target) -> tuple[Result, ...]:
    return (Result(name=target.name, done=True),)
