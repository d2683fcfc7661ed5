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
