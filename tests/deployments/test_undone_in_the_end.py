"""What was temporary is undone although the run that was to do it died: another is started, ever more rarely."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from deployments.watch import lasting_too_long
from deployments.watch_memory import Memory
from journal import clock
from tests.flows.passes import Incident
from tests.flows.small import mend, runbook, small

MINUTE = 60.0


def test_another_run_is_started_where_the_first_never_began(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 40.0}) as here:
        one = Incident(here, runbook(mend("leak", expires_after=timedelta(hours=1))))
        one.go()
        one.say(one.asked()[0])
        assert one.go() is not None
        memory = Memory(here.journal)
        assert list(lasting_too_long(here.journal, memory)) == []
        clock.sleep(60 * MINUTE)
        keys: list[str] = []
        for _ in range(120):
            keys += [key for _, key, _ in lasting_too_long(here.journal, memory)]
            clock.sleep(MINUTE)
        assert here.world.acts == ["apply leak"]
    mine = f"{one.id}:mend_leak:undo"
    assert list(dict.fromkeys(keys)) == [mine, f"{mine}:2", f"{mine}:3", f"{mine}:4", f"{mine}:5"]
    assert keys.count(mine) == 10
