"""The runbook that judged the told incidents: replaying them by it gives the verdicts that they tell.

It is for judging only. Its probes look at nothing, and its changes change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from blocks.environment import Environment
from journal.facts.words import Answer, Effect, Stake
from runbook import (
    Approval,
    Change,
    Context,
    Escalation,
    Facts,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Level,
    Manual,
    Mitigation,
    Outcome,
    Plan,
    Runbook,
    Severity,
    Target,
    Warrant,
    WayBack,
    look,
    probe,
)

IDLE_SHARE = 1 / 3
FRESH_SHARE = 1 / 5


class Params(Form):
    idle_for: timedelta = timedelta(minutes=30)


class Slots(Facts):
    """How full the server is."""

    taken: int
    usable: int = 197

    def __str__(self) -> str:
        return f"{self.taken} of {self.usable} usable slots taken ({self.taken / self.usable:.0%}); max_connections 200"

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"connection slots taken": (round(100 * self.taken / self.usable, 1), "%")}


class Sessions(Facts):
    """What the sessions do. `fresh` are those that began or ended something just now."""

    idle: int
    active: int
    fresh: int
    usable: int = 197

    @property
    def total(self) -> int:
        return self.idle + self.active + self.fresh + 2

    def __str__(self) -> str:
        return (
            f"{self.total} sessions for {self.usable} slots: {self.active} active for long, {self.idle} idle for long,"
            f" {self.fresh} just changed state"
        )

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"idle for long": (self.idle, "sessions"), "active for long": (self.active, "sessions")}


class Pools(Facts):
    """What the clients' pools may open together."""

    may_open: int


@look("postgres:pg_monitor", bound="nothing: it is not asked")
def nowhere() -> Any:
    raise NotImplementedError


@probe(nowhere, asks="How many connection slots are taken?", source="rung.c297")
def slots(_c: Context[Environment, Params]) -> Slots:
    return nowhere()


@probe(nowhere, asks="What are the sessions doing, and since when?", source="rung.c297")
def sessions(_c: Context[Environment, Params]) -> Sessions:
    return nowhere()


@probe(nowhere, asks="How many connections may the pools open?", source="devised")
def pools(_c: Context[Environment, Params]) -> Pools:
    return nowhere()


FULL = slots.shows("at least 90% of the connection slots are taken", lambda r: r.taken / r.usable >= 0.9)
ROOM = slots.shows("fewer than 70% of the connection slots are taken", lambda r: r.taken / r.usable < 0.7)

IDLE_LEAK = Hypothesis(
    name="idle_leak",
    claim="A client opens sessions and never gives them back.",
    supported_by=(
        sessions.shows(
            "long-idle sessions hold at least a third of the slots", lambda r: r.idle / r.usable >= IDLE_SHARE
        ),
    ),
    refuted_by=(sessions.shows("fewer than one slot in ten is long idle", lambda r: r.idle / r.usable < 0.1),),
    source="rung.c297",
    prior=0.4,
)
HONEST_LOAD = Hypothesis(
    name="honest_load",
    claim="Legitimate load exceeds max_connections.",
    supported_by=(
        sessions.shows(
            "one session in five began or ended something just now", lambda r: r.fresh / r.total >= FRESH_SHARE
        ),
    ),
    refuted_by=(
        sessions.shows(
            "idle or slow sessions hold a third of the slots", lambda r: (r.idle + r.active) / r.usable >= 1 / 3
        ),
    ),
    source="rung.c297",
)
OVERSIZED_POOLS = Hypothesis(
    name="oversized_pools",
    claim="The clients' pools are together larger than the server.",
    supported_by=(pools.shows("the pools may open more connections than there are", lambda r: r.may_open > 197),),
    refuted_by=(pools.shows("the pools together fit into the server", lambda r: r.may_open <= 197),),
    source="devised",
)


@dataclass(frozen=True, kw_only=True)
class Nothing(Change[Target]):
    """A change as far as it declares itself."""

    name: ClassVar[str] = "golden.nothing"
    effect: ClassVar[Effect] = Effect.DISRUPTIVE
    stake: ClassVar[Stake] = Stake.WORK

    def plan(self) -> Plan[Target]:
        raise NotImplementedError

    def apply(self, plan: Plan[Target], warrant: Warrant) -> Outcome:
        raise NotImplementedError

    def landed(self, plan: Plan[Target]) -> tuple[Answer, str]:
        raise NotImplementedError


class Raise(Nothing):
    """One that can be taken back."""

    effect = Effect.REVERSIBLE


APPROVAL = Approval(by="database on-call", risk="Clients of the ended sessions must reconnect.")
GUARDRAIL = Guardrail(at_most=50, cooldown=timedelta(minutes=10))

RUNBOOK = Runbook[Environment, Params](
    name="rung.connection_exhaustion",
    title="Connection exhaustion",
    about="Clients cannot connect.",
    source="rung.c297",
    version="3",
    severity=Severity.CRITICAL,
    environment="rung-prod",
    symptom=FULL,
    hypotheses=(IDLE_LEAK, OVERSIZED_POOLS, HONEST_LOAD),
    mitigations=(
        Mitigation(
            name="end_idle_sessions",
            title="End sessions that have been idle for too long",
            treats=IDLE_LEAK,
            change=lambda _c: Nothing(),
            approval=APPROVAL,
            guardrail=GUARDRAIL,
            undo=Irreversible("An ended session cannot be resumed; its client reconnects."),
            validated_by=ROOM,
            source="rung.c297",
        ),
        Mitigation(
            name="raise_limit",
            title="Raise max_connections",
            treats=HONEST_LOAD,
            change=lambda _c: Raise(),
            approval=APPROVAL,
            guardrail=GUARDRAIL,
            undo=WayBack("max_connections is set back to what it was."),
            validated_by=ROOM,
            source="rung.c297",
        ),
        Manual(
            name="restart_reports",
            title="Restart rung-reports",
            treats=IDLE_LEAK,
            steps=("Restart it in ECS.",),
            validated_by=ROOM,
            source="devised",
            why_manual="only its owners may restart it.",
        ),
    ),
    escalation=Escalation(
        issue="Database", source="devised", levels=(Level(name="L1 database on-call", after=timedelta(0)),)
    ),
    unnamed=0.2,
)
