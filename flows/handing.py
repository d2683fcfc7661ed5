"""Handing an incident to the runbook that its cause belongs to."""

from __future__ import annotations

from pydantic_core import to_jsonable_python

from journal.facts.closed import HandedOff
from runbook import HandOff
from tasks.case import Case, E, P
from tasks.engine import engine


def hand_off(case: Case[E, P], handoff: HandOff[E, P]) -> str:
    """Start the other runbook once, and say where the incident went on."""
    name = handoff.to.name
    key = f"handed_off:{handoff.name}"
    if case.said(key, HandedOff) is None:
        run = engine().start(
            f"{name}/{name.rpartition('.')[2]}",
            # As a person would type them: Prefect checks parameters against the form's schema before they are parsed.
            to_jsonable_python(handoff.params(case.context)),
            key=f"{case.incident}:{handoff.name}",
            tags=[f"handed-off-from:{case.incident}"],
        )
        case.say(key, HandedOff(mitigation=handoff.name, to=name, title=handoff.to.title, flow_run=run))
    return f"Handed to the runbook {handoff.to.title} ({name})."
