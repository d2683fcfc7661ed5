"""Whom an application refuses, and at which age, is told by Google's own library from entries of our own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from blocks.google import Google
from journal import clock
from sandbox.google.logs import Logs
from sandbox.google.secrets import Secrets
from sandbox.google.server import Cloud
from sandbox.google.serving import practice, standing
from sandbox.google.shapes import written
from tasks.gcplogs.ages import Ages, read_ages
from tasks.gcplogs.refusals import Refusals, read_refusals
from tasks.gcplogs.wanted import Wanted
from tasks.logs.read import Kind
from tasks.secretmanager.rotation import Rotation, read_rotation
from tests.typing.bakery import PROJECT

TEN, KEY = timedelta(minutes=10), "bread-key"
STALE = Kind(name="stale", pattern="^stale")
MARKS = {"a day": timedelta(days=1), "an hour": timedelta(hours=1)}


@pytest.fixture
def cloud() -> Cloud:
    return practice(PROJECT)


@pytest.fixture
def logs(cloud: Cloud) -> Logs:
    return Logs(cloud=cloud)


@pytest.fixture
def secrets(cloud: Cloud) -> Secrets:
    return Secrets(cloud=cloud)


@pytest.fixture
def google(cloud: Cloud) -> Iterator[Google]:
    with standing(cloud) as found:
        yield found


def put(logs: Logs, at: datetime, said: str, **more: Any) -> None:
    logs.entries.append(
        {
            "logName": f"projects/{PROJECT}/logs/oven",
            "insertId": str(len(logs.entries)),
            "resource": {"type": "global", "labels": {}},
            "timestamp": written(at),
            "severity": "DEFAULT",
            "jsonPayload": {"msg": said, **more},
        }
    )


def refused(logs: Logs, many: int, *, over: timedelta = timedelta(minutes=4)) -> None:
    for number in range(many):
        put(logs, clock.now() - over * (many - number) / many, "stale bread")


def baker(name: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    return ((("jsonPayload", "by"), name),)


def refusals(google: Google, window: timedelta = TEN, wanted: Wanted = Wanted()) -> Refusals:  # noqa: B008 # frozen
    beside = Wanted(fields=baker("oven"))
    return read_refusals(google, wanted, window=window, kinds=(STALE,), trouble=3.0, beside=beside)


@pytest.mark.parametrize(("many", "often"), [(0, False), (7, False), (9, False), (20, True)])
def test_a_few_refusals_in_a_long_time_are_no_trouble(google: Google, logs: Logs, many: int, often: bool) -> None:
    put(logs, clock.now() - timedelta(days=2), "stale bread", by="anna")
    put(logs, clock.now() - timedelta(minutes=1), "hot", by="oven")
    for number in range(many):
        put(logs, clock.now() - timedelta(minutes=4) * (many - number) / many, "stale bread", by="anna")
    assert refusals(google, wanted=Wanted(fields=baker("anna"))).often() is often


@pytest.mark.parametrize(
    ("anna", "oven"),
    [(None, 1), (8 * 24 * 60, 1), (2 * 24 * 60, None), (2 * 24 * 60, 30)],
    ids=["called otherwise", "not for a week", "nobody logs anything", "nobody logs any more"],
)
def test_silence_is_no_health_where_nobody_knows_whether_it_would_be_told(
    google: Google, logs: Logs, anna: int | None, oven: int | None
) -> None:
    for name, minutes in (("anna", anna), ("oven", oven)):
        if minutes is not None:
            put(logs, clock.now() - timedelta(minutes=minutes), "bread", by=name)
    found = refusals(google, wanted=Wanted(fields=baker("anna")))
    for asked in (found.often, lambda: found.none("stale"), found.none):
        with pytest.raises(LookupError, match="may be called otherwise"):
            asked()
    assert found.figures() == {}
    assert "may be called otherwise" in str(found)


def test_a_few_refusals_in_a_short_time_say_nothing_and_none_says_that_it_is_over(google: Google, logs: Logs) -> None:
    put(logs, clock.now() - timedelta(minutes=2), "hot", by="oven")
    assert not refusals(google, timedelta(seconds=30)).often()
    refused(logs, 4, over=timedelta(seconds=20))
    with pytest.raises(LookupError, match="only 4 requests were refused in 30 s"):
        refusals(google, timedelta(seconds=30)).often()


def test_of_a_log_that_was_not_read_to_its_end_nothing_is_over(
    google: Google, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(logs, 6)
    monkeypatch.setattr("tasks.gcplogs.read.PAGE", 2)
    monkeypatch.setattr("tasks.gcplogs.read.PAGES", 2)
    with pytest.raises(LookupError, match="too few to tell"):
        refusals(google).often()


def test_which_share_is_of_a_kind_is_told_of_more_than_two(google: Google, logs: Logs) -> None:
    put(logs, clock.now() - timedelta(minutes=1), "burnt bread")
    with pytest.raises(LookupError, match="only 1 refused requests"):
        refusals(google).of_all("stale")
    refused(logs, 3)
    assert refusals(google).of_all("stale") == 0.75


def ages(google: Google) -> Ages:
    return read_ages(google, Wanted(), "age", window=TEN, marks=MARKS)


def test_an_age_is_at_a_mark_that_it_has_just_passed(google: Google, logs: Logs) -> None:
    at = clock.now() - timedelta(minutes=1)
    for age in (3594, 3596, 3600, 3780, 3781, 86_400, 90_719, 90_721):
        put(logs, at, "stale", age=age)
    found = ages(google)
    assert (found.told, found.at) == (8, {"an hour": 3, "a day": 2})
    assert found.share_at("an hour") == 3 / 8
    with pytest.raises(LookupError, match="nobody knows what a week is"):
        found.share_at("a week")


def test_where_two_marks_are_at_the_same_age_nobody_tells_them_apart(google: Google, logs: Logs) -> None:
    for _ in range(8):
        put(logs, clock.now() - timedelta(minutes=1), "stale", age=3600)
    marks = {"bread": timedelta(hours=1), "rolls": timedelta(minutes=59, seconds=30), "cake": timedelta(days=1)}
    found = read_ages(google, Wanted(), "age", window=TEN, marks=marks)
    assert found.share_at("bread") == found.share_at("rolls") == 1
    with pytest.raises(LookupError, match="nobody can tell them apart"):
        found.share_only_at("rolls")
    assert found.share_only_at("cake") == 0


def test_what_is_no_age_is_not_counted_and_of_few_there_is_no_share(google: Google, logs: Logs) -> None:
    for age in ("3600", True, None, -1, {"s": 3600}, 3600.5):
        put(logs, clock.now() - timedelta(minutes=1), "stale", age=age)
    found = ages(google)
    assert (found.told, found.at["an hour"]) == (1, 1)
    with pytest.raises(LookupError, match="only 1 entries that tell an age"):
        found.share_at("an hour")


def rotation(google: Google) -> Rotation:
    return read_rotation(google, KEY, Wanted(), STALE, window=timedelta(minutes=30))


@pytest.mark.parametrize(("made", "began"), [(12, True), (8, False), (40, False)])
def test_what_began_soon_after_a_version_was_made_began_with_it(
    google: Google, logs: Logs, secrets: Secrets, made: int, began: bool
) -> None:
    secrets.add(KEY, "first", clock.now() - timedelta(days=30))
    secrets.add(KEY, "second", clock.now() - timedelta(minutes=made))
    refused(logs, 10, over=TEN)
    found = rotation(google)
    assert (found.began_with_one(), found.none_for(timedelta(days=1))) == (began, False)
    assert not {"first", "second"} & set(found.model_dump_json().split('"'))


def test_what_began_before_anybody_looked_began_with_nothing_that_is_known(
    google: Google, logs: Logs, secrets: Secrets
) -> None:
    secrets.add(KEY, "first", clock.now() - timedelta(minutes=35))
    refused(logs, 40, over=timedelta(minutes=45))
    with pytest.raises(LookupError, match="nobody knows when it began"):
        rotation(google).began_with_one()
