"""Recent errors over all log groups, on the running sandbox."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from blocks.rung import Rung
from runbook import Permanent
from sandbox.systems.rung.world import World
from tasks.logs.recent import read_recent_errors

PREFIX = "/test/functions/"
MINUTE = timedelta(minutes=1)


def test_errors_are_counted_in_every_group_of_the_prefix_and_in_those_that_are_named(env: Rung, world: World) -> None:
    logs: Any = world.facts.aws.client("logs")
    now = int(time.time() * 1000)
    for group, lines in (
        (f"{PREFIX}one", ["ERROR in client 4711", "fine", "Task timed out after 3.00 seconds"]),
        (f"{PREFIX}two", ["fine"]),
        ("/test/api", ['{"status": 502}', '{"status": 200}']),
    ):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        events = [{"timestamp": now, "message": line} for line in lines]
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    seen = read_recent_errors(env.aws, patterns={"/test/api": "{ $.status >= 500 }"}, prefix=PREFIX, window=MINUTE)
    assert seen.groups == {f"{PREFIX}one": 2, f"{PREFIX}two": 0, "/test/api": 1}
    assert seen.complete
    assert str(seen) == f"errors: {PREFIX}one 2, /test/api 1"


def test_a_log_that_may_not_be_read_or_is_not_there_is_unknown(env: Rung, blind: Rung) -> None:
    with pytest.raises(Permanent, match="does not allow"):
        read_recent_errors(blind.aws, patterns={}, prefix=PREFIX, window=MINUTE)
    with pytest.raises(Permanent, match="does not exist"):
        read_recent_errors(env.aws, patterns={"/no/such": "ERROR"}, prefix=PREFIX, window=MINUTE)
