"""The approved thing and nothing else: by whoever, wherever and whenever a run comes with an incident's name on it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from pydantic import SecretStr

from blocks.notifier import Notifier
from blocks.saved import saved
from deployments import wakeup
from journal.facts.closed import Closed, Noted, Notified
from journal.facts.decided import Decided, Passed, Requested
from journal.facts.done import Carried, Intended
from journal.facts.opened import TakenUp
from journal.facts.words import Channel, Ending
from sandbox.pager import Pager
from sandbox.rehearsal import Rehearsal, wait
from sandbox.saving import save
from sandbox.selftest.incident import Practice
from sandbox.selftest.saving import practice
from tests.flows.cases import PATIENCE, facts, resume_by_form


@pytest.fixture
def pager() -> Iterator[Pager]:
    with Pager() as running:
        yield running


@pytest.fixture
def place(rehearsal: Rehearsal, pager: Pager) -> str:
    """A saved environment of this test's own, whose people are told by the pager."""
    name = f"practice-{uuid.uuid4().hex[:8]}"
    with rehearsal.stack.client():
        save(told_by(pager, practice(rehearsal.world.facts.database)), name)
    return name


def told_by(pager: Pager, environment: Practice) -> Practice:
    return environment.model_copy(update={"notifier": Notifier(urls=[SecretStr(pager.address("team"))])})


def edit(rehearsal: Rehearsal, name: str, **change: Any) -> None:
    """Edit the saved database of an environment, as somebody does in Prefect's UI."""
    with rehearsal.stack.client():
        now = saved(Practice, name)
        save(now.model_copy(update={"database": now.database.model_copy(update=change)}), name)


def asked(rehearsal: Rehearsal, place: str, cause: str = "plain") -> tuple[str, str]:
    case, incident = rehearsal.practise(cause, environment=place)
    assert rehearsal.asked(incident) is not None
    return case, incident


def come_as(
    rehearsal: Rehearsal, incident: str, params: dict[str, Any], *, runbook: str = "practice.incident"
) -> State:
    """How a second run ends that somebody starts with the tag of an incident."""
    with rehearsal.stack.client() as client:
        deployment = client.read_deployment_by_name(f"{runbook}/{runbook.rpartition('.')[2]}")
        run = client.create_flow_run_from_deployment(
            deployment.id, parameters={"params": params}, tags=[f"incident:{incident}"]
        )
        wakeup.ring(rehearsal.stack.home, run.id)

        def over() -> State | None:
            state = client.read_flow_run(run.id).state
            return state if state is not None and state.is_final() else None

        return wait(over, within=PATIENCE, what="the end of the other run")


def test_a_second_run_on_another_place_does_nothing_and_people_are_told(
    rehearsal: Rehearsal, place: str, pager: Pager
) -> None:
    case, incident = asked(rehearsal, place)
    for params, what in (
        ({"case": case, "environment": "practice"}, f"environment 'practice' instead of '{place}'"),
        ({"case": f"{case}-other", "environment": place}, "other parameters"),
    ):
        rehearsal.self_test.break_(f"{case}-other", "plain") if "other" in params["case"] else None
        state = come_as(rehearsal, incident, params)
        assert state.is_failed()
        noted = facts(rehearsal, incident, Noted)[-1].text
        assert what in noted
        assert any(what in message.text for message in pager.told("team"))
    assert len(facts(rehearsal, incident, TakenUp)) == 1
    assert facts(rehearsal, incident, Intended) == []
    standing = rehearsal.asked(incident)  # its own run still waits, and goes on
    assert standing is not None
    rehearsal.answer(standing, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]
    assert rehearsal.self_test.effects(f"{case}-other") == []


def test_a_run_of_another_runbook_does_not_take_an_approved_incident_up(rehearsal: Rehearsal, place: str) -> None:
    case, incident = asked(rehearsal, place)
    params = {"environment": "rung-practice"}
    assert come_as(rehearsal, incident, params, runbook="rung.connection_exhaustion").is_failed()
    noted = facts(rehearsal, incident, Noted)[-1].text
    assert "runbook 'rung.connection_exhaustion' instead of 'practice.incident'" in noted
    assert rehearsal.self_test.effects(case) == []
    assert facts(rehearsal, incident, Closed) == []


@pytest.mark.parametrize(
    "change",
    [
        {"dbname": "postgres"},
        {"host": "localhost"},
        {"reader_password": SecretStr("another")},
        {"statement_timeout": 9},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_environment_that_is_edited_between_question_and_yes_is_not_changed(
    rehearsal: Rehearsal, place: str, pager: Pager, change: dict[str, Any]
) -> None:
    case, incident = asked(rehearsal, place)
    with rehearsal.stack.client():
        before = saved(Practice, place)
    edit(rehearsal, place, **change)
    standing = rehearsal.asked(incident)
    assert standing is not None
    rehearsal.answer(standing, yes=True)
    try:
        passed = wait(lambda: facts(rehearsal, incident, Passed) or None, within=PATIENCE, what="the refusal")[0]
    finally:
        with rehearsal.stack.client():
            save(before, place)
    assert passed.by == "environment"
    assert "is not as it was when this plan was shown" in passed.why
    assert rehearsal.closed(incident).ending is not Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == []
    assert facts(rehearsal, incident, Intended) == []
    assert any("not done" in message.title for message in pager.told("team"))


def test_who_is_told_may_be_changed_while_an_approval_waits(rehearsal: Rehearsal, place: str) -> None:
    case, incident = asked(rehearsal, place)
    with rehearsal.stack.client():
        save(saved(Practice, place).model_copy(update={"notifier": Notifier()}), place)
    standing = rehearsal.asked(incident)
    assert standing is not None
    rehearsal.answer(standing, yes=True)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert rehearsal.self_test.effects(case) == ["apply"]


def test_of_three_that_were_approved_before_the_first_act_one_applies(rehearsal: Rehearsal, place: str) -> None:
    cases = [asked(rehearsal, place, "cooling") for _ in range(3)]
    waiting = [rehearsal.asked(incident) for _, incident in cases]
    with ThreadPoolExecutor(3) as people:
        list(people.map(lambda standing: rehearsal.answer(standing, yes=True), waiting))
    for _, incident in cases:
        rehearsal.closed(incident)
    assert sorted(len(rehearsal.self_test.effects(case)) for case, _ in cases) == [0, 0, 1]
    assert sum(len(facts(rehearsal, incident, Intended)) for _, incident in cases) == 1
    passed = [one for _, incident in cases for one in facts(rehearsal, incident, Passed)]
    assert {one.by for one in passed} <= {"guardrail", "lock"}
    assert any("may be made again 10 h after that" in one.why for one in passed)


def test_a_change_is_not_undone_somewhere_else(rehearsal: Rehearsal, place: str, pager: Pager) -> None:
    case, incident = asked(rehearsal, place, "lasting")
    standing = rehearsal.asked(incident)
    assert standing is not None
    edited = ThreadPoolExecutor(1).submit(
        lambda: (
            wait(lambda: facts(rehearsal, incident, Carried) or None, within=PATIENCE, what="the act"),
            edit(rehearsal, place, host="localhost"),
        )
    )
    rehearsal.answer(standing, yes=True)
    edited.result()
    wait(lambda: [p for p in facts(rehearsal, incident, Passed) if p.by == "environment"] or None, within=PATIENCE,
         what="the refusal to undo")  # fmt: skip
    assert rehearsal.self_test.effects(case) == ["apply"]
    wait(lambda: any("undo failed" in m.title for m in pager.told("team")) or None, within=90, what="people to be told")


def test_the_form_of_prefect_makes_no_quorum_and_says_so(rehearsal: Rehearsal, place: str) -> None:
    case, incident = asked(rehearsal, place, "careful")
    request = facts(rehearsal, incident, Requested)[0]
    assert request.quorum == 2
    assert resume_by_form(rehearsal, incident, name="mallory") == "ACCEPT"

    def refused() -> bool | None:
        return (
            any("nothing proves that mallory answered" in one.text for one in facts(rehearsal, incident, Noted)) or None
        )

    wait(refused, within=PATIENCE, what="the answer to be refused")
    assert facts(rehearsal, incident, Decided) == []
    assert resume_by_form(rehearsal, incident, name="mallory2") == "ACCEPT"
    wait(lambda: len([n for n in facts(rehearsal, incident, Noted) if "mallory2" in n.text]) or None, within=PATIENCE,
         what="the second answer to be refused")  # fmt: skip
    assert rehearsal.self_test.effects(case) == []
    told = [one.text for one in facts(rehearsal, incident, Notified) if "careful" in one.title]
    assert any("Only people whose identity is proven count" in text for text in told)
    standing = rehearsal.asked(incident)
    assert standing is not None
    for by in ("ann", "ben"):
        rehearsal.answer(standing, yes=True, by=by)
    assert rehearsal.closed(incident).ending is Ending.RESOLVED
    assert [one.channel for one in facts(rehearsal, incident, Decided)] == [Channel.DRILL, Channel.DRILL]
    assert rehearsal.self_test.effects(case) == ["apply"]
