"""What feeds a queue to a function: the event source mapping between them, and switching it on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal.facts.words import Answer, Effect
from runbook import (
    Drifted,
    Facts,
    NotNeeded,
    NotSafe,
    Outcome,
    Permanent,
    Plan,
    Result,
    Reversible,
    Target,
    Warrant,
    changes,
    look,
)
from tasks.selections import MappingOf
from tasks.waiting import until

ENABLED, DISABLED = "Enabled", "Disabled"
SETTLED = frozenset({ENABLED, DISABLED})
SETTLES_WITHIN, ASKED_EVERY = timedelta(minutes=2), timedelta(milliseconds=500)
READS = ("lambda:ListEventSourceMappings",)


class Mapping(Facts):
    """The mapping of one queue to one function. `most` is how many calls it may make at once, where that is bounded."""

    uuid: str
    function: str
    queue: str
    state: str
    most: int | None
    batch: int

    @property
    def on(self) -> bool:
        """Whether it feeds. Raises `LookupError` while that changes."""
        if self.state not in SETTLED:
            raise LookupError(f"the mapping is {self.state.lower()}")
        return self.state == ENABLED

    def __str__(self) -> str:
        most = "as many calls at once as it may" if self.most is None else f"at most {self.most} calls at once"
        return f"{self.queue} feeds {self.function} ({self.state.lower()}), {most}, {self.batch} messages each"


@look(*READS, bound="the mapping of one queue to one function")
def read_mapping(aws: Aws, function: str, queue: str) -> Mapping:
    """The mapping between them. Raises `Permanent` when there is none, or more than one, or it may not be seen."""
    try:
        found: list[dict[str, Any]] = aws.reading("lambda").list_event_source_mappings(
            FunctionName=function, EventSourceArn=aws.arn("sqs", queue)
        )["EventSourceMappings"]
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read what feeds {queue} to {function}") from error
    if len(found) != 1:
        raise Permanent(f"{len(found)} mappings feed {queue} to {function}; which one is meant is unknown.")
    (one,) = found
    if missing := [name for name in ("UUID", "State") if not one.get(name)]:
        raise Permanent(f"Lambda gave no {', '.join(missing)} of what feeds {queue} to {function}; that is unknown.")
    scaling: dict[str, Any] = one.get("ScalingConfig") or {}
    return Mapping(
        uuid=one["UUID"],
        function=function,
        queue=queue,
        state=one["State"],
        most=scaling.get("MaximumConcurrency"),
        batch=int(one.get("BatchSize", 10)),
    )


class MappingTarget(Target):
    """One mapping, by its id."""

    uuid: str


@changes(
    MappingTarget,
    name="lambda.enable_mapping",
    effect=Effect.REVERSIBLE,
    needs=("lambda:UpdateEventSourceMapping",),
    reads=READS,
)
@dataclass(frozen=True, kw_only=True)
class EnableMapping(Reversible[MappingTarget]):
    """Let a queue feed its function again; what has gathered meanwhile comes at once, as fast as the function may."""

    aws: Aws
    function: str
    queue: str
    settles_within: timedelta = SETTLES_WITHIN

    @property
    def about(self) -> MappingOf:
        return MappingOf(function=self.function, queue=self.queue)

    @property
    def lock(self) -> str:
        return f"lambda:{self.function}"

    def plan(self) -> Plan[MappingTarget] | NotNeeded:
        now = self._now()
        if now.state == ENABLED:
            return NotNeeded(why=f"{self.queue} feeds {self.function} already.")
        if now.state != DISABLED:
            raise NotSafe(f"What feeds {self.queue} to {self.function} is {now.state.lower()}; wait for its end.")
        target = MappingTarget(name=self._what, before=now.state, after=ENABLED, uuid=now.uuid)
        return Plan(
            change=self.name,
            summary=f"Let {self.queue} feed {self.function} again.",
            targets=(target,),
            out_of=1,
            warnings=("Somebody may have switched it off on purpose; all that waits is then processed at once.",),
        )

    def apply(self, plan: Plan[MappingTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        now = self._now()
        if (now.uuid, now.state) != (target.uuid, target.before):
            raise Drifted(f"{self._what} is {now.state.lower()} by now, or another one; plan again.")
        return self._switch(warrant, target, to=ENABLED)

    def landed(self, plan: Plan[MappingTarget]) -> tuple[Answer, str]:
        return self._is(plan.targets[0].uuid, ENABLED)

    def undo(self, plan: Plan[MappingTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        now = self._now()
        if now.uuid != target.uuid:
            note = f"{self._what} is another one by now; it was left alone."
            return Outcome(ok=False, note=note, results=(Result(name=target.name, done=False, note=note),))
        if now.state == DISABLED:
            return Outcome(ok=True, note=f"{self._what} is off.", results=(Result(name=target.name, done=True),))
        return self._switch(warrant, target, to=DISABLED)

    def undone(self, plan: Plan[MappingTarget]) -> tuple[Answer, str]:
        return self._is(plan.targets[0].uuid, DISABLED)

    @property
    def _what(self) -> str:
        return f"what feeds {self.queue} to {self.function}"

    def _now(self) -> Mapping:
        return read_mapping(self.aws, self.function, self.queue)

    def _is(self, uuid: str, wanted: str) -> tuple[Answer, str]:
        until(lambda: self._now().state in SETTLED, within=self.settles_within, every=ASKED_EVERY)
        now = self._now()
        if now.uuid != uuid:
            return Answer.NO, f"{self._what} is another mapping by now."
        state = now.state
        answer = Answer.UNKNOWN if state not in SETTLED else Answer.YES if state == wanted else Answer.NO
        return answer, f"{self._what} is {state.lower()}."

    def _switch(self, warrant: Warrant, target: MappingTarget, *, to: str) -> Outcome:
        where = self.aws.arn("lambda", f"event-source-mapping:{target.uuid}")
        changing = self.aws.changing("lambda", warrant, self.permissions, on=[where])
        try:
            changing.update_event_source_mapping(UUID=target.uuid, Enabled=to == ENABLED)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, f"switch {self._what} {'on' if to == ENABLED else 'off'}") from error
        answer, note = self._is(target.uuid, to)
        return Outcome(ok=answer is Answer.YES, note=note, results=(Result(name=target.name, done=True, note=note),))
