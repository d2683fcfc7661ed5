"""Within one process, the page of a timeline, which nobody reads there, is drawn for a runbook's first incident."""

from __future__ import annotations

from pathlib import Path

from tests.flows.small import mend, runbook, small


def test_the_first_incident_of_a_runbook_is_drawn_and_each_is_written(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 40.0}) as here:
        first, _ = here.follow(runbook(mend("leak")))
        here.world.strengths["leak"] = 40.0
        second, _ = here.follow(runbook(mend("leak")))
    written = {path.name for path in (tmp_path / "timelines").iterdir()}
    assert first != second
    assert written == {f"{first}.md", f"{first}.html", f"{second}.md"}
