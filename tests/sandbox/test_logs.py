"""CloudWatch Logs searches as AWS does: by pattern and time, in pages, of which the first may be empty."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.systems.rung.world import World

GROUP = "/test/search"
MINUTE = 60_000


@pytest.fixture(scope="module")
def begin() -> int:
    return int(time.time() * 1000) - 10 * MINUTE


@pytest.fixture(scope="module")
def logs(running_world: World, begin: int) -> Any:
    logs: Any = running_world.facts.aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    for stream, words in (("a", "ERROR {} timed out"), ("b", '{{"status": {}}}')):
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        events = [{"timestamp": begin + n * MINUTE, "message": words.format(n)} for n in range(6)]
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)
    return logs


def pages(logs: Any, **asked: Any) -> list[list[str]]:
    return [
        [event["message"] for event in page["events"]]
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, **asked)
    ]


def messages(logs: Any, **asked: Any) -> list[str]:
    return [message for page in pages(logs, **asked) for message in page]


def test_all_pages_together_hold_all_that_matches_oldest_first(logs):
    for _ in range(4):
        found = pages(logs, filterPattern="ERROR", limit=4)
        assert [m for page in found for m in page] == [f"ERROR {n} timed out" for n in range(6)]
        assert all(len(page) <= 4 for page in found)


def test_an_empty_first_page_with_a_token_is_not_the_end(logs):
    first = [pages(logs, filterPattern="ERROR")[0] for _ in range(4)]
    assert [] in first
    assert any(first)


def test_the_window_includes_its_ends(logs, begin):
    asked = {"startTime": begin + MINUTE, "endTime": begin + 3 * MINUTE}
    assert messages(logs, filterPattern="{ $.status >= 0 }", **asked) == [f'{{"status": {n}}}' for n in (1, 2, 3)]


def test_streams_are_chosen_by_name_or_prefix(logs):
    assert len(messages(logs)) == 12
    assert len(messages(logs, logStreamNames=["b"])) == 6
    assert len(messages(logs, logStreamNamePrefix="a")) == 6


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"logGroupName": "/no/such"}, "ResourceNotFoundException"),
        ({"logGroupName": GROUP, "limit": 10_001}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "filterPattern": "user@host"}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "nextToken": "nobody's"}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "startTime": 2, "endTime": 1}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "logStreamNames": ["a"], "logStreamNamePrefix": "a"}, "InvalidParameterException"),
        ({}, "InvalidParameterException"),
    ],
)
def test_what_aws_refuses_is_refused(logs, asked, code):
    with pytest.raises(ClientError) as refused:
        logs.filter_log_events(**asked)
    assert refused.value.response["Error"]["Code"] == code
