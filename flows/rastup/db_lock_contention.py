"""Queries do not run but wait, because somebody holds what they need."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rastup import Rastup
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts.postgres import activity, locks, queues
from runbook import Alert, Refusal, Runbook, Severity


class Params(locks.BlockersForm, activity.ActivityForm):
    environment: str = Field(default="rastup-prod", min_length=1, description="Saved environment to work on.")


ACTIVITY = activity.AskedActivity[Rastup, Params](activity.activity("rastup.c390 rastup.p389"))
BLOCKERS = locks.AskedBlockers[Rastup, Params](locks.blockers("rastup.c405 rastup.p404"))
QUEUE = queues.AskedQueue[Rastup, Params](queues.queue("rastup.c390"))

OWN_SESSION_HOLDS = queues.own_session_holds(BLOCKERS, QUEUE, "rastup.h418")
CHANGE_IN_THE_QUEUE = queues.change_in_the_queue(BLOCKERS, QUEUE)
SOMEBODY_ELSE_HOLDS = queues.somebody_else_holds(BLOCKERS, QUEUE)

RUNBOOK = Runbook[Rastup, Params](
    name="rastup.db_lock_contention",
    title="Lock contention",
    about="Pages stand still and statements time out, because queries wait for locks that others hold.",
    source="rastup.db_lock_contention",
    version="1",
    severity=Severity.ERROR,
    environment="rastup-prod",
    starts_on=("RastupLockContention", "rastup-prod-*lock*"),
    symptom=ACTIVITY.held_up,
    hypotheses=(OWN_SESSION_HOLDS, CHANGE_IN_THE_QUEUE, SOMEBODY_ELSE_HOLDS),
    mitigations=(
        locks.end_blockers(OWN_SESSION_HOLDS, BLOCKERS, "rastup.c419"),
        queues.cancel_queueing(CHANGE_IN_THE_QUEUE, QUEUE),
        queues.ask_holders(SOMEBODY_ELSE_HOLDS, BLOCKERS, system="Rastup"),
    ),
    refuses=(
        Refusal(
            what="Ending a session because it holds a lock of the same kind as one that is waited for.",
            why="The page joins waits and locks by their kind alone, so it names innocent readers and writers, the"
            " victims themselves and whoever looks. The runbook asks the server who waits for whom, and reads pid and"
            " start again in the statement that acts.",
            source="rastup.c405 rastup.c419",
        ),
    ),
    escalation=Rastup.DATABASE,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rastup_db_lock_contention(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out who holds everybody up and offer the safest fix."""
    return follow(RUNBOOK, Rastup, params, alert)
