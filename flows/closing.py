"""How an incident ends: the closing fact, who is told, the document, and the final Prefect state."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict

from journal.facts.closed import Closed
from journal.facts.words import Ending
from journal.shadow import settle, unpaged_words
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
    """Close the incident once. The escalation policy of one that is not resolved goes on (`journal.policy`)."""
    shadow = settle(case.journal, case.incident, flow_run=case.flow_run)
    said = text if shadow is None else f"{text} {unpaged_words(case.journal.entries(case.incident), shadow)}"
    closed = case.said_as(CLOSED, Closed(ending=ending, text=said))
    beside = " in shadow" if shadow is not None else ""
    notify(case, "closed", f"{case.incident}: {closed.ending}{beside}", closed.text)
    return closed


def ended(case: Case[E, P], closed: Closed) -> State[Any]:
    """Write the incident up and give the flow run a state named for what happened."""
    path = document(case)
    report = Report(incident=case.incident, ending=closed.ending, text=closed.text, timeline=str(path))
    make = Failed if closed.ending is Ending.UNRESOLVED else Completed
    return make(name=closed.ending.value, message=closed.text, data=report)
