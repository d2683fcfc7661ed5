"""Two machines at one Prefect and one journal on PostgreSQL: with one of each killed nothing is lost or done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.machines.__main__ import rounds


@pytest.mark.timeout(600)
def test_with_one_worker_and_one_receiver_killed_nothing_is_lost_and_nothing_happens_twice(tmp_path: Path) -> None:
    (played,) = rounds(tmp_path, times=1)
    assert played.faults == ()
    assert played.acknowledged == played.cases
    assert played.struck >= 1
    assert played.taken_over == played.struck
