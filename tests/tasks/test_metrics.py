"""What a look at CloudWatch's metrics says, and when it says nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tasks.cloudwatch.read import Metrics, Series

NOW = datetime(2026, 3, 14, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def counted(**values: float) -> Metrics:
    """One value of each, of the newest period."""
    series = {name: Series(values=(value,), at=(NOW - MINUTE,)) for name, value in values.items()}
    return Metrics(series=series, asked_at=NOW, period=MINUTE)


def test_a_share_of_nothing_and_one_of_what_was_not_counted_are_unknown() -> None:
    with pytest.raises(LookupError, match="no requests in the newest period"):
        counted(failed=0, requests=0).share("failed", among="requests")
    with pytest.raises(LookupError, match="no values of failed"):
        counted(requests=9).share("failed", among="requests")


def test_a_share_is_of_the_newest_period() -> None:
    assert counted(failed=3, requests=12).share("failed", among="requests") == 0.25


def test_the_newest_value_of_what_decides_is_charted_as_a_share_where_it_stands_beside_another() -> None:
    seen = counted(requests=12, failed=3, latency=5230)
    charted = {
        "failed": {"chart": "requests that fail", "beside": "requests"},
        "latency": {"chart": "the API", "unit": "ms"},
    }
    series = {name: one.model_copy(update=charted.get(name, {})) for name, one in seen.series.items()}
    seen = seen.model_copy(update={"series": series})
    assert dict(seen.figures()) == {"requests that fail": (25.0, "%"), "the API": (5230, "ms")}


def test_what_is_not_known_now_is_left_out_of_the_charts_and_costs_no_other_figure() -> None:
    fresh = Series(values=(7.0,), at=(NOW - MINUTE,), chart="calls")
    old = Series(values=(7.0,), at=(NOW - timedelta(hours=1),), chart="errors")
    of_nothing = Series(values=(0.0,), at=(NOW - MINUTE,), chart="refused", beside="requests")
    none = Series(values=(0.0,), at=(NOW - MINUTE,))
    series = {"errors": old, "refused": of_nothing, "requests": none, "calls": fresh}
    assert dict(Metrics(series=series, asked_at=NOW, period=MINUTE).figures()) == {"calls": (7.0, "")}
