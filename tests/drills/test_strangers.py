"""Strangers: which there are, how they are drawn, and the rules by which they are judged."""

from __future__ import annotations

import pytest

from journal.facts.words import Ending
from sandbox import faults
from sandbox.drills.run import drills
from sandbox.strangers.__main__ import MANY
from sandbox.strangers.lot import Broken, Stranger, at_work, drawn, every
from sandbox.strangers.meet import Came, judged
from sandbox.systems.rung.world import FAULTS

LEAK = Stranger(
    runbook="rung.connection_exhaustion",
    alert="PostgresTooManyConnections",
    labels={},
    broken=(Broken(fault="idle_leak"),),
    environment="rung-practice",
)
TREATS = {"end_idle_sessions": "idle_leak", "reboot_instance": "honest_load"}


def test_every_fault_meets_every_runbook_seen_and_blind() -> None:
    known = tuple(drills())
    alone = {(one.runbook, one.broken[0].fault, one.environment) for one in every(known) if len(one.broken) == 1}
    runbooks, eyes = {drill.runbook for drill in known}, {"rung-practice", "rung-blind"}
    assert alone == {(runbook, fault, eye) for runbook in runbooks for fault in faults.names(FAULTS) for eye in eyes}


def test_there_are_enough_to_draw_from() -> None:
    assert sum(1 for _ in every(drills())) >= MANY


def test_a_seed_draws_the_same_ones_again_and_another_others() -> None:
    lot = list(every(drills()))
    assert drawn(lot, 50, "a") == drawn(reversed(lot), 50, "a") != drawn(lot, 50, "b")


def test_at_work_is_what_drills_of_the_runbook_say() -> None:
    assert at_work(LEAK, drills()) == {"idle_leak"}


def test_triage_is_right_to_name_a_runbook_that_knows_the_fault() -> None:
    before_triage = Stranger(
        runbook="rung.triage", alert="RungUnwell", labels={}, broken=LEAK.broken, environment="rung-practice"
    )
    assert "connection_exhaustion" in at_work(before_triage, drills())


@pytest.mark.parametrize(
    ("came", "wrongly_blamed", "harmful", "all_clear"),
    [
        (Came(ending=Ending.RESOLVED, blamed=frozenset({"idle_leak"}), applied=("end_idle_sessions",)), 0, 0, 0),
        (Came(ending=Ending.UNRESOLVED, blamed=frozenset({"honest_load"})), 1, 0, 0),
        (Came(ending=Ending.UNRESOLVED, applied=("reboot_instance",)), 0, 1, 0),
        (Came(ending=Ending.UNRESOLVED, after=frozenset({"fresh clients are refused"})), 0, 1, 0),
        (Came(ending=Ending.UNRESOLVED, before=frozenset({"idle_leak"}), after=frozenset({"idle_leak"})), 0, 0, 0),
        (Came(ending=Ending.NOT_REPRODUCED, before=frozenset({"idle_leak"}), after=frozenset({"idle_leak"})), 0, 0, 1),
        (Came(ending=Ending.NOT_REPRODUCED), 0, 0, 0),
    ],
)
def test_what_came_of_it_is_judged_by_rule(came: Came, wrongly_blamed: int, harmful: int, all_clear: int) -> None:
    met = judged(LEAK, came, working=at_work(LEAK, drills()), treats=TREATS)
    assert (met.wrongly_blamed, met.harmful, met.all_clear) == (wrongly_blamed, harmful, all_clear)
    assert len(met.told) == wrongly_blamed + harmful + all_clear
