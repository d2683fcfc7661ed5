"""Nobody is forgotten: a drill that nobody answers pages each level of its escalation policy, each a flow run."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

import pytest
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun
from prefect.types import SecretDict
from pydantic import SecretStr

from blocks.environment import Environment
from blocks.notifier import Contact, Notifier
from deployments import wakeup
from deployments.escalating import PAGES, escalate
from deployments.receiver.runs import PrefectRuns
from journal import policy
from journal.facts.closed import Notified
from journal.facts.policy import Escalated, EscalationPolicy
from journal.facts.words import Channel
from sandbox.pager import Pager
from sandbox.rehearsal import Rehearsal, wait
from sandbox.saving import save
from sandbox.selftest.saving import practice

LEVELS = ("L1", "L2", "L3")


@pytest.fixture
def pager() -> Iterator[Pager]:
    with Pager() as listening:
        yield listening


def paged(rehearsal: Rehearsal, pager: Pager, **other: object) -> str:
    """Save a practice environment whose levels each have one contact; its name."""
    known: dict[str, object] = {
        "contacts": [Contact(name=f"{level} on call", level=level) for level in LEVELS],
        "addresses": SecretDict({f"{level} on call": pager.address(level) for level in LEVELS}),
    }
    env: Environment = practice(rehearsal.world.facts.database).model_copy(update=known | other)
    name = f"paged-{uuid.uuid4().hex[:8]}"
    with rehearsal.stack.client():
        save(env, name)
    return name


def history(rehearsal: Rehearsal, incident: str) -> list[FlowRun]:
    """The escalation of an incident, as Prefect's history of flow runs has it, in the order of its making."""
    wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=["page", f"incident:{incident}"]))
    with rehearsal.stack.client() as client:
        return sorted(client.read_flow_runs(flow_run_filter=wanted), key=lambda run: run.created)


def escalated(rehearsal: Rehearsal, incident: str) -> list[Escalated]:
    entries = rehearsal.journal.entries(incident)
    return [entry.fact for entry in entries if isinstance(entry.fact, Escalated)]


def run_the_schedule(rehearsal: Rehearsal, times: int) -> list[uuid.UUID]:
    """What the clock does, several times at once."""
    with rehearsal.stack.client() as client:
        deployment = client.read_deployment_by_name("codeblue.escalation/escalation")
        made = [client.create_flow_run_from_deployment(deployment.id).id for _ in range(times)]
    for run in made:
        wakeup.ring(rehearsal.stack.home, run)
    return made


def ended(rehearsal: Rehearsal, run: uuid.UUID) -> bool | None:
    with rehearsal.stack.client() as client:
        state = client.read_flow_run(run).state
    return (state is not None and state.is_final()) or None


def test_with_nobody_answering_each_level_is_paged_once_and_the_run_history_is_the_escalation(
    rehearsal: Rehearsal, pager: Pager
) -> None:
    _, incident = rehearsal.practise("plain", environment=paged(rehearsal, pager))
    assert rehearsal.asked(incident) is not None
    for level in LEVELS:
        runs = run_the_schedule(rehearsal, 3)  # beside the watch, which looks twice a second
        wait(lambda level=level: pager.told(level) or None, within=120, what=f"a page at {level}")
        for run in runs:
            wait(lambda run=run: ended(rehearsal, run), within=120, what="the escalation to end")
    wait(lambda: len(escalated(rehearsal, incident)) == 3 or None, within=60, what="the journal to know")
    assert [len(pager.told(level)) for level in LEVELS] == [1, 1, 1]
    assert [(fact.level, fact.told) for fact in escalated(rehearsal, incident)] == [
        ("L1", ("L1 on call",)),
        ("L2", ("L2 on call",)),
        ("L3", ("L3 on call",)),
    ]
    wait(lambda: all(r.state.is_final() for r in history(rehearsal, incident)) or None, within=60, what="their ends")
    runs = history(rehearsal, incident)
    assert [(run.parameters["name"], run.state_name) for run in runs] == [(level, "Told") for level in LEVELS]
    assert [f"level:{level}" in run.tags for run, level in zip(runs, LEVELS, strict=True)] == [True] * 3

    own = next(e.fact for e in rehearsal.journal.entries(incident) if isinstance(e.fact, EscalationPolicy))
    opened = rehearsal.journal.entries(incident)[0].at
    at = {e.key: e.at for e in rehearsal.journal.entries(incident)}
    for level in own.levels:
        assert at[f"escalated:{level.name}"] >= opened + level.after

    said = pager.told("L1")[0]
    standing = rehearsal.asked(incident)
    assert standing is not None
    assert said.title.startswith("L1: Practice in paged-")
    assert f"codeblue approve {incident} --plan {standing.digest}" in said.text
    assert f"/runs/flow-run/{standing.asked.flow_run}" in said.text
    assert "has waited for" in said.text

    rehearsal.answer(standing, yes=True)
    rehearsal.closed(incident)


def test_a_page_whose_run_was_deleted_is_not_told_again(rehearsal: Rehearsal, pager: Pager) -> None:
    _, incident = rehearsal.practise("plain", environment=paged(rehearsal, pager))
    wait(lambda: escalated(rehearsal, incident) or None, within=120, what="the first page")
    policy.acknowledge(rehearsal.journal, incident, by="Mara", channel=Channel.DRILL, why="seen")
    with rehearsal.stack.client() as client:
        for run in history(rehearsal, incident):
            client.delete_flow_run(run.id)
        with PrefectRuns(rehearsal.stack.api_url) as runs:
            escalate(rehearsal.stack.home, rehearsal.journal, client, runs)
            again = runs.create(
                PAGES, key=f"{incident}:L1", parameters={"incident": incident, "name": "L1"}, tags=["page"]
            )
    wakeup.ring(rehearsal.stack.home, again)
    wait(lambda: ended(rehearsal, again), within=90, what="the second run of the page")
    with rehearsal.stack.client() as client:
        assert client.read_flow_run(again).state_name == "NotNeeded"
    assert len(pager.told("L1")) == 1


def test_taking_the_incident_over_ends_the_policy(rehearsal: Rehearsal, pager: Pager) -> None:
    _, incident = rehearsal.practise("plain", environment=paged(rehearsal, pager))
    wait(lambda: escalated(rehearsal, incident) or None, within=120, what="the first page")
    policy.acknowledge(rehearsal.journal, incident, by="Mara", channel=Channel.DRILL, why="I have it")
    begun = {run.parameters["name"] for run in history(rehearsal, incident)}  # on a busy machine more than the first
    standing = rehearsal.asked(incident)
    assert standing is not None
    rehearsal.answer(standing, yes=False)
    rehearsal.closed(incident)
    own = next(e.fact for e in rehearsal.journal.entries(incident) if isinstance(e.fact, EscalationPolicy))
    past = rehearsal.journal.entries(incident)[0].at + own.levels[-1].after
    wait(lambda: datetime.now(past.tzinfo) > past or None, within=90, what="the last level's time to pass")
    assert policy.due(rehearsal.journal.entries(incident), datetime.now(past.tzinfo)) == ()
    assert {run.parameters["name"] for run in history(rehearsal, incident)} == begun
    assert {fact.level for fact in escalated(rehearsal, incident)} <= begun


def test_a_deaf_pager_is_tried_again_then_said_and_the_next_level_is_told(rehearsal: Rehearsal, pager: Pager) -> None:
    with Pager(deaf=True) as deaf:
        contacts = [Contact(name="deaf", level="L1"), Contact(name="hearing", level="L2")]
        addresses = SecretDict({"deaf": deaf.address("L1"), "hearing": pager.address("L2")})
        name = paged(rehearsal, pager, contacts=contacts, addresses=addresses)
        _, incident = rehearsal.practise("plain", environment=name)
        wait(lambda: pager.told("L2") or None, within=150, what="the second level")

        def in_vain() -> Notified | None:
            facts = [entry.fact for entry in rehearsal.journal.entries(incident)]
            return next((fact for fact in facts if isinstance(fact, Notified) and not fact.delivered), None)

        failed = wait(in_vain, within=150, what="the journal to say that the first level was not reached")
    assert deaf.refused >= 2
    assert (failed.to, "out of reach" in failed.text) == ("deaf", True)
    assert "json://" not in failed.text
    policy.acknowledge(rehearsal.journal, incident, by="Mara", channel=Channel.DRILL, why="enough")


def test_what_is_asked_is_told_with_the_line_to_type_and_the_link(rehearsal: Rehearsal, pager: Pager) -> None:
    notifier = Notifier(urls=[SecretStr(pager.address("team"))])
    _, incident = rehearsal.practise("plain", environment=paged(rehearsal, pager, notifier=notifier, contacts=[]))
    standing = rehearsal.asked(incident)
    assert standing is not None
    told = wait(lambda: pager.told("team") or None, within=60, what="the team to be told")[0]
    assert f"codeblue approve {incident} --plan {standing.digest}" in told.text
    assert f"codeblue reject {incident} --plan {standing.digest}" in told.text
    assert f"{rehearsal.stack.ui_url}/runs/flow-run/{standing.asked.flow_run}" in told.text
    rehearsal.answer(standing, yes=True)
    rehearsal.closed(incident)
    wait(lambda: any("Resolved" in m.title for m in pager.told("team")) or None, within=60, what="the end to be told")
