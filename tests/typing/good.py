"""A small runbook that is right. Each file in `mistakes/` makes one authoring mistake in it; see `test_typing.py`."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_never

from blocks.environment import Environment
from blocks.postgres import Postgres
from runbook import (
    Approval,
    Context,
    Escalation,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Level,
    Manual,
    Mitigation,
    Procedure,
    Runbook,
    Severity,
    Wait,
    probe,
)
from tasks.postgres.activity import Blockers, read_blockers
from tasks.postgres.change import EndIdleSessions
from tasks.postgres.read import Slots, read_slots
from tasks.postgres.selection import SessionsOf


class Shop(Environment):
    database: Postgres


class Clinic(Environment):
    database: Postgres


class Params(Form):
    idle_for: timedelta = timedelta(minutes=30)


@probe(read_slots, asks="How many slots are taken?", source="test")
def slots(c: Context[Shop, Params]) -> Slots:
    return read_slots(c.env.database)


@probe(read_slots, asks="How many slots are taken there?", source="test")
def elsewhere(c: Context[Clinic, Params]) -> Slots:
    return read_slots(c.env.database)


def whose(c: Context[Shop, Params]) -> SessionsOf:
    return SessionsOf(database=c.env.database.dbname, role="app", idle_for=c.params.idle_for)


@probe(read_blockers, asks="Who waits for whom?", source="test", about=whose)
def blockers(c: Context[Shop, Params], of: SessionsOf) -> Blockers:
    return read_blockers(c.env.database, of)


FULL = slots.shows("full", lambda r: r.share >= 0.9)
EMPTY = slots.shows("empty", lambda r: r.share < 0.1)
LEAK = Hypothesis(name="leak", claim="Leak.", supported_by=(FULL,), refuted_by=(EMPTY,), source="test")
END = Mitigation(
    name="end",
    title="End",
    treats=LEAK,
    change=lambda c: EndIdleSessions(database=c.env.database, whose=whose(c)),
    approval=Approval(by="on-call", risk="Reconnect."),
    guardrail=Guardrail(at_most=5, cooldown=timedelta(minutes=1)),
    undo=Irreversible("Gone."),
    validated_by=EMPTY,
    source="test",
)
RUNBOOK = Runbook[Shop, Params](
    name="shop.leak",
    title="Leak",
    about="Leak.",
    source="test",
    version="1",
    severity=Severity.ERROR,
    environment="shop-prod",
    symptom=FULL,
    hypotheses=(LEAK,),
    mitigations=(END,),
    escalation=Escalation(issue="x", source="test", levels=(Level(name="L1", after=timedelta(0)),)),
)

DONE = slots.shows("done", lambda r: r.share < 0.5)
STEP = Mitigation[Shop, Params](
    name="step",
    title="Step",
    treats=(),
    change=lambda c: EndIdleSessions(database=c.env.database, whose=whose(c)),
    approval=Approval(by="on-call", risk="Reconnect."),
    guardrail=Guardrail(at_most=5, cooldown=timedelta(minutes=1)),
    undo=Irreversible("Gone."),
    validated_by=DONE,
    source="test",
)
WAIT = Wait[Shop, Params](
    name="wait", title="Wait", treats=LEAK, until=EMPTY, within=timedelta(minutes=5), says="It ends.", source="test"
)
PROCEDURE = Procedure[Shop, Params](steps=(STEP,))


def kind(step: Mitigation[Shop, Params] | Manual[Shop, Params]) -> str:
    """Whatever a procedure is made of; a kind that is added is found here."""
    match step:
        case Mitigation():
            return "change"
        case Manual():
            return "task"
        case _:
            assert_never(step)


KINDS = [kind(step) for step in PROCEDURE.steps]
