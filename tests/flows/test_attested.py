"""A person's word is shown as theirs, and never counts as evidence for a cause."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from journal.facts.decided import TaskGiven
from journal.facts.seen import Judged, Read
from journal.facts.words import Ending
from journal.timeline import as_markdown, timeline
from journal.verify import verify
from runbook import Attested, Facts, Manual, Permanent, attested, probe
from tests.flows.small import Here, Strong, cause, mend, runbook, small, wait

LOST = datetime(2026, 1, 2, 14, 5, tzinfo=UTC)


def word(by: str = "Ana Lima", what: str = "orders were lost", at: datetime | None = LOST) -> Any:
    @probe(asks="What was lost, and since when?", source="devised")
    def loss(_c: Here) -> Attested:
        return attested(by=by, what=what, at=at)

    return loss


def test_it_is_shown_as_the_word_of_whoever_says_it(tmp_path: Path) -> None:
    said = word()
    with small(tmp_path, strengths={"model": 30.0}) as here:
        incident, closed = here.follow(runbook(mend("model"), also_asks=(said,)))
        (read,) = [one for one in here.facts(incident, Read) if one.probe == "loss"]
        entries = here.journal.entries(incident)
        assert closed.ending is Ending.RESOLVED
        assert read.by == "Ana Lima"
        assert read.text == "a person says so, and nobody looked, of 2026-01-02 14:05 UTC: orders were lost"
        (event,) = [one for one in timeline(entries).events if "orders were lost" in one.text]
        assert event.who == "Ana Lima"
        assert event.details == ("What was lost, and since when? Not looked at: a person's word, identity not proven.",)
        assert "said by Ana Lima" in as_markdown(timeline(entries))
        assert verify(here.journal).intact


def test_it_fills_the_steps_of_a_task(tmp_path: Path) -> None:
    said, (of, gone) = word(), cause("model")
    task = Manual(
        name="restore",
        title="Restore",
        treats=of,
        steps=(said.tells(lambda r: [f"Restore to just before {r.at:%H:%M}."]),),
        validated_by=gone,
        source="devised",
        why_manual="nobody else can.",
    )
    with small(tmp_path, strengths={"model": 30.0}) as here:
        incident, _ = here.follow(runbook(task, also_asks=(said,)), yes=False)
        assert here.facts(incident, TaskGiven)[0].steps == ("Restore to just before 14:05.",)


def test_it_moves_no_cause(tmp_path: Path) -> None:
    scores: list[float] = []
    for more in ({}, {"also_asks": (word(what="It is model."),)}):
        folder = tmp_path / str(len(scores))
        folder.mkdir()
        with small(folder, strengths={"model": 30.0}) as here:
            incident, _ = here.follow(runbook(mend("model"), **more))
            scores.append(here.facts(incident, Judged)[0].ranking[0].score)
    assert scores[0] == scores[1]


@pytest.mark.parametrize(
    ("by", "what", "why"),
    [
        ("", "x", "Nobody has said so"),
        ("ana", " ", "Nobody has said so"),
        ("a\u200bna", "x", "invisible"),
        ("an\u0430", "x", "script"),
        ("ana", "lost " * 1000, "5,000 characters"),
    ],
)
def test_a_word_of_nobody_or_under_an_odd_name_is_unknown(tmp_path: Path, by: str, what: str, why: str) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        incident, closed = here.follow(runbook(mend("model"), also_asks=(word(by, what),)))
        (read,) = [one for one in here.facts(incident, Read) if one.probe == "loss"]
        assert read.by is None
        assert why in (read.unreadable or "")
        assert closed.ending is Ending.RESOLVED


def test_a_moment_of_no_time_zone_is_none_and_is_said_in_words(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"model": 30.0}) as here:
        incident, _ = here.follow(runbook(mend("model"), also_asks=(word(at=LOST.replace(tzinfo=None)),)))
        (read,) = [one for one in here.facts(incident, Read) if one.probe == "loss"]
    assert read.unreadable == "Nobody knows where it was 2026-01-02 14:05: start it again with a time zone."


class Wrapped(Facts):
    word: Attested | None = None


class Deep(Facts):
    """Another who holds itself, as trees do."""

    words: tuple[Wrapped, ...] = ()
    more: dict[str, Deep] | None = None


@pytest.mark.parametrize("kind", [Wrapped, Deep, Attested | Strong])
def test_a_word_among_what_was_looked_at_is_refused(kind: Any) -> None:
    """It would be shown as a look, and speak for a cause."""

    def loss(_c: Here) -> Any:
        return kind()

    loss.__annotations__["return"] = kind
    with pytest.raises(TypeError, match=r"hides a person's word|one kind of Facts"):
        probe(asks="What was lost?", source="devised")(loss)


def test_no_wait_is_over_by_it() -> None:
    with pytest.raises(ValueError, match="rests on a person's word"):
        wait("model", until=word().shows("somebody says that it is over", lambda r: bool(r.what)))


def test_nobody_says_nothing() -> None:
    with pytest.raises(Permanent):
        attested(by=" ", what="x")


@pytest.mark.parametrize("speaks", ["supported_by", "refuted_by"])
def test_no_cause_rests_on_it(speaks: str) -> None:
    of, _ = cause("model")
    evidence = word().shows("somebody says so", lambda r: bool(r.what))
    with pytest.raises(ValueError, match="rests on a person's word"):
        replace(of, **{speaks: (*getattr(of, speaks), evidence)})


def test_nothing_is_validated_by_it() -> None:
    of, gone = cause("model")
    evidence = word().shows("somebody says that it is over", lambda r: bool(r.what))
    with pytest.raises(ValueError, match="rests on a person's word"):
        mend("model", validated_by=evidence)
    task = Manual(name="t", title="t", treats=of, steps=("x",), validated_by=gone, source="devised", why_manual="x.")
    with pytest.raises(ValueError, match="rests on a person's word"):
        replace(task, validated_by=evidence)


def test_an_entry_of_a_look_is_written_as_before() -> None:
    look = Read(phase="gather", probe="p", asks="?", source="s", at=LOST, took=LOST - LOST, text="x", value={})
    assert "by" not in look.model_dump(mode="json")
    assert look.model_copy(update={"by": "ana"}).model_dump(mode="json")["by"] == "ana"
