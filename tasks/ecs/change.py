"""Changes to an ECS service: a new deployment of what it is, and more tasks. More memory is in `memory.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal.facts.words import Answer, Effect
from runbook import (
    Change,
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
from tasks.ecs.containers import describe
from tasks.selections import ServiceOf
from tasks.waiting import until

STEADY_WITHIN = timedelta(minutes=10)
READS = ("ecs:DescribeServices",)


class ServiceTarget(Target):
    """One service with the deployment that was its PRIMARY one when this was planned."""

    cluster: str
    service: str
    deployment: str


class CountTarget(ServiceTarget):
    """One service, and how many tasks it wanted and shall want."""

    old: int
    new: int


def primary(service: dict[str, Any]) -> dict[str, Any]:
    """The deployment that is to become the service."""
    return next(one for one in service["deployments"] if one["status"] == "PRIMARY")


def refuse_while_rolling(service: dict[str, Any]) -> None:
    """Raise `NotSafe` while a deployment is under way: a second one would throw away what the first has started."""
    if len(service["deployments"]) > 1 or primary(service).get("rolloutState") == "IN_PROGRESS":
        raise NotSafe(
            f"A rollout of {service['serviceName']} is in progress since {primary(service)['createdAt']:%H:%M} UTC;"
            " wait until it has completed or failed."
        )


def is_steady(aws: Aws, cluster: str, name: str) -> bool:
    """Whether the only deployment has completed, and as many tasks run as are wanted."""
    try:
        service = describe(aws, cluster, name)
    except Temporary:
        return False
    done = len(service["deployments"]) == 1 and primary(service).get("rolloutState") == "COMPLETED"
    return done and service["runningCount"] == service["desiredCount"]


def wait_until_steady(aws: Aws, cluster: str, name: str, within: timedelta) -> str:
    """Wait for the service, and say how it went. That it is not steady in time is for the validation to judge."""
    if until(lambda: is_steady(aws, cluster, name), within=within, every=timedelta(seconds=0.5)):
        return "the tasks run and the rollout has completed"
    return f"the rollout had not completed within {within}"


def service_arn(aws: Aws, cluster: str, service: str) -> str:
    """A service as a session policy names it; the cluster by its name or its ARN."""
    return aws.arn("ecs", f"service/{cluster.rpartition('/')[2]}/{service}")


def update(aws: Aws, warrant: Warrant, allow: tuple[str, ...], *, doing: str, **wanted: object) -> dict[str, Any]:
    """UpdateService, with what it answers."""
    try:
        where = service_arn(aws, str(wanted["cluster"]), str(wanted["service"]))
        return aws.changing("ecs", warrant, allow, on=[where]).update_service(**wanted)["service"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, doing) from error


@changes(
    ServiceTarget,
    name="ecs.force_new_deployment",
    effect=Effect.DISRUPTIVE,
    needs=("ecs:UpdateService",),
    reads=READS,
)
@dataclass(frozen=True, kw_only=True)
class ForceNewDeployment(Change[ServiceTarget]):
    """Replace every task of a service by a new one of the same task definition (`rung.c242`), and wait for them."""

    aws: Aws
    cluster: str
    service: str
    loses: str = "What the tasks are doing now is lost."
    steady_within: timedelta = STEADY_WITHIN

    @property
    def about(self) -> ServiceOf:
        return ServiceOf(cluster=self.cluster, service=self.service)

    def plan(self) -> Plan[ServiceTarget]:
        service = describe(self.aws, self.cluster, self.service)
        refuse_while_rolling(service)
        wanted, running = service["desiredCount"], service["runningCount"]
        if wanted == 0:
            raise NotSafe(f"{self.service} wants no tasks, so a new deployment would start none; let it want some.")
        return Plan(
            change=self.name,
            summary=f"Start {wanted} new tasks of {self.service} and end the {running} that run.",
            targets=(
                ServiceTarget(
                    name=self.service,
                    before=f"{running} of {wanted} tasks, deployed {primary(service)['createdAt']:%Y-%m-%d %H:%M} UTC",
                    after=f"{wanted} new tasks of {service['taskDefinition'].rpartition('/')[2]}",
                    cluster=self.cluster,
                    service=self.service,
                    deployment=primary(service)["id"],
                ),
            ),
            out_of=1,
            warnings=(self.loses, *_gap(service)),
        )

    def apply(self, plan: Plan[ServiceTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        service = describe(self.aws, target.cluster, target.service)
        if primary(service)["id"] != target.deployment:
            raise Drifted(f"{target.service} has been deployed since this was planned; look whether that helped.")
        refuse_while_rolling(service)
        update(
            self.aws,
            warrant,
            self.permissions,
            doing=f"deploy {target.service} anew",
            cluster=target.cluster,
            service=target.service,
            forceNewDeployment=True,
        )
        note = wait_until_steady(self.aws, target.cluster, target.service, self.steady_within)
        return Outcome(ok=True, note=f"{note.capitalize()}.", results=(Result(name=target.name, done=True, note=note),))

    def landed(self, plan: Plan[ServiceTarget]) -> tuple[Answer, str]:
        """A deployment shows in its id: whether it is ours or somebody else's, the tasks are new ones."""
        (target,) = plan.targets
        now = primary(describe(self.aws, target.cluster, target.service))
        answer = Answer.NO if now["id"] == target.deployment else Answer.YES
        return answer, f"The deployment of {target.service} is from {now['createdAt']:%H:%M:%S} UTC."


def _gap(service: dict[str, Any]) -> tuple[str, ...]:
    """What to know where the old task may end before the new one runs."""
    healthy = service.get("deploymentConfiguration", {}).get("minimumHealthyPercent", 100)
    if service["desiredCount"] == 1 and healthy < 100:  # noqa: PLR2004 # a share of all
        return (f"One task and a minimum of {healthy}% healthy: the old task may end before the new one runs.",)
    return ()


@changes(
    CountTarget,
    name="ecs.run_more_tasks",
    effect=Effect.REVERSIBLE,
    needs=("ecs:UpdateService",),
    reads=READS,
)
@dataclass(frozen=True, kw_only=True)
class RunMoreTasks(Reversible[CountTarget]):
    """Let a service want more tasks. `to` is how many; it never wants fewer than before, whatever `to` says."""

    aws: Aws
    cluster: str
    service: str
    to: int
    steady_within: timedelta = STEADY_WITHIN

    @property
    def about(self) -> ServiceOf:
        return ServiceOf(cluster=self.cluster, service=self.service)

    def plan(self) -> Plan[CountTarget] | NotNeeded:
        service = describe(self.aws, self.cluster, self.service)
        wanted = service["desiredCount"]
        if self.to < wanted:
            raise NotSafe(f"{self.service} wants {wanted} tasks; {self.to} would take some away.")
        if self.to == wanted:
            return NotNeeded(why=f"{self.service} already wants {wanted} tasks.")
        return Plan(
            change=self.name,
            summary=f"Let {self.service} want {self.to} tasks in place of {wanted}.",
            targets=(
                CountTarget(
                    name=self.service,
                    before=f"wants {wanted} tasks",
                    after=f"wants {self.to} tasks",
                    cluster=self.cluster,
                    service=self.service,
                    deployment=primary(service)["id"],
                    old=wanted,
                    new=self.to,
                ),
            ),
            out_of=1,
            warnings=("Somebody, or a schedule, may have asked for fewer on purpose, and may do so again.",),
        )

    def apply(self, plan: Plan[CountTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if (now := self._wanted(target)) != target.old:
            raise Drifted(f"{target.service} wants {now} tasks, no longer {target.old}; plan again.")
        self._want(target, target.new, warrant)
        note = wait_until_steady(self.aws, target.cluster, target.service, self.steady_within)
        return Outcome(ok=True, note=f"{note.capitalize()}.", results=(Result(name=target.name, done=True, note=note),))

    def landed(self, plan: Plan[CountTarget]) -> tuple[Answer, str]:
        return self._is(plan, plan.targets[0].new)

    def undo(self, plan: Plan[CountTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if self._wanted(target) == target.new:
            self._want(target, target.old, warrant)
        note = f"{target.service} wants {self._wanted(target)} tasks."
        return Outcome(ok=True, note=note, results=(Result(name=target.name, done=True, note=note),))

    def undone(self, plan: Plan[CountTarget]) -> tuple[Answer, str]:
        return self._is(plan, plan.targets[0].old)

    def _is(self, plan: Plan[CountTarget], wanted: int) -> tuple[Answer, str]:
        now = self._wanted(plan.targets[0])
        return (Answer.YES if now == wanted else Answer.NO), f"{self.service} wants {now} tasks."

    def _wanted(self, target: CountTarget) -> int:
        return int(describe(self.aws, target.cluster, target.service)["desiredCount"])

    def _want(self, target: CountTarget, count: int, warrant: Warrant) -> None:
        update(
            self.aws,
            warrant,
            self.permissions,
            doing=f"let {target.service} want {count} tasks",
            cluster=target.cluster,
            service=target.service,
            desiredCount=count,
        )
