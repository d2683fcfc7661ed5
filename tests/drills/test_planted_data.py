"""What people are called and what they told is planted in the sandbox; nothing that Code Blue writes may hold it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.timeline import as_html, as_markdown, timeline
from sandbox.drills.carrying import carry_out
from sandbox.drills.run import chosen
from sandbox.rehearsal import Rehearsal
from sandbox.systems.rung import people
from sandbox.systems.rung.isolation import PHRASE

PLANTED = (*people.PLANTED, PHRASE, "203.0.113.77")


def written(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file that the stack keeps: journal, Prefect's database with artifacts and logs, logs of processes."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


@pytest.mark.parametrize(
    "name",  # Tasks for people: a change would have its cooldown after the same drill just before.
    ["rung.users_cannot_log_in.temporary_password", "rung.isolation_layer_failures.clinical_data"],
)
def test_nothing_that_is_kept_holds_what_was_planted(rehearsal: Rehearsal, name: str) -> None:
    (drill,) = chosen([name])
    outcome = carry_out(drill, rehearsal)
    assert outcome.faults == ()
    drawn = timeline(rehearsal.journal.entries(outcome.incident))
    shown = [(Path(name), text.encode()) for name, text in (("md", as_markdown(drawn)), ("html", as_html(drawn)))]
    kept = [*written(rehearsal.stack.home.path), *shown]
    assert any(outcome.incident.encode() in content for _, content in kept), "the incident itself was not found"
    for path, content in kept:
        for text in PLANTED:
            assert text.encode() not in content, path
