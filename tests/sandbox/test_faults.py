"""Each fault really breaks the world, and really can be undone; what is seen of it depends on who looks."""

import re
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from sandbox import FaultHasNoEffect, SandboxError, UnknownFault, faults
from sandbox import world as world_module
from sandbox.client_load import ClientLoad
from sandbox.errors import WorkerFailed
from sandbox.faults.fault import SessionFault
from sandbox.process import wait_until
from sandbox.refusal import is_slot_refusal
from sandbox.systems.rung.world import FAULTS, World

LOOK = "SELECT application_name, state, backend_start FROM pg_stat_activity WHERE backend_type = 'client backend'"
FILLING = [
    "combined",
    "honest_load",
    "idle_in_transaction",
    "idle_leak",
    "long_queries",
    "other_database_leaks",
    "other_role_leaks",
    "oversized_pools",
    "pinged_leak",
]
"""Faults that take the server's slots. `role_limit` refuses fresh clients while most slots are free."""


def states(world: World, application_name: str) -> Counter[str]:
    with psycopg.connect(world.facts.dsn("rung_reader")) as reader:
        return Counter(state for name, state, _ in reader.execute(LOOK) if name == application_name)


def fresh_client_of(world: World) -> None:
    psycopg.connect(world.facts.dsn("rung_app")).close()


def test_there_is_a_test_for_every_fault_that_takes_slots():
    assert [name for name in faults.names(FAULTS) if isinstance(faults.find(FAULTS, name, {}), SessionFault)] == [
        *FILLING,
        "role_limit",
    ]


@pytest.mark.parametrize(
    ("name", "bounds", "said"),
    [("idle_leek", {}, "Perhaps 'idle_leak'?"), ("idle_leak", {"mots": 4}, "Perhaps 'most'?")],
)
def test_a_near_miss_is_told_what_was_perhaps_meant(name, bounds, said):
    with pytest.raises(UnknownFault, match=re.escape(said)):
        faults.find("sandbox.systems.rung.faults", name, bounds)


def test_a_fault_of_an_unknown_name_is_refused(world: World):
    with pytest.raises(UnknownFault, match="There is no fault 'gremlins'"):
        world.break_("gremlins")


def test_a_bound_the_fault_does_not_have_is_refused(world: World):
    with pytest.raises(UnknownFault, match="it has lives_for, most, persistent"):
        world.break_("idle_leak", tasks=3)
    assert world.health().healthy


def test_a_fault_that_shows_no_symptom_is_taken_away_again(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(world_module, "BREAK_SECONDS", 0.5)
    with pytest.raises(FaultHasNoEffect, match="larger bounds"):
        world.break_("idle_leak", most=2)
    assert world.broken == ()
    assert states(world, "rung-reports") == {}


def test_the_same_fault_twice_is_refused(world: World):
    world.break_("idle_leak")
    with pytest.raises(SandboxError, match="there already"):
        world.break_("idle_leak")


@pytest.mark.parametrize("fault", FILLING)
def test_a_fault_refuses_fresh_clients_with_53300_until_it_is_healed(world: World, fault: str):
    world.break_(fault)
    log = world.facts.home / "postgres.log"
    before = log.stat().st_size

    with pytest.raises(psycopg.OperationalError) as refused:
        fresh_client_of(world)

    assert is_slot_refusal(refused.value)
    assert b" 53300 " in log.read_bytes()[before:]
    assert world.health().saturated
    assert sum(world.health().sessions.values()) > 20

    world.heal()
    fresh_client_of(world)
    assert world.health().healthy


def test_a_limited_role_is_refused_with_53300_while_most_slots_are_free_until_it_is_healed(world: World):
    world.break_("role_limit")
    with pytest.raises(psycopg.OperationalError, match="too many connections for role") as refused:
        fresh_client_of(world)
    assert is_slot_refusal(refused.value)
    health = world.health()
    assert health.connected == 0
    assert health.slots_taken < health.max_connections / 2

    world.heal()
    fresh_client_of(world)
    assert world.health().healthy


def test_the_reader_can_look_while_the_application_cannot_connect(world: World):
    world.break_("idle_leak")
    with psycopg.connect(world.facts.dsn("rung_reader")) as reader:
        assert reader.execute("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle'").fetchone()[0] > 30
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute("CREATE TABLE mischief ()")
    assert world.health().saturated


def test_the_blind_role_sees_no_state_of_other_peoples_sessions(world: World):
    world.break_("idle_leak")
    with psycopg.connect(world.facts.dsn("rung_blind")) as blind:
        seen = blind.execute("SELECT state FROM pg_stat_activity WHERE usename = 'rung_app'").fetchall()
    assert len(seen) > 30
    assert {state for (state,) in seen} == {None}


def test_a_leak_whose_sessions_are_ended_does_not_come_back(world: World):
    world.break_("idle_leak")
    with psycopg.connect(world.facts.dsn("rung_changer"), autocommit=True) as changer:
        changer.execute(
            # With a time limit it waits until each has gone; else those that are going would be counted below.
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'rung-reports'"
        )
    health = world.wait_for(lambda health: health.sessions == {"idle_leak": 0})
    assert health.connected == health.attempts
    assert health.slots_taken == 8


def test_a_persistent_leak_comes_back_at_a_bounded_rate(world: World):
    world.break_("idle_leak", persistent=True)
    with psycopg.connect(world.facts.dsn("rung_changer"), autocommit=True) as changer:
        changer.execute(
            # With a time limit it waits until each has gone; else those that are going would be counted below.
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'rung-reports'"
        )
    health = world.wait_for(lambda health: health.sessions["idle_leak"] >= 2)
    assert health.sessions["idle_leak"] < 10


def test_open_transactions_stay_open_until_their_sessions_are_ended(world: World):
    world.break_("idle_in_transaction")
    assert states(world, "rung-batch")["idle in transaction"] == world.health().sessions["idle_in_transaction"]


def test_a_cancelled_long_query_gives_its_slot_back(world: World):
    world.break_("long_queries")
    assert set(states(world, "rung-analytics")) == {"active"}
    with psycopg.connect(world.facts.dsn("rung_changer"), autocommit=True) as changer:

        def cancel() -> bool:  # Again and again: a client may be opening its session while the others are cancelled.
            changer.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'rung-analytics'"
            )
            return True

        world.wait_for(
            lambda health: cancel() and health.sessions["long_queries"] == 0 and health.connected == health.attempts
        )


def test_oversized_pools_show_in_ecs_and_a_person_heals_them_with_a_smaller_pool(world: World):
    world.break_("oversized_pools")
    ecs = world.facts.aws.client("ecs", as_=world.facts.aws.reading_role)

    def pool_times_tasks() -> int:
        service = ecs.describe_services(cluster="rung-prod", services=["rung-api"])["services"][0]
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        environment = definition["containerDefinitions"][0]["environment"]
        (size,) = [variable for variable in environment if variable["name"] == "DB_POOL_SIZE"]
        assert service["runningCount"] == service["desiredCount"]
        return int(size["value"]) * service["runningCount"]

    assert pool_times_tasks() > world.health().max_connections
    world.set_pool_size(3)
    assert pool_times_tasks() == 24
    world.wait_for(
        lambda health: (
            health.connected == health.attempts and health.slots_taken == 24 and not any(health.waiting.values())
        )
    )


def test_two_causes_at_once_each_hold_their_part(world: World):
    world.break_("combined", causes=("idle_in_transaction", "oversized_pools"))
    sessions = world.health().sessions
    assert set(sessions) == {"idle_in_transaction", "oversized_pools"}
    assert all(count >= 10 for count in sessions.values())


def test_a_client_load_ends_by_itself_after_its_lifetime(world: World, tmp_path: Path):
    dsn = world.facts.dsn("rung_app", application_name="rung-short")
    begun = time.monotonic()
    client_load = ClientLoad(
        "leaking", home=tmp_path, name="short", lives_for=timedelta(seconds=3), dsn=dsn, statements=["SELECT 1"], most=3
    )
    try:
        wait_until(
            lambda: client_load.count()["alive"] == 3, seconds=3, failing=lambda: AssertionError("it never lived")
        )
        world.wait_for(lambda health: health.slots_taken == 8)
        assert client_load.count()["alive"] == 0
        assert time.monotonic() - begun >= 3
    finally:
        client_load.stop()


def test_clients_that_make_a_mistake_end_loudly_instead_of_standing_still(world: World, tmp_path: Path):
    dsn = world.facts.dsn("rung_app")
    client_load = ClientLoad(
        "leaking", home=tmp_path, name="wrong", lives_for=timedelta(minutes=1), dsn=dsn, statements=["SELEC"]
    )
    try:
        with pytest.raises(WorkerFailed, match=r"ended with code 1; .*wrong\.log"):
            wait_until(lambda: not client_load.count(), seconds=10, failing=lambda: AssertionError("it goes on"))
        assert "syntax error" in (tmp_path / "wrong.log").read_text()
    finally:
        client_load.stop()


def test_the_metric_follows_the_sessions_up_and_down(world: World):
    cloudwatch = world.facts.aws.client("cloudwatch", as_=world.facts.aws.reading_role)

    def newest() -> float | None:
        now = cloudwatch_now(world)
        values = cloudwatch.get_metric_data(
            StartTime=now - timedelta(seconds=10),
            EndTime=now + timedelta(seconds=1),
            MetricDataQueries=[
                {
                    "Id": "connections",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/RDS",
                            "MetricName": "DatabaseConnections",
                            "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "rung-prod"}],
                        },
                        "Period": 1,
                        "Stat": "Maximum",
                    },
                }
            ],
        )["MetricDataResults"][0]["Values"]
        return values[0] if values else None

    world.wait_for(lambda _: newest() == 8)
    world.break_("idle_leak")
    taken = world.health().slots_taken
    world.wait_for(lambda _: newest() == taken)
    world.heal()
    world.wait_for(lambda _: newest() == 8)


def cloudwatch_now(world: World):
    return world.health().at
