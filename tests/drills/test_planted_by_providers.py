"""Whom a message was for, what a lead asks, and keys stand in what providers answer, and in nothing that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from journal.facts.words import Ending
from journal.timeline import as_html, as_markdown, timeline
from sandbox.drills.drill import Drill
from sandbox.own.within import open_within
from sandbox.own.world import Worlds, carry_out, chosen
from sandbox.systems.medicalcor.api.refusals import PLANTED
from sandbox.systems.medicalcor.world import World


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    with Worlds(tmp_path_factory.mktemp("worlds")) as found:
        yield found


def kept(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def watched(drill: Drill, planted: list[str]) -> Drill:
    """The drill, whose person sees what of all that the log holds as they come to mend it."""
    assert drill.person is not None
    mends = drill.person

    def sees_and_mends(world: World) -> None:
        log = "".join(map(str, world.parts.project.logs.entries))
        planted.extend(text for text in PLANTED if text in log)
        mends(world)

    return replace(drill, person=sees_and_mends)


@pytest.mark.parametrize(
    "name",
    ["medicalcor.whatsapp_not_sending.numbers_rejected", "medicalcor.ai_scoring_failing.key_rejected"],
)
def test_nothing_that_is_kept_of_an_incident_holds_what_was_planted(
    worlds: Worlds, name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (drill,) = chosen([name])
    planted: list[str] = []
    with worlds.world_for(drill) as world, open_within(world, tmp_path) as here:
        assert isinstance(world, World)
        outcome = carry_out(watched(drill, planted), world, here)
        drawn = timeline(here.journal.entries(outcome.incident))
        shown = [("md", as_markdown(drawn)), ("html", as_html(drawn))]
    assert outcome.faults == ()
    assert outcome.ending is Ending.RESOLVED
    assert planted, "what was planted did not even stand in the log"
    told = capfd.readouterr()
    everything = [*kept(tmp_path), *((Path(one), text.encode()) for one, text in shown)]
    everything += [(Path("printed"), (told.out + told.err).encode())]
    assert any(outcome.incident.encode() in content for _, content in everything), "the incident itself was not found"
    for path, content in everything:
        for text in PLANTED:
            assert text.encode() not in content, path
