"""What others send is counted by what it was answered; who only looks whether the address answers is none of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from blocks.google import Google
from journal import clock
from sandbox.google.logs import Logs
from sandbox.google.serving import standing
from sandbox.google.shapes import written
from tasks.gcplogs.read import read_entries
from tasks.gcplogs.taken import CHART, INVALID, KINDS, LATE, UNSIGNED, Taken
from tasks.gcplogs.wanted import Wanted
from tests.tasks.cloud import bakery
from tests.typing.bakery import PROJECT

HOUR = timedelta(hours=1)


def request(status: int, method: str = "POST") -> dict[str, Any]:
    served = {"requestMethod": method, "status": status, "requestUrl": "https://x/webhooks/oven", "latency": "0.1s"}
    at = written(clock.now() - timedelta(minutes=1))
    return {"logName": f"projects/{PROJECT}/logs/x", "insertId": "1", "timestamp": at, "httpRequest": served}


@pytest.fixture
def logs() -> Logs:
    return Logs(cloud=bakery().cloud)


@pytest.fixture
def google(logs: Logs) -> Iterator[Google]:
    with standing(logs.cloud) as found:
        yield found


def taken(google: Google) -> Taken:
    return Taken(events=read_entries(google, Wanted(holds=("/webhooks/",)), window=HOUR, kinds=KINDS))


def test_each_is_counted_by_what_it_was_answered(google: Google, logs: Logs) -> None:
    statuses = [200] * 6 + [202, 401, 403, 400, 422, 408, 504, 500, 502]
    logs.entries = [*map(request, statuses), request(200, "GET"), request(503, "GET")]
    found = taken(google)
    assert found.events.kinds == {"taken": 7, "unsigned": 2, "late": 2, "invalid": 2, "failed": 2}
    assert (found.came, found.lost) == (15, 8)
    assert [found.share_of(kind) for kind in (UNSIGNED, LATE, INVALID)] == [0.25, 0.25, 0.25]
    assert found.in_trouble()
    assert found.figures() == {CHART: (53.3, "%")}
    assert str(found) == "15 webhooks: taken 7, unsigned 2, late 2, invalid 2, failed 2"


def test_looks_at_the_address_do_not_hide_that_nothing_comes(google: Google, logs: Logs) -> None:
    logs.entries = [request(200, "GET")] * 20
    found = taken(google)
    assert found.none_came()
    assert found.in_trouble()
    assert found.figures() == {}


def test_of_a_few_nobody_knows_whether_too_many_were_lost(google: Google, logs: Logs) -> None:
    logs.entries = [request(200), request(401)]
    with pytest.raises(LookupError, match="only 2 webhooks"):
        taken(google).in_trouble()
    with pytest.raises(LookupError, match="only 1 webhooks that were not taken"):
        taken(google).share_of(UNSIGNED)


def test_a_log_that_was_not_read_to_its_end_says_not_that_none_was_taken(google: Google, logs: Logs) -> None:
    logs.endless = True
    with pytest.raises(LookupError, match="was not searched to the end"):
        taken(google).in_trouble()
