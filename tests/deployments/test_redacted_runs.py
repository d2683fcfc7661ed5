"""Whatever a flow says, in an error, a log line or a state: no table of Prefect and no log file holds its secrets."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from deployments.stack import Stack
from deployments.wakeup import ring
from tests.deployments.leaky_flows import ENDS, WAYS, secret

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def leaked_stack(practice_stack: Stack) -> Stack:
    """A stack in which every way of leaking has been gone."""
    with practice_stack.client() as client:
        ids = {name: client.read_deployment_by_name(f"{name}/test").id for name in ("leaky", "unloadable")}
        ways = ("tasks", "lines", *ENDS)
        runs = [client.create_flow_run_from_deployment(ids["leaky"], parameters={"way": w}).id for w in ways]
        runs.append(client.create_flow_run_from_deployment(ids["unloadable"]).id)
        for run in runs:
            ring(practice_stack.home, run)
        deadline = time.monotonic() + 240
        while not all((state := client.read_flow_run(run).state) and state.is_final() for run in runs):
            assert time.monotonic() < deadline, "not every run has ended"
            time.sleep(0.2)
    return practice_stack


def _everything(stack: Stack) -> dict[str, str]:
    found = {str(path.name): path.read_text(errors="replace") for path in stack.home.logs.iterdir() if path.is_file()}
    with closing(sqlite3.connect(f"file:{stack.home.database}?mode=ro", uri=True)) as database:
        for (table,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
            found[table] = "\n".join(str(row) for row in database.execute(f'select * from "{table}"'))
    return found


def test_no_table_of_prefect_and_no_log_holds_a_planted_secret(leaked_stack: Stack) -> None:
    deadline = time.monotonic() + 20
    wanted = ("log", "flow_run_state", "task_run_state", "events", "worker.log")
    while True:  # logs and events are written a moment after the state
        everything = _everything(leaked_stack)
        if all("[redacted: password]@db.internal" in everything[where] for where in wanted):
            break
        assert time.monotonic() < deadline, {where: len(everything[where]) for where in wanted}
        time.sleep(0.2)
    leaks = {way: [where for where, text in everything.items() if secret(way) in text] for way in WAYS}
    assert {way: where for way, where in leaks.items() if where} == {}


def test_what_was_said_beside_the_secret_is_still_there(leaked_stack: Stack) -> None:
    everything = _everything(leaked_stack)
    assert (
        "it says could not connect to postgresql://rung:[redacted: password]@db.internal:5432/rung" in everything["log"]
    )
    assert "Temporary: could not connect to" in everything["task_run_state"]
    assert "ValueError: could not connect to" in everything["flow_run_state"]
