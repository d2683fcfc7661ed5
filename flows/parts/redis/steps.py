"""What may be done about a Redis server that is full, cut off or has dead letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from blocks.redis_parts import Policy
from blocks.shapes import HasRedis
from flows.parts.asked import DEVISED
from journal.wording import span
from runbook import Approval, Context, Evidence, Form, Guardrail, Hypothesis, Irreversible, Mitigation, WayBack
from tasks.redis.clients import ClientsOf
from tasks.redis.end import EndIdleClients
from tasks.redis.reprocess import ReprocessLetters
from tasks.redis.setting import SetMaxmemory, SetPolicy
from tasks.redis.unlink import UnlinkPrefix

E = TypeVar("E", bound=HasRedis)
P = TypeVar("P", bound=Form)

COOLDOWN = timedelta(minutes=10)
ONE = Guardrail(at_most=1, cooldown=COOLDOWN)


def unlink_prefix(
    treats: Hypothesis[E, P], prefix: str, *, by: str, risk: str, validated_by: Evidence[E, P], source: str = DEVISED
) -> Mitigation[E, P]:
    """Unlink keys that come again."""
    return Mitigation(
        name="unlink_prefix",
        title=f"Unlink the keys of {prefix}, in small steps",
        treats=treats,
        change=lambda c: UnlinkPrefix(redis=c.env.redis, prefix=prefix),
        approval=Approval(by=by, risk=risk),
        guardrail=ONE,
        undo=Irreversible("Keys of this prefix come again by themselves; what they had counted is lost."),
        validated_by=validated_by,
        source=source,
    )


def end_idle_clients(
    treats: Hypothesis[E, P],
    whose: Callable[[Context[E, P]], ClientsOf],
    *,
    by: str,
    validated_by: Evidence[E, P],
    source: str = DEVISED,
) -> Mitigation[E, P]:
    """End clients that stand still, never most of all. In practice, a pause counts as long as practice is short."""
    return Mitigation(
        name="end_idle_clients",
        title="End clients that have been idle for too long",
        treats=treats,
        change=lambda c: EndIdleClients(redis=c.env.redis, whose=whose(c), pace=c.env.practice_pace),
        approval=Approval(
            by=by, risk="A client that comes back to its connection finds it closed and must open another."
        ),
        guardrail=Guardrail(at_most=200, at_most_share=0.9, cooldown=COOLDOWN),
        undo=Irreversible("An ended client connects anew when it needs to."),
        validated_by=validated_by,
        source=source,
        leaves="whoever leaks connections goes on doing so.",
    )


def set_maxmemory_for_a_while(
    treats: Hypothesis[E, P],
    to: int,
    *,
    lasts: timedelta,
    by: str,
    risk: str,
    validated_by: Evidence[E, P],
    source: str = DEVISED,
) -> Mitigation[E, P]:
    """Let it take more for so long; then it is put back."""
    return Mitigation(
        name="set_maxmemory",
        title=f"Let Redis take {to / 1e6:.0f} MB for {span(lasts)}",
        treats=treats,
        change=lambda c: SetMaxmemory(redis=c.env.redis, to=to, expires_after=lasts),
        approval=Approval(by=by, risk=risk),
        guardrail=ONE,
        undo=WayBack("maxmemory is set to what it was, unless more than that is in use by then."),
        validated_by=validated_by,
        expires_after=lasts,
        source=source,
    )


def set_policy_for_a_while(
    treats: Hypothesis[E, P],
    to: Policy,
    *,
    lasts: timedelta,
    by: str,
    risk: str,
    validated_by: Evidence[E, P],
    source: str = DEVISED,
) -> Mitigation[E, P]:
    """Let it evict otherwise for so long; then it is put back."""
    return Mitigation(
        name="set_policy",
        title=f"Let Redis evict by {to} for {span(lasts)}",
        treats=treats,
        change=lambda c: SetPolicy(redis=c.env.redis, to=to, expires_after=lasts),
        approval=Approval(by=by, risk=risk),
        guardrail=ONE,
        undo=WayBack("The policy is set to what it was; what was evicted meanwhile does not come back with it."),
        validated_by=validated_by,
        expires_after=lasts,
        source=source,
    )


def process_again(
    treats: Hypothesis[E, P], key: str, *, by: str, risk: str, validated_by: Evidence[E, P], source: str = DEVISED
) -> Mitigation[E, P]:
    """Have dead letters processed again. Treat by it only a cause whose evidence says that they would succeed now."""
    return Mitigation(
        name="process_again",
        title=f"Process the items of {key} again",
        treats=treats,
        change=lambda c: ReprocessLetters(redis=c.env.redis, key=key),
        approval=Approval(by=by, risk=risk),
        guardrail=Guardrail(at_most=500, cooldown=COOLDOWN),
        undo=Irreversible("What their receivers have done, such as a message that was sent, is not taken back."),
        validated_by=validated_by,
        source=source,
        within=timedelta(minutes=10),
    )
