"""A system of its own that keeps counters and dead letters in Redis, with a runbook of shared parts.

Nothing of it is installed: it stands for systems whose runbooks change a Redis server. `tests/tasks` plan by it.
"""

from __future__ import annotations

from datetime import timedelta

from blocks.environment import Environment
from blocks.redis import Redis
from flows.parts.redis import seen, steps
from runbook import Escalation, Form, Hypothesis, Level, Runbook, Severity
from tasks.redis.clients import ClientsOf

LIMITS, DEAD = "limits:", "till:dead"
WHOSE = ClientsOf(user="app", idle_for=timedelta(minutes=10))
HOUR = timedelta(hours=1)
MORE = 128 * 1024 * 1024
BY = "till on-call"


class Till(Environment):
    redis: Redis


class Params(Form):
    pass


PING = seen.AskedPing[Till, Params](seen.redis_ping())
MEMORY = seen.AskedMemory[Till, Params](seen.redis_memory())
LIMITED = seen.AskedHolders[Till, Params](seen.redis_holders(LIMITS), LIMITS)
CLIENTS = seen.AskedClients[Till, Params](seen.redis_clients(lambda _: WHOSE))
LETTERS = seen.AskedLetters[Till, Params](seen.redis_letters(DEAD))

COUNTERS = Hypothesis(
    name="counters",
    claim="Counters of limits fill it.",
    supported_by=(LIMITED.holds_most, LIMITED.never_expires),
    refuted_by=(LIMITED.holds_little,),
    source="devised",
)
TOO_SMALL = Hypothesis(
    name="too_small",
    claim="What is used is needed, and it is too small for that.",
    supported_by=(MEMORY.full, MEMORY.loses),
    refuted_by=(LIMITED.holds_most, LETTERS.hold_memory),
    source="devised",
)
LEAK = Hypothesis(
    name="leak",
    claim="Connections are never given back.",
    supported_by=(CLIENTS.idle, PING.full_of_clients, CLIENTS.full),
    refuted_by=(CLIENTS.few_idle,),
    source="devised",
)
LEFT_OVER = Hypothesis(
    name="left_over",
    claim="What failed in a trouble that is over waits to be processed.",
    supported_by=(LETTERS.some,),
    refuted_by=(LETTERS.none,),
    source="devised",
)

RUNBOOK = Runbook[Till, Params](
    name="till.redis_full",
    title="The till's Redis is full",
    about="Nothing can be paid.",
    source="devised",
    version="1",
    severity=Severity.CRITICAL,
    environment="till-prod",
    symptom=MEMORY.full,
    hypotheses=(COUNTERS, TOO_SMALL, LEAK, LEFT_OVER),
    mitigations=(
        steps.unlink_prefix(COUNTERS, LIMITS, by=BY, risk="Limits start anew.", validated_by=LIMITED.holds_little),
        steps.set_maxmemory_for_a_while(
            TOO_SMALL, MORE, lasts=HOUR, by=BY, risk="The machine has less left.", validated_by=MEMORY.room
        ),
        steps.set_policy_for_a_while(
            TOO_SMALL, "volatile-lru", lasts=HOUR, by=BY, risk="What expires may go early.", validated_by=MEMORY.room
        ),
        steps.end_idle_clients(LEAK, lambda _: WHOSE, by=BY, validated_by=CLIENTS.room),
        steps.process_again(LEFT_OVER, DEAD, by=BY, risk="Receivers hear of it late.", validated_by=LETTERS.none),
    ),
    escalation=Escalation(issue="Till", source="devised", levels=(Level(name="L1", after=timedelta(0)),)),
)
