"""Setting the memory of a Redis server for a while: how much it may take, and what it does when that is full.

Only the running server is told: nothing is written to its configuration, so a restart puts it back as well. Whoever may
`CONFIG SET` may set everything, since the ACL knows no single setting; nothing but these two is ever sent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from blocks.redis import Client, Redis, ask
from blocks.redis_parts import MemoryBounds, Policy
from journal.facts.words import Answer, Effect, Stake
from journal.wording import span
from runbook import (
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Plan,
    Result,
    Reversible,
    Selection,
    Target,
    Warrant,
    changes,
)
from tasks.redis.info import INFO, Info, info, primary

NEEDS = (INFO, "redis:config|set")
ROOM = 0.95
"""What may be used of a limit, so that it is not reached at once."""

OF_MACHINE = 0.8
"""What maxmemory may be of the machine's memory: copies for snapshots and replicas come on top."""


@dataclass(frozen=True, kw_only=True)
class MemoryOf(Selection):
    """The memory of one server."""

    server: str


class SettingTarget(Target):
    """One setting with the value that was seen and the one that is wanted, as the server writes them."""

    setting: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class _SetForAWhile(Reversible[SettingTarget], ABC):
    """Let a setting of the running server be another one. The mitigation must expire: it ends nothing by itself."""

    setting: ClassVar[str]
    redis: Redis
    expires_after: timedelta

    @property
    def about(self) -> MemoryOf:
        return MemoryOf(server=self.redis.where)

    @property
    def lock(self) -> str:
        return f"redis:{self.redis.where}:{self.setting}"

    @property
    @abstractmethod
    def wanted(self) -> str:
        """The value, as the server writes it."""

    @abstractmethod
    def refusals(self, client: Client, now: Info, bounds: MemoryBounds) -> Iterator[str]:
        """Why it may not be set, in sentences."""

    def way_back_refusals(self, now: Info, old: str) -> Iterator[str]:  # noqa: ARG002 # what a setting has to say
        """Why it may not be put back."""
        yield from ()

    def plan(self) -> Plan[SettingTarget] | NotNeeded:
        bounds = self.redis.memory
        if bounds is None:
            raise NotSafe("The environment does not say how this server's memory may be set; ask its owner.")
        with self.redis.reading() as client:
            now = primary(client, self.redis)
            if now.word(self.setting) == self.wanted:
                return NotNeeded(why=f"{self.setting} is {self.wanted} already.")
            why = next(self.refusals(client, now, bounds), None)
        if why is not None:
            raise NotSafe(why)
        old, lasts = now.word(self.setting), span(self.expires_after)
        target = SettingTarget(
            name=self.setting,
            before=old,
            after=f"{self.wanted} for {lasts}",
            setting=self.setting,
            old=old,
            new=self.wanted,
        )
        return Plan(
            change=self.name,
            summary=f"Set {self.setting} from {old} to {self.wanted} for {lasts}; then it is put back.",
            targets=(target,),
            out_of=1,
            warnings=(
                f"{bounds.owner} answers for it.",
                "The server ends nothing by itself: Code Blue puts it back, and only while it runs.",
                "A restart of the server puts it back at once.",
            ),
        )

    def apply(self, plan: Plan[SettingTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        with self.redis.changing(warrant) as client:
            now = info(client).word(target.setting)
            if now != target.old:
                raise Drifted(f"{target.setting} is {now}, no longer {target.old}; nothing was set. Plan again.")
            return self._set(client, target, target.new)

    def landed(self, plan: Plan[SettingTarget]) -> tuple[Answer, str]:
        (target,) = plan.targets
        return self._told(target, yes=target.new, no=target.old)

    def undo(self, plan: Plan[SettingTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        with self.redis.changing(warrant) as client:
            now = info(client)
            value = now.word(target.setting)
            if value == target.old:
                note = f"{target.setting} is {value} again."
                return Outcome(ok=True, note=note, results=(Result(name=target.name, done=True, note=note),))
            foreign = f"{target.setting} is {value}, which somebody else decided; it was left alone."
            why = foreign if value != target.new else next(self.way_back_refusals(now, target.old), None)
            if why is not None:
                return Outcome(ok=False, note=why, results=(Result(name=target.name, done=False, note=why),))
            return self._set(client, target, target.old)

    def undone(self, plan: Plan[SettingTarget]) -> tuple[Answer, str]:
        (target,) = plan.targets
        return self._told(target, yes=target.old, no=target.new)

    def _set(self, client: Client, target: SettingTarget, value: str) -> Outcome:
        """Set it, and tell what is kept: that it was taken is not enough."""
        ask(client, "CONFIG", "SET", target.setting.replace("_", "-"), value)
        kept = info(client).word(target.setting)
        note = f"{target.setting} is {kept}."
        return Outcome(ok=kept == value, note=note, results=(Result(name=target.name, done=kept == value, note=note),))

    def _told(self, target: SettingTarget, *, yes: str, no: str) -> tuple[Answer, str]:
        with self.redis.reading() as client:
            now = info(client).word(target.setting)
        answer = {yes: Answer.YES, no: Answer.NO}.get(now, Answer.UNKNOWN)
        return answer, f"{target.setting} is {now}."


@changes(
    SettingTarget,
    name="redis.set_maxmemory",
    effect=Effect.REVERSIBLE,
    stake=Stake.LIMIT,
    needs=NEEDS,
    reads=(INFO,),
)
@dataclass(frozen=True, kw_only=True)
class SetMaxmemory(_SetForAWhile):
    """Let a server take `to` bytes for a while, within what its owner and the machine allow."""

    setting = "maxmemory"
    to: int

    @property
    def wanted(self) -> str:
        return str(self.to)

    def refusals(self, client: Client, now: Info, bounds: MemoryBounds) -> Iterator[str]:  # noqa: ARG002 # INFO says it
        used, machine = now.number("used_memory"), now.get("total_system_memory")
        if not now.number("maxmemory"):
            yield f"There is no maxmemory now, and any limit is a tighter one; {bounds.owner} decides that."
        if not bounds.least <= self.to <= bounds.most:
            yield f"maxmemory may be {bounds.least} to {bounds.most} by what the environment says, and not {self.to}."
        if self.to * ROOM < used:
            yield f"{used} bytes are in use, so a maxmemory of {self.to} would refuse or evict at once."
        if isinstance(machine, int) and machine and self.to > OF_MACHINE * machine:
            yield f"The machine has {machine} bytes, of which maxmemory may be {OF_MACHINE:.0%}; give it more first."

    def way_back_refusals(self, now: Info, old: str) -> Iterator[str]:
        used = now.number("used_memory")
        if 0 < int(old) * ROOM < used:
            yield f"{used} bytes are in use: put back to {old}, it would refuse or evict at once. Free memory first."


@changes(
    SettingTarget,
    name="redis.set_policy",
    effect=Effect.REVERSIBLE,
    stake=Stake.DATA,
    needs=NEEDS,
    reads=(INFO, "redis:pttl:letters"),
)
@dataclass(frozen=True, kw_only=True)
class SetPolicy(_SetForAWhile):
    """Let a full server evict otherwise for a while. What is evicted does not come back with the policy."""

    setting = "maxmemory_policy"
    to: Policy

    @property
    def wanted(self) -> str:
        return self.to

    def refusals(self, client: Client, now: Info, bounds: MemoryBounds) -> Iterator[str]:
        if not now.number("maxmemory"):
            yield "There is no maxmemory, so nothing is ever evicted, by whichever policy."
        if self.to not in bounds.policies:
            allowed = ", ".join(bounds.policies) or "none other"
            yield f"maxmemory_policy may be {allowed} by what the environment says, and not {self.to}."
        for one in self.redis.dead_letters:
            if self.to.startswith("allkeys-"):
                yield f"{self.to} may evict {one.key}, which must not be lost."
            elif self.to.startswith("volatile-") and self._expires(client, one.key):
                yield f"{one.key} expires, so {self.to} may evict it, and it must not be lost."

    def _expires(self, client: Client, key: str) -> bool:
        return client.pttl(key) >= 0
