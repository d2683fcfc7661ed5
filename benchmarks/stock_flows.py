"""What stock Prefect is measured with: flows for `serve()`, and the twenty probes as plain tasks.

    python -m benchmarks.stock_flows serve
    python -m benchmarks.stock_flows gather DSN ROUNDS    prints {"threads": [...], "one by one": [...]}, seconds

Imports nothing of Code Blue: each run of a served flow loads this file in a process of its own.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Literal

import psycopg
from prefect import flow, serve, task
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput

PROBES = 20
EACH = 0.2


class Decision(RunInput):
    """What the person answers."""

    decision: Literal["approve", "reject"]


@task
def write_time(path: str) -> None:
    """Leave the time at which the first task runs."""
    _leave(path)


@flow(name="first")
def first(path: str) -> None:
    """A flow whose first task writes the time."""
    write_time(path)


@flow(name="waits")
def waits(path: str) -> None:
    """A flow that waits for a person, and writes the time on its next line."""
    suspend_flow_run(wait_for_input=Decision, timeout=3600)
    _leave(path)


@task
def look(dsn: str) -> None:
    """A probe as a plain task."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_sleep(%s)", (EACH,))


@flow(name="threads")
def threads(dsn: str) -> float:
    """All at once in the task runner that flows have by default, a ThreadPoolTaskRunner; seconds."""
    began = time.perf_counter()
    for future in [look.submit(dsn) for _ in range(PROBES)]:
        future.result()
    return time.perf_counter() - began


@flow(name="one-by-one")
def one_by_one(dsn: str) -> float:
    """One after another; seconds."""
    began = time.perf_counter()
    for _ in range(PROBES):
        look(dsn)
    return time.perf_counter() - began


def _leave(path: str) -> None:
    now, part = time.time(), Path(f"{path}.part")
    part.write_text(repr(now))
    part.replace(path)  # whoever waits for the file finds all of it


def main(argv: list[str]) -> None:
    """See the module."""
    if argv[0] == "serve":
        serve(first.to_deployment("first"), waits.to_deployment("waits"))  # pyright: ignore[reportArgumentType] # both sync
        return
    _, dsn, rounds = argv
    measured = {
        "threads": [threads(dsn) for _ in range(int(rounds))],
        "one by one": [one_by_one(dsn) for _ in range(int(rounds))],
    }
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
