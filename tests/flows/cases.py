"""Practises a case of the pipeline and reads what became of it."""

from __future__ import annotations

import uuid

from deployments import wakeup
from journal.facts.closed import Closed
from sandbox.rehearsal import Rehearsal, wait

PATIENCE = 60


def facts(rehearsal: Rehearsal, incident: str, kind: type) -> list:
    return [entry.fact for entry in rehearsal.journal.entries(incident) if isinstance(entry.fact, kind)]


def through(rehearsal: Rehearsal, cause: str, *, yes: bool = True) -> tuple[str, str, Closed]:
    """Run a case to its end, answering whatever is asked."""
    case, incident = rehearsal.practise(cause)
    while (standing := rehearsal.asked(incident)) is not None:
        rehearsal.answer(standing, yes=yes)
    return case, incident, rehearsal.closed(incident)


def resume_by_form(rehearsal: Rehearsal, incident: str, **given: str) -> str:
    """What Prefect says when its UI submits the form of a suspended run."""
    standing = rehearsal.asked(incident)
    assert standing is not None
    run = uuid.UUID(standing.asked.flow_run)
    form = {"decision": "approve", "name": "Grace", "why": "known", "plan": standing.digest, **given}
    with rehearsal.stack.client() as client:

        def suspended() -> bool | None:
            state = client.read_flow_run(run).state
            return (state is not None and state.is_paused()) or None

        wait(suspended, within=60, what="the run to suspend itself")
        answer = wait(
            lambda: (
                None
                if (a := client.resume_flow_run(run, run_input=form)).status == "REJECT"
                and "not found" in a.details.reason  # Prefect stores the form a moment after the state
                else a
            ),
            within=60,
            what="Prefect to know the form",
        )
    wakeup.ring(rehearsal.stack.home, run)
    return answer.status
