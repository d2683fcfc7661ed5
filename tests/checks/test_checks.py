"""Checks ask by the clock what a runbook asks in an incident, and start it once. Refusals first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from pydantic import SecretStr

from blocks.notifier import Notifier
from blocks.rung import Rung
from deployments import wakeup
from journal.facts.closed import Noted
from journal.facts.opened import Opened
from journal.schema import LEDGER
from sandbox.drills.carrying import ripe
from sandbox.pager import Pager
from sandbox.rehearsal import Rehearsal, wait
from sandbox.saving import save
from sandbox.systems.rung.drills.connection_exhaustion import PARAMS
from sandbox.systems.rung.wiring import rung

SYMPTOM = "codeblue.symptom/rung.connection_saturation"
MEASURE = "codeblue.measure/rung.disk"
ALARMS = "codeblue.alarms/rung.alarms"
DISK = {
    "title": "The database's disk has less than 10 GB left",
    "namespace": "AWS/RDS",
    "metric": "FreeStorageSpace",
    "statistic": "Minimum",
    "dimensions": {"DBInstanceIdentifier": "{db_instance}"},
    "unit": "bytes",
    "below": 10e9,
    "period": "PT1M",
    "window": "PT30M",
}


def checked(rehearsal: Rehearsal, deployment: str, **parameters: Any) -> State[Any]:
    """Run a check as its schedule would; the state it ended in."""
    with rehearsal.stack.client() as client:
        found = client.read_deployment_by_name(deployment)
        run = client.create_flow_run_from_deployment(found.id, parameters=parameters).id
        wakeup.ring(rehearsal.stack.home, run)

        def final() -> State[Any] | None:
            state = client.read_flow_run(run).state
            return state if state is not None and state.is_final() else None

        return wait(final, within=150, what=f"{deployment} to end")


def opened(rehearsal: Rehearsal) -> set[str]:
    return {i.id for i in rehearsal.journal.incidents(limit=1000) if i.runbook == "rung.connection_exhaustion"}


@contextmanager
def broken(rehearsal: Rehearsal, fault: str) -> Iterator[None]:
    rehearsal.world.break_(fault)
    try:
        yield
    finally:
        rehearsal.world.heal()


def own(rehearsal: Rehearsal, env: Rung) -> str:
    """The name of an environment that nobody else has used: a check rests where an incident was a moment ago."""
    name = f"checked-{uuid.uuid4().hex[:6]}"
    with rehearsal.stack.client():
        save(env, name)
    return name


def test_a_check_without_a_symptom_starts_nothing(rehearsal: Rehearsal) -> None:
    before = opened(rehearsal)
    state = checked(rehearsal, SYMPTOM, environment=own(rehearsal, rung(rehearsal.world.facts)))
    assert (state.name, state.type) == ("Quiet", "COMPLETED")
    assert opened(rehearsal) == before


def test_a_blind_check_says_unknown_and_fails_and_starts_nothing(rehearsal: Rehearsal) -> None:
    before = opened(rehearsal)
    env = rung(rehearsal.world.facts, reader="rung_blind", blind_aws=True)
    state = checked(rehearsal, SYMPTOM, environment=own(rehearsal, env))
    assert (state.name, state.type) == ("Unknown", "FAILED")
    assert opened(rehearsal) == before


def test_an_environment_that_is_not_saved_is_not_looked_at_and_that_is_not_health(rehearsal: Rehearsal) -> None:
    for check, more in ((SYMPTOM, {}), (MEASURE, {"measure": DISK}), (ALARMS, {})):
        state = checked(rehearsal, check, environment="nowhere", **more)
        assert (state.name, state.type) == ("Unknown", "FAILED")
        assert "No environment 'nowhere' is saved" in (state.message or "")


def test_a_symptom_that_holds_starts_its_runbook_once_and_not_again_while_it_is_open_or_rests(
    rehearsal: Rehearsal,
) -> None:
    before = opened(rehearsal)
    with broken(rehearsal, "idle_leak"):
        wait(lambda: ripe(rehearsal.world.facts), within=90, what="the leaked sessions to grow old")
        params = {"environment": own(rehearsal, rung(rehearsal.world.facts)), "params": PARAMS}
        first = checked(rehearsal, SYMPTOM, **params)
        assert first.name == "Started"
        (incident,) = opened(rehearsal) - before
        fact = rehearsal.journal.entries(incident)[0].fact
        assert isinstance(fact, Opened)
        assert fact.requested_by == "check:check of rung.connection_exhaustion"
        assert "at least" in str((fact.alert or {})["summary"])
        assert rehearsal.asked(incident) is not None, rehearsal.closed(incident).text
        assert checked(rehearsal, SYMPTOM, **params).name == "Open"
        while (standing := rehearsal.asked(incident)) is not None:
            rehearsal.answer(standing, yes=False)
        rehearsal.closed(incident)
        assert checked(rehearsal, SYMPTOM, **params).name == "Resting"
    assert opened(rehearsal) - before == {incident}


# -- measures and alarms: what CloudWatch says ------------------------------------------------------------------------


@pytest.fixture
def told(rehearsal: Rehearsal) -> Iterator[tuple[str, Pager]]:
    """An environment of its own, whose notifier is a pager."""
    with Pager() as pager:
        env = rung(rehearsal.world.facts)
        env = env.model_copy(update={"notifier": Notifier(urls=[SecretStr(pager.address("team"))])})
        yield own(rehearsal, env), pager


def put(rehearsal: Rehearsal, instance: str, value: float) -> None:
    cloudwatch: Any = rehearsal.world.facts.aws.client("cloudwatch")
    data = {
        "MetricName": "FreeStorageSpace",
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": instance}],
        "Timestamp": datetime.now(UTC) - timedelta(minutes=3),
        "Value": value,
    }
    cloudwatch.put_metric_data(Namespace="AWS/RDS", MetricData=[data])


def test_a_metric_without_values_is_unknown_and_not_well(rehearsal: Rehearsal, told: tuple[str, Pager]) -> None:
    name, pager = told
    silent = DISK | {"dimensions": {"DBInstanceIdentifier": "nobody"}}
    state = checked(rehearsal, MEASURE, environment=name, measure=silent)
    assert (state.name, state.type) == ("Unknown", "FAILED")
    assert pager.messages == []


def test_a_limit_that_is_passed_is_told_once_a_day(rehearsal: Rehearsal, told: tuple[str, Pager]) -> None:
    name, pager = told
    put(rehearsal, f"{name}-full", 2e9)
    full = DISK | {"dimensions": {"DBInstanceIdentifier": f"{name}-full"}}
    for _ in range(2):
        state = checked(rehearsal, MEASURE, environment=name, measure=full)
        assert state.name == "Found", state.message
    (message,) = pager.told("team")
    assert "less than 10 GB left: 2 GB" in message.text
    kept = [e.fact.text for e in rehearsal.journal.entries(LEDGER) if isinstance(e.fact, Noted)]
    assert sum(name in text for text in kept) == 1
    put(rehearsal, f"{name}-roomy", 50e9)
    roomy = DISK | {"dimensions": {"DBInstanceIdentifier": f"{name}-roomy"}}
    assert checked(rehearsal, MEASURE, environment=name, measure=roomy).name == "Quiet"


def test_a_runbook_that_no_alarm_starts_is_found_and_one_that_reaches_nobody(
    rehearsal: Rehearsal, told: tuple[str, Pager]
) -> None:
    name, pager = told
    state = checked(rehearsal, ALARMS, environment=name)
    assert state.name == "Found"
    assert "rung." in (state.message or "")
    assert len(pager.told("team")) == 1
