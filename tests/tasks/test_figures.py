"""Numbers of a reading that are charted: what a reader declares, and which looks are worth keeping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from journal.facts.seen import Figure, Read
from runbook import Facts
from tasks.bedrock.calls import Calls
from tasks.cognito.factors import Factors
from tasks.gather import figures
from tasks.logs.merges import Merges
from tasks.logs.read import ENOUGH, Events
from tasks.postgres.activity import Activity
from tasks.postgres.read import Slots
from tasks.s3.denials import Denials
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


def test_refusals_are_charted_only_where_no_refusal_would_mean_something() -> None:
    seen = Denials(
        total=4,
        by_key=4,
        by_bucket=0,
        by_endpoint=0,
        by_role=0,
        complete=True,
        invocations=9,
        window=timedelta(hours=1),
    )
    assert figures(seen) == (Figure(name="requests refused", value=4, unit=""),)
    often = Figure(name="requests refused a minute", value=9, unit="a minute")
    assert figures(seen.model_copy(update={"a_minute": 9.0}))[1:] == (often,)
    assert figures(seen.model_copy(update={"complete": False})) == ()
    assert figures(seen.model_copy(update={"invocations": 0})) == ()


def test_calls_that_nobody_made_are_not_charted() -> None:
    seen = Calls(served=3, throttled=1, refused=0, failed=0, unreached=0, late=0, latency=None, peak=1, seconds=60)
    assert figures(seen) == (Figure(name="calls that bring nothing", value=25, unit="%"),)
    assert figures(seen.model_copy(update={"served": 0, "throttled": 0})) == ()


def test_slow_queries_are_charted_by_how_often_and_how_long() -> None:
    counts = dict.fromkeys(("running", "slow", "locked", "reading", "computing"), 0)
    seen = Activity(samples=10, busy=4, longest=timedelta(seconds=7), slow_after=timedelta(seconds=5), **counts)
    assert [(one.value, one.unit) for one in figures(seen)] == [(40, "%"), (7, "s")]


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def events(failed: int, **more: object) -> Events:
    """An hour in which all was well, but for the last four minutes."""
    told = {
        "group": "g",
        "kinds": {"completed": 100, "failed": failed},
        "began": {"completed": NOON - timedelta(hours=1), "failed": NOON - timedelta(minutes=4)},
        "total": 100 + failed,
        "complete": True,
        "window": timedelta(hours=1),
        "until": NOON,
    }
    return Events.model_validate({**told, **more})


def test_how_fast_events_come_does_not_depend_on_how_long_all_was_well_before() -> None:
    assert events(12).a_minute("failed") == events(12, window=timedelta(minutes=4)).a_minute("failed") == 3.0


def test_of_few_events_or_of_a_part_of_the_window_there_is_no_pace() -> None:
    assert events(ENOUGH).a_minute("failed") == 2.0
    assert events(ENOUGH - 1).a_minute("failed") is None
    assert events(12, complete=False).a_minute("failed") is None
    assert events(12).a_minute("refused") is None
    assert events(12, began={}, until=None).a_minute("failed") is None, "journals written before have neither"


def test_a_pace_has_a_unit_so_that_worse_can_be_told() -> None:
    merges = Merges(**dict(events(12)))
    assert figures(merges) == (Figure(name="merges that fail", value=3.0, unit="a minute"),)
    codes = Factors(mfa="ON", refused=12, user=None, asked_for_user=False, unseen=(), a_minute=3.0)
    assert [(one.value, one.unit) for one in figures(codes)] == [(12, ""), (3.0, "a minute")]
