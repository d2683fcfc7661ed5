"""Every drill goes as expected: the right cause on top, the right change, and the world as it must be afterwards."""

from __future__ import annotations

import pytest

from sandbox.drills.drill import Drill, carry_out
from sandbox.drills.run import chosen, drills
from sandbox.rehearsal import Rehearsal


@pytest.mark.parametrize("drill", list(drills()), ids=lambda drill: f"{drill.runbook}.{drill.name}")
def test_the_drill_goes_as_expected(drill: Drill, rehearsal: Rehearsal) -> None:
    assert carry_out(drill, rehearsal).faults == ()


def test_drills_are_chosen_by_system_runbook_or_name() -> None:
    every = {drill.runbook for drill in drills()}
    assert {drill.runbook for drill in chosen(["rung"])} == {name for name in every if name.startswith("rung.")}
    assert {drill.runbook for drill in chosen(["rung.missing_alerts"])} == {"rung.missing_alerts"}
    assert [drill.name for drill in chosen(["rung.connection_exhaustion.blind"])] == ["blind"]
    assert chosen(["nothing"]) == []
