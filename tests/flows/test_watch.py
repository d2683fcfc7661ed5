"""The watch takes up again what nobody works on any more."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed
from pydantic import SecretStr

from blocks.notifier import Notifier
from journal import approvals
from journal.errors import IncidentClosed
from journal.facts.closed import Noted
from journal.facts.opened import TakenUp
from journal.facts.words import Channel, Ending
from sandbox.pager import Pager
from sandbox.rehearsal import Rehearsal, wait
from sandbox.saving import save
from sandbox.selftest.saving import practice


def waits(client: SyncPrefectClient, run: str) -> bool | None:
    """Whether the run has suspended itself."""
    state = client.read_flow_run(uuid.UUID(run)).state
    return (state is not None and state.is_paused()) or None


def delete(rehearsal: Rehearsal, run: str) -> None:
    """What a tidy person does in Prefect's UI."""
    with rehearsal.stack.client() as client:
        wait(lambda: waits(client, run), within=60, what="the run to suspend itself")
        client.delete_flow_run(uuid.UUID(run))


def passes(rehearsal: Rehearsal, incident: str) -> list[str | None]:
    return [e.flow_run for e in rehearsal.journal.entries(incident) if isinstance(e.fact, TakenUp)]


def test_an_incident_whose_run_was_deleted_goes_on_in_another(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    delete(rehearsal, standing.asked.flow_run)
    wait(lambda: len(passes(rehearsal, incident)) > 1 or None, within=150, what="another run")
    assert len(set(passes(rehearsal, incident))) == 2
    approvals.decide(
        rehearsal.journal, incident, standing.digest, approve=True, by="ann", channel=Channel.CLI,
        identity_proven=False, why="known",
    )  # fmt: skip
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_an_approval_expires_although_its_run_was_deleted(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("expiring")
    standing = rehearsal.asked(incident)
    assert standing is not None
    with rehearsal.stack.client() as client:
        client.delete_flow_run(uuid.UUID(standing.asked.flow_run))
    assert rehearsal.closed(incident).ending is Ending.UNRESOLVED
    assert [e.kind for e in rehearsal.journal.entries(incident)].count("lapsed") == 1
    assert rehearsal.self_test.effects(case) == []


def put(rehearsal: Rehearsal, run: str | None, state: State[Any]) -> None:
    """What somebody does in Prefect's UI: set the state of a run that waits."""
    assert run is not None
    with rehearsal.stack.client() as client:
        wait(lambda: waits(client, run), within=60, what="the run to suspend itself")
        client.set_flow_run_state(uuid.UUID(run), state, force=True)


def test_an_incident_whose_run_somebody_completed_goes_on_in_another_and_people_are_told(rehearsal: Rehearsal) -> None:
    with Pager() as pager:
        env = practice(rehearsal.world.facts.database)
        env = env.model_copy(update={"notifier": Notifier(urls=[SecretStr(pager.address("team"))])})
        name = f"told-{uuid.uuid4().hex[:8]}"
        with rehearsal.stack.client():
            save(env, name)
        case, incident = rehearsal.practise("plain", environment=name)
        standing = rehearsal.asked(incident)
        assert standing is not None
        put(rehearsal, standing.asked.flow_run, Completed())
        wait(lambda: len(set(passes(rehearsal, incident))) > 1 or None, within=150, what="another run")
        wait(lambda: [m for m in pager.told("team") if "taken away" in m.title] or None, within=90, what="the word")
        rehearsal.answer(standing, yes=True)
        assert rehearsal.closed(incident).ending is Ending.RESOLVED
        assert rehearsal.self_test.effects(case) == ["apply"]
        noted = [e.fact.text for e in rehearsal.journal.entries(incident) if isinstance(e.fact, Noted)]
        assert [f"set to completed flow run {standing.asked.flow_run}" in text for text in noted].count(True) == 1


def test_an_incident_whose_run_somebody_cancelled_ends_unresolved_and_is_paged(rehearsal: Rehearsal) -> None:
    case, incident = rehearsal.practise("plain")
    standing = rehearsal.asked(incident)
    assert standing is not None
    put(rehearsal, standing.asked.flow_run, Cancelled())
    closed = rehearsal.closed(incident)
    assert closed.ending is Ending.UNRESOLVED
    assert f"cancelled flow run {standing.asked.flow_run}" in closed.text
    assert rehearsal.self_test.effects(case) == []

    def escalated() -> bool | None:
        return any(e.kind == "escalated" for e in rehearsal.journal.entries(incident)) or None

    wait(escalated, within=150, what="its escalation policy to go on")
    with pytest.raises(IncidentClosed):
        rehearsal.answer(standing, yes=True)
