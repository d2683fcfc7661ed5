"""How an incident ends: the closing fact, who is told, the document, and the final Prefect state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict

from journal.facts import Closed, Ending, Escalated
from tasks.case import CLOSED, Case, E, P
from tasks.document import document
from tasks.notify import notify


class Report(BaseModel):
    """What a runbook's flow returns."""

    model_config = ConfigDict(frozen=True)

    incident: str
    ending: Ending
    text: str
    timeline: str


def close(case: Case[E, P], ending: Ending, text: str) -> Closed:
    """Close the incident once. One that is not resolved is escalated to every level that is due at once."""
    if ending is Ending.UNRESOLVED:
        at_once = [level.name for level in case.runbook.escalation.levels if level.after == timedelta(0)]
        first = at_once or [case.runbook.escalation.levels[0].name]
        told = tuple(first) if case.context.env.notifier.urls else ()
        case.say("escalated:unresolved", Escalated(level=" and ".join(first), told=told, why=text))
    closed = case.said_as(CLOSED, Closed(ending=ending, text=text))
    notify(case, "closed", f"{case.incident}: {closed.ending}", closed.text)
    return closed


def ended(case: Case[E, P], closed: Closed) -> State[Any]:
    """Write the incident up and give the flow run a state named for what happened."""
    path = document(case)
    report = Report(incident=case.incident, ending=closed.ending, text=closed.text, timeline=str(path))
    make = Failed if closed.ending is Ending.UNRESOLVED else Completed
    return make(name=closed.ending.value, message=closed.text, data=report)
