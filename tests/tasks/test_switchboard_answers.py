"""What a switchboard answers and is none: another shape, another plan, what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.switchboard_http import SAID
from runbook import Permanent
from tasks.switchboard.read import NotKept, read_switch, to_run, to_switch
from tests.tasks.test_switchboard_changes import connection
from tests.tasks.test_web_reads import says, server
from tests.typing.kiosk import CALLS, REINDEX

AS_TOLD: dict[str, Any] = {
    "key": CALLS,
    "type": "int",
    "value": 20,
    "lasting": 20,
    "version": 1,
    "changed_at": "2026-01-01T00:00:00Z",
    "changed_by": "owner",
    "expires_at": None,
    "last_set": None,
}
RUN: dict[str, Any] = {
    "task": REINDEX,
    "plan": "one",
    "says": "Each is read anew.",
    "state": "planned",
    "count": 3,
    "done": 0,
    "failed": 0,
}


@pytest.mark.parametrize(
    ("field", "odd"),
    [("version", "7"), ("version", True), ("version", 1.5), ("changed_at", 1767225600), ("changed_at", "2026-01-01")],
)
def test_a_switch_of_another_shape_is_none(field: str, odd: object) -> None:
    assert to_switch(AS_TOLD, CALLS).version == 1
    with pytest.raises(NotKept, match=f"has no {field} as the contract has it"):
        to_switch({**AS_TOLD, field: odd}, CALLS)


@pytest.mark.parametrize(
    "odd",
    [
        {"count": -3},
        {"count": "3"},
        {"done": -1},
        {"failed": True},
        {"done": 2, "failed": 2},
        {"plan": ""},
        {"plan": "../../switches/x?y"},
        {"plan": "x" * 101},
        {"plan": "another"},
    ],
)
def test_a_run_of_another_shape_is_none(odd: dict[str, Any]) -> None:
    assert to_run(RUN, REINDEX, "one").count == 3
    with pytest.raises(NotKept):
        to_run({**RUN, **odd}, REINDEX, "one")


def test_what_a_server_writes_is_said_in_one_short_line() -> None:
    long = "a\nb\x1b" * 10_000
    assert len(to_run({**RUN, "says": long}, REINDEX).says) == SAID
    assert "\n" not in str(to_switch({**AS_TOLD, "changed_by": long}, CALLS))
    assert len(str(to_switch({**AS_TOLD, "type": "str", "value": long, "lasting": long}, CALLS))) < 2 * SAID


@pytest.mark.parametrize(
    ("body", "headers", "odd"),
    [
        (b"[" * 60_000, {}, "calls itself JSON and is none"),
        (b"{}", {"Content-Encoding": "gzip"}, "calls itself compressed and is not"),
    ],
)
def test_what_cannot_be_read_is_no_answer(body: bytes, headers: dict[str, str], odd: str) -> None:
    with (
        server(says(body, **{"Content-Type": "application/json", **headers})) as url,
        pytest.raises(Permanent, match=odd),
    ):
        read_switch(connection(url), CALLS)


def test_a_task_that_ended_before_all_was_done_is_not_done() -> None:
    assert to_run({**RUN, "state": "done", "done": 3}, REINDEX).well
    assert not to_run({**RUN, "state": "done", "done": 2}, REINDEX).well
