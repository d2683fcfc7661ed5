"""Giving the tasks of an ECS service more memory: a new revision of the task definition, and a rollout of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal.facts.words import Answer, Effect
from runbook import Drifted, NotSafe, Outcome, Permanent, Plan, Result, Reversible, Target, Warrant, changes
from tasks.ecs.change import STEADY_WITHIN, service_arn, update, wait_until_steady
from tasks.ecs.containers import definition_of, describe, memory_of
from tasks.selections import ServiceOf

GIB = 1024
FARGATE: dict[int, tuple[int, ...]] = {
    256: (512, 1 * GIB, 2 * GIB),
    512: tuple(range(1 * GIB, 4 * GIB + 1, GIB)),
    1024: tuple(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: tuple(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: tuple(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
}
"""MiB that Fargate gives for each number of CPU units: no other size can be registered."""

OURS_TO_SAY = frozenset(
    {
        "family",
        "taskRoleArn",
        "executionRoleArn",
        "networkMode",
        "containerDefinitions",
        "volumes",
        "placementConstraints",
        "requiresCompatibilities",
        "cpu",
        "memory",
        "pidMode",
        "ipcMode",
        "proxyConfiguration",
        "inferenceAccelerators",
        "ephemeralStorage",
        "runtimePlatform",
        "enableFaultInjection",
    }
)
"""What RegisterTaskDefinition takes of what DescribeTaskDefinition gives; the rest is AWS's own note."""


class MemoryTarget(Target):
    """One service: the revision that it runs, and the container whose memory grows. Sizes are MiB of one task."""

    cluster: str
    service: str
    revision: str
    container: str
    old: int
    new: int


@changes(
    MemoryTarget,
    name="ecs.raise_memory",
    effect=Effect.DISRUPTIVE,
    needs=("ecs:RegisterTaskDefinition", "ecs:UpdateService", "iam:PassRole"),
    reads=("ecs:DescribeServices", "ecs:DescribeTaskDefinition"),
)
@dataclass(frozen=True, kw_only=True)
class RaiseMemory(Reversible[MemoryTarget]):
    """Give one container of a service more memory (`rung.h238`): at least `by` times what its task has now.

    Everything else of the task definition is taken over as it is, and none of it is shown: it holds secrets. The way
    back is the old revision, which stays registered.
    """

    aws: Aws
    cluster: str
    service: str
    container: str
    by: float = 2.0
    at_most: int = 8 * GIB
    steady_within: timedelta = STEADY_WITHIN

    @property
    def about(self) -> ServiceOf:
        return ServiceOf(cluster=self.cluster, service=self.service)

    def plan(self) -> Plan[MemoryTarget]:
        service = describe(self.aws, self.cluster, self.service)
        if len(service["deployments"]) > 1:
            raise NotSafe(f"Two deployments of {self.service} are under way; wait until one of them is over.")
        definition = definition_of(self.aws, service["taskDefinition"])
        old = memory_of(definition)
        new = self._larger(definition, old)
        if new > self.at_most:
            raise NotSafe(
                f"{self.service} has {old} MiB already, and {new} is more than the {self.at_most} that this may give;"
                " find out what takes so much."
            )
        return Plan(
            change=self.name,
            summary=f"Give each task of {self.service} {new} MiB in place of {old}, in a new revision.",
            targets=(
                MemoryTarget(
                    name=f"{self.container} in {self.service}",
                    before=f"{old} MiB ({service['taskDefinition'].rpartition('/')[2]})",
                    after=f"{new} MiB (a new revision, tasks replaced)",
                    cluster=self.cluster,
                    service=self.service,
                    revision=service["taskDefinition"],
                    container=self.container,
                    old=old,
                    new=new,
                ),
            ),
            out_of=1,
            warnings=(
                "The tasks that run are replaced; what they are doing is lost.",
                "Whoever deploys the service from a template undoes this: put the new size there, too.",
            ),
        )

    def apply(self, plan: Plan[MemoryTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if (now := self._revision(target)) != target.revision:
            raise Drifted(f"{target.service} runs {now.rpartition('/')[2]} since this was planned; plan again.")
        made = self._register(target, warrant)
        self._run(target, made, warrant)
        note = wait_until_steady(self.aws, target.cluster, target.service, self.steady_within)
        done = Result(name=target.name, done=True, note=f"{made.rpartition('/')[2]}, {note}")
        return Outcome(ok=True, note=f"{target.service} has {target.new} MiB; {note}.", results=(done,))

    def landed(self, plan: Plan[MemoryTarget]) -> tuple[Answer, str]:
        """Whether the service runs another revision with the new size; a revision that nothing runs changes nothing."""
        (target,) = plan.targets
        now = self._revision(target)
        memory = memory_of(definition_of(self.aws, now))
        said = f"{target.service} runs {now.rpartition('/')[2]} with {memory} MiB."
        if now == target.revision:
            return Answer.NO, said
        return (Answer.YES if memory == target.new else Answer.UNKNOWN), said

    def undo(self, plan: Plan[MemoryTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        if (now := self._revision(target)) != target.revision:
            if memory_of(definition_of(self.aws, now)) != target.new:
                raise Drifted(f"{target.service} runs {now.rpartition('/')[2]}, which is not ours; look by hand.")
            self._run(target, target.revision, warrant)
            wait_until_steady(self.aws, target.cluster, target.service, self.steady_within)
        note = f"{target.service} runs {target.revision.rpartition('/')[2]} again."
        return Outcome(ok=True, note=note, results=(Result(name=target.name, done=True, note=note),))

    def undone(self, plan: Plan[MemoryTarget]) -> tuple[Answer, str]:
        (target,) = plan.targets
        now = self._revision(target)
        return (Answer.YES if now == target.revision else Answer.NO), f"It runs {now.rpartition('/')[2]}."

    def _larger(self, definition: dict[str, Any], old: int) -> int:
        wanted = int(old * self.by)
        if "FARGATE" not in definition.get("requiresCompatibilities", []):
            return wanted
        units = int(definition["cpu"])
        if (found := next((size for size in FARGATE.get(units, ()) if size >= wanted), None)) is None:
            raise NotSafe(f"Fargate gives no {wanted} MiB to {units} CPU units; raise the CPU by hand as well.")
        return found

    def _revision(self, target: MemoryTarget) -> str:
        return str(describe(self.aws, target.cluster, target.service)["taskDefinition"])

    def _register(self, target: MemoryTarget, warrant: Warrant) -> str:
        """Register the present revision with more memory, and nothing else changed; the ARN of the new one."""
        found = definition_of(self.aws, target.revision)
        wanted = {name: value for name, value in found.items() if name in OURS_TO_SAY and value is not None}
        more = target.new - target.old
        containers = [_grown(one, target.container, more) for one in found["containerDefinitions"]]
        if containers == found["containerDefinitions"] and not found.get("memory"):
            raise Permanent(f"{target.service} has no container {target.container} with a size; correct the runbook.")
        wanted["containerDefinitions"] = containers
        if found.get("memory"):
            wanted["memory"] = str(target.new)
        try:
            roles = [str(found[key]) for key in ("taskRoleArn", "executionRoleArn") if found.get(key)]
            on = [service_arn(self.aws, target.cluster, target.service), *roles]
            ecs = self.aws.changing("ecs", warrant, self.permissions, on=on)
            return str(ecs.register_task_definition(**wanted)["taskDefinition"]["taskDefinitionArn"])
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"register a larger task definition of {target.service}") from error

    def _run(self, target: MemoryTarget, revision: str, warrant: Warrant) -> None:
        update(
            self.aws,
            warrant,
            self.permissions,
            doing=f"let {target.service} run {revision.rpartition('/')[2]}",
            cluster=target.cluster,
            service=target.service,
            taskDefinition=revision,
        )


def _grown(container: dict[str, Any], name: str, more: int) -> dict[str, Any]:
    if container["name"] != name:
        return container
    return {**container, **{size: int(container[size]) + more for size in ("memory",) if container.get(size)}}
