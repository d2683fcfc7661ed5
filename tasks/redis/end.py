"""Ending clients of a Redis server that stand still. An ended client connects anew when it needs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from blocks.redis import Redis, ask
from journal.facts.words import Answer, Effect
from journal.redaction import redact
from journal.wording import brief, counted, span
from runbook import Change, Drifted, NotNeeded, NotSafe, Outcome, Plan, Result, Target, Warrant, changes
from tasks.redis.clients import LIST, ClientsOf, Connected, connected

LEAST = timedelta(minutes=1)
"""Whoever paused for less may be between two requests."""

TOGETHER = 20
"""Clients that are read again at a time, right before they are ended."""

EACH = timedelta(seconds=1)
"""How long reading and ending one client may take."""

SLACK_SECONDS = 2
"""By how much the moment of connecting may differ: it is worked out from whole seconds."""


class ClientTarget(Target):
    """One client by id and by when it connected: after a restart of the server ids begin anew."""

    id: int
    began: int


@changes(
    ClientTarget,
    name="redis.end_idle_clients",
    effect=Effect.DISRUPTIVE,
    needs=(LIST, "redis:client|kill", "redis:time"),
    reads=(LIST, "redis:time"),
)
@dataclass(frozen=True, kw_only=True)
class EndIdleClients(Change[ClientTarget]):
    """End clients of one selection that stand still for too long, the longest idle first.

    `pace` is that of the environment: in practice, where nobody waits for minutes, a pause is shorter as well.
    """

    redis: Redis
    whose: ClientsOf
    at_most: int = 200
    least: timedelta = LEAST
    pace: float = 1.0

    @property
    def about(self) -> ClientsOf:
        return self.whose

    @property
    def lock(self) -> str:
        return f"redis:{self.redis.where}:clients"

    def plan(self) -> Plan[ClientTarget] | NotNeeded:
        if self.whose.idle_for < self.least * self.pace:
            raise NotSafe(
                f"A client that paused for less than {span(self.least * self.pace)} may be at work; mean longer ones."
            )
        with self.redis.reading() as client:
            everybody = list(connected(client, self.redis))
        meant = sorted((one for one in everybody if one.is_meant(self.whose)), key=lambda one: (-one.idle, one.id))
        summary = f"End {min(len(meant), self.at_most)} of {counted(len(everybody), 'client')}"
        longer = f"idle for longer than {span(self.whose.idle_for)}"
        if not meant:
            return NotNeeded(why=f"No client of {self.whose.user} has been {longer}.")
        targets = tuple(_target(one) for one in meant[: self.at_most])
        return Plan(
            change=self.name,
            summary=f"{summary}: those of {self.whose.user} that have been {longer}.",
            targets=targets,
            out_of=len(everybody),
            warnings=("Whoever leaks connections opens new ones.",),
        )

    def apply(self, plan: Plan[ClientTarget], warrant: Warrant) -> Outcome:
        ended: set[int] = set()
        with self.redis.changing(warrant, works=EACH * len(plan.targets)) as client:
            for first in range(0, len(plan.targets), TOGETHER):
                some = plan.targets[first : first + TOGETHER]
                now = {one.id: one for one in connected(client, self.redis, [target.id for target in some])}
                for target in some:
                    if self._is_as_approved(target, now.get(target.id)):
                        killed = ask(client, "CLIENT", "KILL", "ID", target.id, "USER", self.whose.user)
                        ended |= {target.id} if killed else set()
        if not ended:
            raise Drifted("None of the approved clients is still there and idle; nobody was ended.")
        return Outcome(
            ok=True,
            note=f"Ended {len(ended)} of {len(plan.targets)} approved clients.",
            results=tuple(
                Result(
                    name=one.name,
                    done=one.id in ended,
                    note="ended" if one.id in ended else "left alone: no longer as approved",
                )
                for one in plan.targets
            ),
        )

    def landed(self, plan: Plan[ClientTarget]) -> tuple[Answer, str]:
        """Ended clients are gone; while an approved one is left, the rest may be ended again, since each is re-read."""
        with self.redis.reading() as client:
            now = {one.id: one for one in connected(client, self.redis, [target.id for target in plan.targets])}
        left = sum(self._is_as_approved(target, now.get(target.id)) for target in plan.targets)
        if left:
            return Answer.NO, f"{left} of {len(plan.targets)} approved clients are still there."
        return Answer.YES, "None of the approved clients is left as it was."

    def _is_as_approved(self, target: ClientTarget, now: Connected | None) -> bool:
        return now is not None and now.is_meant(self.whose) and abs(now.began - target.began) <= SLACK_SECONDS


def _target(one: Connected) -> ClientTarget:
    return ClientTarget(
        name=str(redact(brief(f"client {one.id} of {one.name or one.user}", 100))),
        before=f"idle for {span(timedelta(seconds=one.idle))}",
        after="ended",
        id=one.id,
        began=one.began,
    )
