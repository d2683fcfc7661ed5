"""What a look at CloudWatch's metrics says, and when it says nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runbook.shares import LEAST
from tasks.cloudwatch.rates import rates
from tasks.cloudwatch.read import Metric, Metrics, Series, whole
from tasks.cognito.sign_in import failing_function, sign_ins

NOW = datetime(2026, 3, 14, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def counted(**values: float) -> Metrics:
    """One value of each, of the newest period."""
    series = {name: Series(values=(value,), at=(NOW - MINUTE,)) for name, value in values.items()}
    return Metrics(series=series, asked_at=NOW, period=MINUTE)


def test_a_share_of_nothing_and_one_of_what_was_not_counted_are_unknown() -> None:
    with pytest.raises(LookupError, match="only 0 requests, too few to tell"):
        counted(failed=0, requests=0).share("failed", among="requests")
    with pytest.raises(LookupError, match="no values of failed"):
        counted(requests=9).share("failed", among="requests")


def test_a_share_is_of_the_newest_periods_that_have_enough() -> None:
    assert counted(failed=3, requests=12).share("failed", among="requests") == 0.25
    at = tuple(NOW - MINUTE * age for age in (4, 3, 2, 1))
    series = {
        "requests": Series(values=(100, 6, 6, 4), at=at),
        "failed": Series(values=(100, 3, 1, 1), at=at),
    }
    seen = Metrics(series=series, asked_at=NOW, period=MINUTE)
    assert seen.share("failed", among="requests") == 0.2, "4 are too few, 10 are enough"


def test_counts_are_added_up_over_the_newest_periods_until_there_are_enough() -> None:
    at = (NOW - 2 * MINUTE, NOW - MINUTE)
    series = {name: Series(values=values, at=at) for name, values in (("tries", (6.0, 3.0)), ("stopped", (2.0, 0.0)))}
    seen = Metrics(series=series, asked_at=NOW, period=MINUTE)
    assert seen.newest("tries", "stopped", among=("tries", "stopped")) == {"tries": 9, "stopped": 2}
    with pytest.raises(LookupError, match="only 11 tries and stopped, too few"):
        seen.newest("tries", "stopped", among=("tries", "stopped"), least=12)


def test_periods_of_few_requests_have_no_rate() -> None:
    at = tuple(NOW - MINUTE * age for age in (3, 2, 1))
    series = {
        "requests": Series(values=(20, LEAST - 1, 10), at=at),
        "failed": Series(values=(5, 3, 5), at=at),
        "latency": Series(values=(400, 9000, 410), at=at, unit="ms"),
    }
    seen = Metrics(series=series, asked_at=NOW, period=MINUTE)
    requests, failed, latency, unknown = (
        Metric(name=name, namespace="n", metric=name, statistic=statistic, unit=unit)
        for name, statistic, unit in (
            ("requests", "Sum", ""),
            ("failed", "Sum", ""),
            ("latency", "p95", "ms"),
            ("other", "Sum", ""),
        )
    )
    assert rates(seen, failed, requests) == Series(values=(0.25, 0.5), at=(at[0], at[2]))
    assert rates(seen, latency, requests) == Series(values=(400, 410), at=(at[0], at[2]), unit="ms")
    assert rates(seen, unknown, requests).values == rates(seen, failed, unknown).values == ()


@pytest.mark.parametrize("tries", [1, 2, LEAST - 1])
def test_one_who_mistypes_is_no_crowd(tries: int) -> None:
    few = counted(attempts=tries, successes=0, throttled=0)
    with pytest.raises(LookupError, match="too few to tell"):
        sign_ins(few)
    assert sign_ins(counted(attempts=LEAST, successes=0, throttled=0)).failing == 1


def test_one_call_of_a_function_that_fails_says_nothing_of_it() -> None:
    with pytest.raises(LookupError, match="too few to tell"):
        failing_function(counted(**{"login calls": 1, "login errors": 1}))


@pytest.mark.parametrize("requests", [1, 2, LEAST - 1])
def test_too_few_requests_say_nothing(requests: int) -> None:
    with pytest.raises(LookupError, match=f"only {requests} requests"):
        counted(failed=1, requests=requests).share("failed", among="requests")
    with pytest.raises(LookupError, match=f"only {requests} requests"):
        counted(latency=9000, requests=requests).of_enough("latency", among="requests")
    assert counted(latency=9000, requests=LEAST).of_enough("latency", among="requests") == 9000


@pytest.mark.parametrize(("at", "ended"), [("03:05:00", "03:00"), ("03:05:59", "03:00"), ("03:06:00", "03:05")])
def test_the_newest_period_is_one_that_is_over_and_has_had_time_to_fill(at: str, ended: str) -> None:
    now, end = (datetime.fromisoformat(f"2026-03-14T{time}+00:00") for time in (at, ended))
    assert whole(now, timedelta(minutes=5)) == end


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
