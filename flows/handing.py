"""Handing an incident to the runbook that its cause belongs to."""

from __future__ import annotations

from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from pydantic_core import to_jsonable_python

from journal.facts.closed import HandedOff
from runbook import HandOff
from tasks.case import Case, E, P


def hand_off(case: Case[E, P], handoff: HandOff[E, P]) -> str:
    """Start the other runbook once, and say where the incident went on."""
    name = handoff.to.name
    key = f"handed_off:{handoff.name}"
    if case.said(key, HandedOff) is None:
        run = run_deployment(
            f"{name}/{name.rpartition('.')[2]}",
            # As a person would type them: Prefect checks parameters against the form's schema before they are parsed.
            parameters={"params": to_jsonable_python(handoff.params(case.context))},
            timeout=0,
            idempotency_key=f"{case.incident}:{handoff.name}",
            tags=[f"handed-off-from:{case.incident}"],
            as_subflow=False,
        )
        assert isinstance(run, FlowRun)
        case.say(key, HandedOff(mitigation=handoff.name, to=name, title=handoff.to.title, flow_run=str(run.id)))
    return f"Handed to the runbook {handoff.to.title} ({name})."
