"""Numbers of a reading that are charted: what a reader declares, and which looks are worth keeping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from journal.facts.seen import Figure, Read
from runbook import Facts
from tasks.gather import figures
from tasks.postgres.read import Slots
from tasks.validate import moved


class Queue(Facts):
    waiting: int
    workers: int

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {"waiting for each worker": (self.waiting / self.workers, "jobs")}


class Quiet(Facts):
    waiting: int


def kept(*numbers: tuple[str, float]) -> Read:
    return Read(
        phase="validate:m",
        probe="queue",
        asks="?",
        source="devised",
        at=datetime.now(UTC),
        took=timedelta(0),
        text="",
        value={},
        figures=tuple(Figure(name=name, value=value, unit="jobs") for name, value in numbers),
    )


def test_a_reader_says_which_numbers_are_charted() -> None:
    assert figures(Queue(waiting=6, workers=2)) == (Figure(name="waiting for each worker", value=3.0, unit="jobs"),)
    assert figures(Quiet(waiting=6)) == ()


def test_a_fault_in_a_figure_does_not_cost_the_reading() -> None:
    assert figures(Queue(waiting=6, workers=0)) == ()
    assert figures(Queue.model_construct(waiting=float("nan"), workers=1)) == ()


def test_full_and_refusing_servers_have_no_free_slots() -> None:
    assert figures(Slots(limit=100, reserved=3, taken=97))[0].value == 100.0
    assert figures(Slots(limit=0, reserved=0, taken=0, refused=True))[0].value == 100.0
    assert figures(Slots(limit=0, reserved=0, taken=0)) == ()


def test_only_a_figure_that_moved_is_news() -> None:
    before = kept(("waiting", 100.0))
    assert not moved(before, kept(("waiting", 109.0)))
    assert moved(before, kept(("waiting", 111.0)))
    assert moved(before, kept(("waiting", 89.0)))
    assert moved(kept(("waiting", 0.0)), kept(("waiting", 1.0)))
    assert not moved(kept(("waiting", 0.0)), kept(("waiting", 0.0)))
    assert moved(kept(), kept(("waiting", 0.0)))
    assert not moved(before, kept())
