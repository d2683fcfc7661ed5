"""The watch takes up again what nobody works on any more."""

from __future__ import annotations

import uuid

from journal import approvals
from journal.facts.opened import TakenUp
from journal.facts.words import Door, Ending
from sandbox.rehearsal import Rehearsal, wait


def delete(rehearsal: Rehearsal, run: str) -> None:
    """What a tidy person does in Prefect's UI."""
    with rehearsal.stack.client() as client:

        def suspended() -> bool | None:
            state = client.read_flow_run(uuid.UUID(run)).state
            return (state is not None and state.is_paused()) or None

        wait(suspended, within=20, what="the run to suspend itself")
        client.delete_flow_run(uuid.UUID(run))


def passes(rehearsal: Rehearsal, incident: str) -> list[str | None]:
    return [e.flow_run for e in rehearsal.journal.entries(incident) if isinstance(e.fact, TakenUp)]


def test_an_incident_whose_run_was_deleted_goes_on_in_another(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    delete(rehearsal, standing.asked.flow_run)
    wait(lambda: len(passes(rehearsal, incident)) > 1 or None, within=60, what="another run")
    assert len(set(passes(rehearsal, incident))) == 2
    approvals.decide(
        rehearsal.journal, incident, standing.digest, approve=True, by="ann", door=Door.CLI, identity_proven=False,
        why="known",
    )  # fmt: skip
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.ground.effects(case) == ["apply"]


def test_an_approval_expires_although_its_run_was_deleted(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("expiring")
    standing = rehearsal.asked(incident)
    assert standing is not None
    with rehearsal.stack.client() as client:
        client.delete_flow_run(uuid.UUID(standing.asked.flow_run))
    assert rehearsal.closed(incident).ending is Ending.UNRESOLVED
    assert [e.kind for e in rehearsal.journal.entries(incident)].count("lapsed") == 1
    assert rehearsal.ground.effects(case) == []
