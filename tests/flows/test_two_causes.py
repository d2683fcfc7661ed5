"""Two causes at once: what cured its own is kept although the symptom stays, and the other is found and treated."""

from __future__ import annotations

from pathlib import Path

from journal.facts.done import Validated
from journal.facts.seen import Judged
from journal.facts.words import Ending, Standing
from tests.flows.small import World, mend, runbook, small


def test_both_are_put_right_one_after_the_other(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"bucket": 50.0, "role": 50.0}) as here:
        incident, closed = here.follow(runbook(mend("bucket", leaves="the bucket's owner knows."), mend("role")))
        held = [fact.held for fact in here.facts(incident, Validated)]
        judged = here.facts(incident, Judged)
        keys = {entry.key for entry in here.journal.entries(incident)}
    assert here.world.acts == ["apply bucket", "apply role"], "nothing is undone"
    assert held == [True, True]
    assert len(judged) == 2, "evidence was gathered and judged anew after the first"
    assert {"judged:after:mend_bucket", "plan:mend_role", "intended:mend_role:apply:1"} <= keys
    seconds = [key for key in keys if "mend_bucket@" in key or "mend_role@" in key]
    assert seconds == [], "a first try is called as it was before there were rounds"
    after = {verdict.hypothesis: verdict.standing for verdict in judged[1].ranking}
    assert (after["bucket"], after["role"]) == (Standing.REFUTED, Standing.SUPPORTED)
    assert closed.ending is Ending.RESOLVED
    assert closed.text == (
        "“Mend role” worked, and the symptom is gone. Done before that, and kept because it cured its own cause: “Mend"
        " bucket”. What still goes on: The bucket's owner knows."
    )


def test_one_that_shows_only_when_the_first_is_gone_is_found_as_well(tmp_path: Path) -> None:
    def uncovers(world: World) -> None:
        world.strengths |= {"bucket": 0.0, "role": 90.0}

    with small(tmp_path, strengths={"bucket": 95.0, "role": 0.0}, cures={"bucket": uncovers}) as here:
        _, closed = here.follow(runbook(mend("bucket"), mend("role")))
    assert here.world.acts == ["apply bucket", "apply role"]
    assert closed.ending is Ending.RESOLVED


def test_where_the_other_is_not_named_the_cured_one_is_kept_and_said_to_be(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"bucket": 40.0, "stranger": 50.0}) as here:
        _, closed = here.follow(runbook(mend("bucket")))
    assert here.world.acts == ["apply bucket"]
    assert closed.ending is Ending.UNRESOLVED
    assert "its cause is not known" in closed.text
    assert "It cured its own cause and is kept: “Mend bucket”." in closed.text
