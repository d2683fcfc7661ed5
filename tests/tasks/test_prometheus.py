"""Metrics in the text of Prometheus are read strictly, and told as rates of one process or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from journal.redaction import redact
from runbook import CodeBlueError, Permanent, SlowDown, Temporary
from tasks.prometheus import page as pages
from tasks.prometheus.read import PARTS, TRIES, Rates, Spread, read_rates
from tasks.prometheus.read import Counter as Counted
from tasks.prometheus.read import Histogram as Measured
from tests.tasks.test_web_reads import server

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
NOW = timedelta(0)
REQUESTS = Counted(name="requests", metric="http_requests_total")
FAILED = Counted(name="failed", metric="http_requests_total", where=(("status", "5.."),), by="route")
TOOK = Measured(name="took", metric="http_request_duration_seconds")
STARTED = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.7e9\n"


class Kitchen:
    """A process with counters of its own; `began` tells it from others."""

    def __init__(self, began: float = 1.7e9) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("http_requests_total", "r", ("status", "route"), registry=self.registry)
        self.took = Histogram("http_request_duration_seconds", "d", buckets=(0.1, 0.5, 2.0), registry=self.registry)
        Gauge("process_start_time_seconds", "s", registry=self.registry).set(began)

    def serve(self, status: str = "200", route: str = "/", took: float = 0.05, times: int = 1) -> None:
        self.requests.labels(status, route).inc(times)
        for _ in range(times):
            self.took.observe(took)

    def told(self) -> bytes:
        return generate_latest(self.registry)


@contextmanager
def telling(*bodies: bytes | tuple[int, str, bytes]) -> Iterator[str]:
    """A service that gives these answers in turn, and the last one ever after."""
    left = list(bodies)

    def answer(visit: BaseHTTPRequestHandler) -> None:
        one = left.pop(0) if len(left) > 1 else left[0]
        status, kind, body = one if isinstance(one, tuple) else (200, PLAIN, one)
        visit.send_response(status)
        visit.send_header("Content-Type", kind)
        visit.send_header("Content-Length", str(len(body)))
        visit.end_headers()
        visit.wfile.write(body)

    with server(answer) as url:
        yield url


def read(*bodies: bytes | tuple[int, str, bytes]) -> Rates:
    with telling(*bodies) as url:
        return read_rates(url, (REQUESTS, FAILED), (TOOK,), apart=NOW)


def afterwards(kitchen: Kitchen, **served: str | float) -> tuple[bytes, bytes]:
    before = kitchen.told()
    kitchen.serve(**served)  # pyright: ignore[reportArgumentType] # as `serve` has them
    return before, kitchen.told()


# -- what is no page of metrics ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, "text/html", b"<html><body>Sign in</body></html>\n"), "something other than metrics"),
        ((200, PLAIN, b"<html><body>Sign in</body></html>\n"), "not in the text form"),
        ((200, "application/json", b"{}\n"), "something other than metrics"),
        ((302, PLAIN, b""), "something other than metrics"),
        ((404, PLAIN, b"not found\n"), "something other than metrics"),
        ((401, PLAIN, b"who?\n"), "correct the key"),
        ((403, PLAIN, b"no\n"), "correct the key"),
        ((200, PLAIN, STARTED.encode() + b"http_requests_total{status="), "middle of a line"),
        ((200, PLAIN, b""), "middle of a line"),
        ((200, PLAIN, STARTED.encode() + b'http_requests_total{status="5\n'), "not in the text form"),
        ((200, PLAIN, STARTED.encode() + b"http_requests_total many\n"), "not in the text form"),
        ((200, PLAIN, b"# TYPE http_requests_total counter\nhttp_requests_total 1\n"), "which process"),
        ((200, PLAIN, b"process_start_time_seconds NaN\n"), "which process"),
        ((200, PLAIN, b"process_start_time_seconds 1\nprocess_start_time_seconds 2\n"), "which process"),
        ((200, PLAIN, STARTED.encode() + b"# TYPE a_total counter\na_total NaN\n"), "no count"),
        ((200, PLAIN, STARTED.encode() + b"# TYPE a_total counter\na_total -4\n"), "no count"),
        ((200, PLAIN, STARTED.encode() + b"# TYPE a_total counter\na_total 4\na_total 5\n"), "twice"),
        ((200, PLAIN, STARTED.encode() + b"# TYPE http_requests_total gauge\nhttp_requests_total 4\n"), "a gauge"),
    ],
)
def test_what_is_no_page_of_metrics_is_unreadable(answer: tuple[int, str, bytes], said: str) -> None:
    with pytest.raises(Permanent, match=said):
        read(answer)


def test_a_page_that_is_too_long_is_unreadable_since_its_end_may_hold_what_counts() -> None:
    with pytest.raises(Permanent, match="more than 1024 KiB"):
        read(STARTED.encode() + b"a 1\n" * (pages.SIZE // 4))


def test_a_page_that_breaks_off_is_unknown() -> None:
    def answer(visit: BaseHTTPRequestHandler) -> None:
        visit.send_response(200)
        visit.send_header("Content-Type", PLAIN)
        visit.send_header("Content-Length", "4000")
        visit.end_headers()
        visit.wfile.write(STARTED.encode())

    with server(answer) as url, pytest.raises(Temporary, match="hung up"):
        read_rates(url, (REQUESTS,), apart=NOW)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, Temporary), (503, Temporary), (429, SlowDown)], ids=["fails", "not ready", "too often"]
)
def test_a_service_that_does_not_tell_now_is_asked_again(status: int, kind: type[CodeBlueError]) -> None:
    with pytest.raises(kind):
        read((status, PLAIN, b"later\n"))


def test_nothing_that_a_page_holds_comes_out_of_an_error() -> None:
    with pytest.raises(Permanent) as refused:
        read(STARTED.encode() + b'lead{phone="+40 721 555 014"} many\n')
    assert "721" not in str(refused.value)


# -- one process ------------------------------------------------------------------------------------------------------


def test_an_instance_that_changed_between_the_pages_makes_the_reading_unknown() -> None:
    old, new = Kitchen(began=1.7e9), Kitchen(began=1.7e9 + 60)
    with pytest.raises(Temporary, match="Another process"):
        read(old.told(), new.told())


def test_a_count_that_fell_is_another_process_that_began_in_the_same_second() -> None:
    old, new = Kitchen(), Kitchen()
    old.serve(times=40)
    new.serve(times=3)
    with pytest.raises(Temporary, match="Another process"):
        read(old.told(), new.told())


def test_a_count_that_is_gone_is_another_process_too() -> None:
    old, new = Kitchen(), Kitchen()
    old.serve("500", times=2)
    with pytest.raises(Temporary, match="Another process"):
        read(old.told(), new.told())


def test_of_several_processes_the_same_one_is_waited_for() -> None:
    one, other = Kitchen(began=1.7e9), Kitchen(began=1.7e9 + 60)
    before = one.told()
    one.serve(times=9)
    found = read(before, *[other.told()] * (TRIES - 1), one.told())
    assert found.of("requests") == 9


# -- what was counted -------------------------------------------------------------------------------------------------


def test_counts_of_a_lifetime_are_no_rate() -> None:
    kitchen = Kitchen()
    kitchen.serve("500", times=900)
    found = read(*afterwards(kitchen, status="200", times=100))
    assert found.of("requests") == 100
    assert found.share("failed", among="requests") == 0


def test_labels_that_were_not_there_before_rose_from_nothing() -> None:
    kitchen = Kitchen()
    kitchen.serve(times=10)
    found = read(*afterwards(kitchen, status="502", route="/pay", times=30))
    assert found.share("failed", among="requests") == 1
    assert found.largest("failed") == ("/pay", 30)


def test_a_share_of_a_few_is_unknown() -> None:
    with pytest.raises(LookupError, match="too few"):
        read(*afterwards(Kitchen(), status="500", times=2)).share("failed", among="requests")


def test_a_metric_that_is_not_told_is_unknown_and_not_nothing() -> None:
    found = read(STARTED.encode())
    for asked in (lambda: found.of("requests"), lambda: found.quantile("took", 0.5), lambda: found.largest("failed")):
        with pytest.raises(LookupError):
            asked()


def test_a_metric_without_samples_of_that_kind_is_nothing() -> None:
    found = read(*afterwards(Kitchen(), status="200", times=20))
    assert found.of("failed") == 0


def test_how_often_a_second_is_by_the_time_between_the_pages() -> None:
    kitchen = Kitchen()
    before, after = afterwards(kitchen, times=20)
    with telling(before, after) as url:
        found = read_rates(url, (REQUESTS,), apart=timedelta(seconds=0.2))
    assert found.over >= timedelta(seconds=0.2)
    assert found.a_second("requests") == pytest.approx(20 / found.over.total_seconds())


def test_what_may_be_of_one_person_stands_in_no_part() -> None:
    kitchen = Kitchen()
    before = kitchen.told()
    for route in ("/leads/40721555014", "/leads/ana@example.com?phone=1", "/leads/" + "x" * 40, "/leads/:id"):
        kitchen.serve("500", route)
    assert {one.of for one in read(before, kitchen.told()).parts["failed"]} == {"/leads/:id"}


def test_of_many_parts_the_largest_are_named() -> None:
    kitchen = Kitchen()
    before = kitchen.told()
    for number in range(PARTS + 4):
        kitchen.serve("500", "/" + "abcdefghijklmnop"[number], times=number + 1)
    parts = [one.of for one in read(before, kitchen.told()).parts["failed"]]
    assert len(parts) == PARTS
    assert "/a" not in parts


def test_a_chart_shows_a_count_as_a_share_of_another_where_there_was_enough() -> None:
    failed = replace(FAILED, among=REQUESTS.name)
    for times, figures in ((3, {}), (30, {FAILED.name: (25.0, "%")})):
        kitchen = Kitchen()
        before = kitchen.told()
        kitchen.serve("500", times=times)
        kitchen.serve("200", times=3 * times if times == 30 else 1)
        with telling(before, kitchen.told()) as url:
            assert read_rates(url, (REQUESTS, failed), apart=NOW).figures() == figures
    assert read(*afterwards(Kitchen(), times=30)).figures() == {}


# -- how values are spread --------------------------------------------------------------------------------------------


def test_a_percentile_is_of_what_came_between_the_pages() -> None:
    kitchen = Kitchen()
    kitchen.serve(took=1.9, times=500)
    found = read(*afterwards(kitchen, took=0.05, times=50))
    assert found.quantile("took", 0.95) < 0.1


def test_a_percentile_lies_within_its_bucket() -> None:
    spread = Spread(bounds=(0.1, 0.5, 2.0), below=(50, 90, 100, 100))
    assert spread.quantile(0.5) == pytest.approx(0.1)
    assert spread.quantile(0.7) == pytest.approx(0.3)
    assert spread.quantile(0.95) == pytest.approx(1.25)


def test_beyond_the_last_bound_a_percentile_is_unknown_and_exceeds_what_lies_below() -> None:
    spread = Spread(bounds=(0.1, 2.0), below=(10, 20, 100))
    with pytest.raises(LookupError, match="more than 2"):
        spread.quantile(0.95)
    assert spread.exceeds(0.95, 2.0)
    with pytest.raises(LookupError):
        spread.exceeds(0.95, 5.0)


def test_a_percentile_of_a_few_is_unknown() -> None:
    spread = Spread(bounds=(0.1,), below=(4, 8))
    for asked in (lambda: spread.quantile(0.95), lambda: spread.exceeds(0.95, 0.1)):
        with pytest.raises(LookupError, match="too few"):
            asked()


@pytest.mark.parametrize(
    "buckets",
    ['b_bucket{le="1"} 5\nb_bucket{le="+Inf"} 3\n', 'b_bucket{le="1"} 5\n', 'b_bucket 5\nb_bucket{le="+Inf"} 5\n'],
    ids=["falling", "without an end", "without a bound"],
)
def test_buckets_that_do_not_fit_one_another_are_unreadable(buckets: str) -> None:
    page = f"{STARTED}# TYPE b histogram\n"
    with telling(page.encode(), (page + buckets).encode()) as url, pytest.raises(Permanent):
        read_rates(url, (), (Measured(name="b", metric="b"),), apart=NOW)


@pytest.mark.parametrize("route", ["/pay", "/webhooks/whatsapp", "/phone", "/api/token"])
def test_a_reading_survives_the_journal_whatever_a_part_is_called(route: str) -> None:
    found = read(*afterwards(Kitchen(), status="500", route=route, times=30))
    assert Rates.model_validate(redact(found.model_dump(mode="json"))) == found


@pytest.mark.parametrize("odd", [{"where": (("code", "5.."),)}, {"by": "handler"}], ids=str)
def test_a_label_that_no_sample_has_is_no_zero(odd: dict[str, object]) -> None:
    """Named otherwise than the service names it, nothing would ever have failed."""
    kitchen = Kitchen()
    kitchen.serve("500")
    wanted = Counted(name="failed", metric="http_requests_total", **odd)  # pyright: ignore[reportArgumentType] # as above
    with telling(*afterwards(kitchen, status="500", times=40)) as url, pytest.raises(Permanent, match="has no label"):
        read_rates(url, (wanted,), apart=NOW)


def test_a_histogram_without_the_label_is_none_either() -> None:
    kitchen = Kitchen()
    wanted = Measured(name="took", metric="http_request_duration_seconds", where=(("code", "5.."),))
    with telling(*afterwards(kitchen, times=40)) as url, pytest.raises(Permanent, match="has no label code"):
        read_rates(url, (), (wanted,), apart=NOW)
