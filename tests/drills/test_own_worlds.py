"""Drills of systems with worlds of their own go as expected; a world that lasts is as new for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.drills.drill import Drill
from sandbox.own.within import show_on
from sandbox.own.world import Worlds, chosen


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    with Worlds(tmp_path_factory.mktemp("worlds")) as found:
        yield found


@pytest.mark.parametrize("drill", chosen([]), ids=lambda drill: f"{drill.runbook}.{drill.name}")
def test_the_drill_goes_as_expected(drill: Drill, worlds: Worlds, tmp_path: Path) -> None:
    assert show_on(worlds, drill, tmp_path).outcome.faults == ()


def test_what_a_drill_left_broken_is_whole_for_the_next(worlds: Worlds, tmp_path: Path) -> None:
    (rejected,) = chosen(["medicalcor.redis_memory_full.rejected"])
    (alarm,) = chosen(["medicalcor.redis_memory_full.false_alarm"])
    with worlds.world_for(rejected) as world:
        assert world.suffers() == ()
        world.break_("rate_limit_keys")
        assert "requests are refused: nothing can be kept for them" in world.suffers()
        with worlds.world_for(alarm) as again:
            assert again is world
    assert show_on(worlds, alarm, tmp_path / "alarm").outcome.faults == ()


def test_a_drill_that_expects_another_cause_fails(worlds: Worlds, tmp_path: Path) -> None:
    (drill,) = chosen(["medicalcor.redis_memory_full.rate_limits"])
    faults = show_on(worlds, replace(drill, fault="outgrown"), tmp_path).outcome.faults
    assert "top cause too_small, not rate_limits" in faults


def test_what_is_done_where_it_was_handed_over_is_expected_as_well(worlds: Worlds, tmp_path: Path) -> None:
    (drill,) = chosen(["medicalcor.webhooks_not_processing.decoy_counters_fill_redis"])
    faults = show_on(worlds, replace(drill, there=()), tmp_path).outcome.faults
    assert faults == ("applied ('unlink_prefix',) where it was handed over, not ()",)


def test_what_stops_itself_is_expected_to(worlds: Worlds, tmp_path: Path) -> None:
    (canary,) = chosen(["medicalcor.dlq_reprocess.canary_fails"])
    faults = show_on(worlds, replace(canary, stopped=("another",)), tmp_path / "another").outcome.faults
    assert faults == ("stopped ('process_again',), not ('another',)",)
    unsaid = show_on(worlds, replace(canary, stopped=()), tmp_path / "unsaid").outcome.faults
    assert unsaid == ("an approval was asked for although nothing was to be changed",)


def test_a_fault_that_is_not_there_costs_that_drill_alone(worlds: Worlds, tmp_path: Path) -> None:
    (drill,) = chosen(["medicalcor.redis_memory_full.rate_limits"])
    faults = show_on(worlds, replace(drill, fault="rate_limit_key"), tmp_path).outcome.faults
    assert faults[0].startswith("There is no fault 'rate_limit_key'. Perhaps 'rate_limit_keys'?")
