"""The values of metrics are found by minute, name and dimensions, and go when they are old or to be forgotten."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from moto.cloudwatch.models import MetricDatum, cloudwatch_backends

from sandbox.overlay import stored as module
from sandbox.overlay.datapoints import Series, points
from sandbox.overlay.stored import Metric, Stored, metric_of, unix

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def datum(seconds: float, value: float = 1.0, name: str = "Errors", **dimensions: str) -> MetricDatum:
    named = [{"Name": key, "Value": one} for key, one in dimensions.items()]
    at = (START + timedelta(seconds=seconds)).replace(tzinfo=None)
    return MetricDatum("Test", name, value, named, at, "Count")


def found(kept: Stored, metric: Metric, start: float, end: float) -> list[float]:
    base = unix(START)
    return [value for one in kept.of(metric, start=base + start, end=base + end) for value in one.values]


def test_only_values_of_the_metric_and_of_the_time_are_found() -> None:
    kept = Stored([datum(seconds, seconds) for seconds in (0, 30, 59.5, 60, 125, 600)])
    kept.append(datum(30, 7.0, name="Calls"))
    kept.append(datum(30, 8.0, function="f"))
    errors = metric_of("Test", "Errors", {})
    assert found(kept, errors, 30, 125) == [30, 59.5, 60]
    assert found(kept, errors, 0, 10**9) == [0, 30, 59.5, 60, 125, 600]
    assert found(kept, metric_of("Test", "Errors", {"function": "f"}), 0, 60) == [8.0]
    assert found(kept, metric_of("Test", "Errors", {"function": "g"}), 0, 60) == []
    assert len(kept) == len(list(kept)) == 8


def test_a_moment_with_a_zone_is_the_same_moment() -> None:
    aware = datum(0)
    aware.timestamp = START
    assert found(Stored([aware]), metric_of("Test", "Errors", {}), 0, 1) == [1.0]


def test_what_is_forgotten_is_from_then_on() -> None:
    kept = Stored([datum(seconds, seconds) for seconds in (10, 61, 70, 130)])
    kept.forget(unix(START) + 65)
    assert [one.value for one in kept] == [10, 61]
    assert len(kept) == 2


def test_one_metric_goes_and_the_others_stay() -> None:
    kept = Stored([datum(10), datum(70), datum(70, name="Calls")])
    kept.drop(metric_of("Test", "Errors", {}))
    assert [one.name for one in kept] == ["Calls"]
    assert len(kept) == 1


def test_the_oldest_minutes_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    kept = Stored([datum(seconds, seconds) for seconds in (0, 1, 60, 120)])
    assert [one.value for one in kept] == [60, 120]
    assert len(kept) == 2


def test_a_busy_metric_costs_a_quiet_one_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world that has lived for some minutes had no past any more: the values of its requests had pushed it out."""
    monkeypatch.setattr(module, "KEPT", 3)
    kept = Stored([datum(0, 7.0, "Quiet"), *(datum(seconds, seconds) for seconds in range(60, 600, 10))])
    assert found(kept, metric_of("Test", "Quiet", {}), 0, 600) == [7.0]
    assert found(kept, metric_of("Test", "Errors", {}), 0, 600) == [540, 550, 560, 570, 580, 590]


def test_one_minute_stays_however_many_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    assert len(Stored([datum(seconds) for seconds in range(10)])) == 10


def test_what_is_changed_as_one_is_never_seen_half_done() -> None:
    """The simulators change a past while requests read it, each in a thread of its own."""
    kept, metric = Stored(), metric_of("Test", "Errors", {})
    for second in range(0, 6_000, 60):
        kept.add(metric, second, [1.0], "Count")

    def change() -> None:
        for _ in range(100):
            with kept.whole:
                kept.drop(metric)
                for second in range(0, 6_000, 60):
                    kept.add(metric, second, [1.0], "Count")

    changing = threading.Thread(target=change)
    changing.start()
    seen = set[int]()
    while changing.is_alive():
        seen.add(len(list(kept.of(metric, start=0, end=6_000))))
    changing.join()
    assert seen == {100}


def test_values_fall_into_their_periods() -> None:
    kept = Stored([datum(seconds, seconds) for seconds in (5, 50, 65, 180)])
    series = Series(stored=kept, namespace="Test", name="Errors", dimensions={}, unit="Count")
    end = START + timedelta(minutes=3)
    shown = points(series, start=START + timedelta(seconds=20), end=end, period=60, statistic="Maximum")
    assert [(one.at, one.value) for one in shown] == [(START, 50), (START + timedelta(minutes=1), 65)]


def test_moto_can_use_it_in_the_place_of_its_list() -> None:
    backend = cloudwatch_backends["444455556666"]["us-east-1"]
    backend.metric_data = Stored([datum(0)])  # type: ignore[assignment] # what the overlay does
    backend.put_metric_data("Test", [{"MetricName": "Errors", "Value": 2.0, "Unit": "Count"}])
    assert [one.value for one in backend.get_all_metrics() if one.namespace == "Test"] == [1.0, 2.0]
