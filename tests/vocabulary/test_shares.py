"""Of a small sample nobody is told a share; and each reading that divides asks whether there was enough."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from runbook.shares import FEW, LEAST, share
from tasks.logs.insights import Reports
from tasks.logs.read import Events
from tasks.postgres.activity import Activity
from tasks.s3.denials import Denials

ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("total", [0, 1, 2, LEAST - 1])
def test_one_of_two_is_not_half(total: int) -> None:
    with pytest.raises(LookupError, match=f"only {total} requests, too few to tell"):
        share(1, total, "requests")
    assert share(4, LEAST, "requests") == 0.5


def test_of_nothing_there_is_no_share_whatever_is_enough() -> None:
    with pytest.raises(LookupError, match="only 0 calls"):
        share(0, 0, "calls", least=0)


def reports(requests: int) -> float:
    return Reports(group="f", window=HOUR, requests=requests, cold=1, timed_out=1, out_of_memory=0).share(1)


def events(total: int) -> float:
    return Events(group="g", total=total, kinds={"code": total}, complete=True, window=HOUR).share("code")


def sightings(slow: int) -> float:
    counts = dict.fromkeys(("running", "reading", "computing"), 0)
    long = timedelta(seconds=9)
    return Activity(samples=10, slow_after=long, busy=slow, slow=slow, locked=slow, longest=long, **counts).of_slow(
        slow
    )


def refusals(total: int) -> float:
    by = dict.fromkeys(("by_key", "by_endpoint", "by_role"), 0)
    seen = Denials(total=total, by_bucket=total, complete=True, invocations=9, window=HOUR, **by)
    return seen.mostly(seen.by_bucket)


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        pytest.param(reports, LEAST, id="reports"),
        pytest.param(events, FEW, id="events"),
        pytest.param(sightings, FEW, id="sightings"),
        pytest.param(refusals, FEW, id="refusals"),
    ],
)
def test_a_reading_of_too_few_does_not_say_which_share(asked: Callable[[int], float], least: int) -> None:
    with pytest.raises(LookupError, match=f"only {least - 1} .*too few to tell"):
        asked(least - 1)
    assert asked(least) > 0


CENSUS = {
    "tasks/bedrock/calls.py": "after a minimum of its own, since models are called rarely; and calls a minute",
    "tasks/cloudrun/cpu.py": "after `LEAST`; and instances, all there are",
    "tasks/cloudrun/requests.py": "after `LEAST`",
    "tasks/cloudsql/disk.py": "a disk, all of it",
    "tasks/cloudwatch/coverage.py": "required alarms, all there are",
    "tasks/cloudwatch/noise.py": "periods of a window",
    "tasks/cloudwatch/rates.py": "after its own LEAST",
    "tasks/cloudwatch/read.py": "a mean",
    "tasks/cloudwatch/replay.py": "how evenly breaches come, after a minimum of its own",
    "tasks/cloudwatch/usual.py": "a mean; and after its own LEAST",
    "tasks/gcpmonitoring/read.py": "a mean",
    "tasks/gcpmonitoring/usual.py": "thousands, and hours in a quarter of one",
    "tasks/guardrail.py": "targets of a plan, all there are",
    "tasks/n8n/delivery.py": "webhooks, all there are",
    "tasks/postgres/activity.py": "of the looks, which are always as many",
    "tasks/postgres/doing.py": "slots, all there are",
    "tasks/postgres/read.py": "slots, all there are",
    "tasks/postgres/replication.py": "of the looks, which are always as many; and how long what falls takes to be gone",
    "tasks/postgres/space.py": "bytes, all there are",
    "tasks/postgres/statements.py": "time, all that was recorded",
    "tasks/postgres/tables.py": "rows a scan, which is no share",
    "tasks/prometheus/read.py": "a place between two bounds; and per second",
    "tasks/redis/clients.py": "clients, all there are",
    "tasks/redis/keys.py": "memory, all in use; and of a sample that says how large it is",
    "tasks/redis/letters.py": "memory, all in use",
    "tasks/redis/read.py": "memory, all in use",
    "tasks/redis/unlink.py": "a size that is said to be about so much",
    "tasks/sqs/read.py": "how fast an age falls, and how often the middle of a window goes into its fullest period",
    "tasks/triggerdev/schedules.py": "tasks of a timetable, all there are",
    "tasks/web/looks.py": "requests, all that were sent",
}
"""Where a division is no share of a sample, and what it is; anything else asks `runbook.shares`."""


def divides(file: Path) -> bool:
    """Whether something is divided by what is neither a constant nor a time, as shares are."""
    divisions = (
        node
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not isinstance(node.right, ast.Constant)
    )
    return any(
        not ast.unparse(node.right).isupper() and "timedelta" not in ast.unparse(node)
        for node in divisions
        if isinstance(node.right, ast.Attribute | ast.Call | ast.Subscript | ast.Name)
    )


def test_every_other_reading_that_divides_asks_whether_there_was_enough() -> None:
    found = {str(file.relative_to(ROOT)) for file in (ROOT / "tasks").rglob("*.py") if divides(file)}
    assert found == set(CENSUS), "divide by `runbook.shares.share`, or say here why it is no share of a sample"


def test_a_division_without_a_minimum_is_found(tmp_path: Path) -> None:
    file = tmp_path / "read.py"
    file.write_text("def share(self): return self.failed / self.requests\n")
    assert divides(file)
    file.write_text(
        "def hours(self): return self.took / timedelta(hours=1) + self.size / 1024 + self.window / PERIOD\n"
    )
    assert not divides(file)
