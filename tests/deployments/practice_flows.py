"""Flows that say what happens to them: each pass through a flow adds a line to `<folder>/passes`."""

import os
import time
from pathlib import Path

from prefect import flow, suspend_flow_run, task
from prefect.cache_policies import NO_CACHE
from prefect.input import RunInput
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from deployments import execute


class Decision(RunInput):
    approve: bool
    why: str = ""


def note(folder: str, line: str) -> None:
    with (Path(folder) / "passes").open("a") as passes:
        passes.write(f"{line}\n")


@task(cache_policy=NO_CACHE)
def double(number: int) -> int:
    return 2 * number


@flow
def simple(folder: str, number: int = 1) -> int:
    """Doubles a number."""
    note(folder, f"{os.getpid()}")
    get_run_logger().info("doubling %s", number)
    return double(number)


@flow
def patient(folder: str) -> str:
    """Waits in its first pass for a file named `go`; later passes do not wait."""
    note(folder, f"{os.getpid()}")
    deadline = time.monotonic() + 60
    while flow_run.run_count == 1 and not (Path(folder) / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return "waited"


@flow
def asking(folder: str) -> str:
    """Suspends until somebody decides."""
    note(folder, f"{os.getpid()}")
    decision = suspend_flow_run(wait_for_input=Decision, key="fix-1")
    note(folder, f"{decision.approve} {decision.why}")
    return "approved" if decision.approve else "rejected"


@flow
def lingering(folder: str) -> str:
    """Suspends until somebody decides; the process of its first pass does not end before there is a file `end`."""
    note(folder, f"{os.getpid()}")
    flush = execute.flush

    def late() -> None:
        (Path(folder) / "ending").touch()
        while not (Path(folder) / "end").exists():
            time.sleep(0.01)
        flush()

    execute.flush = late
    suspend_flow_run(wait_for_input=Decision, key="fix-1")
    return "went on"


@flow
def failing(folder: str) -> None:
    note(folder, f"{os.getpid()}")
    raise ValueError("as meant")


@flow
def doomed(folder: str) -> None:
    """Kills its own process in every pass."""
    note(folder, f"{os.getpid()}")
    os.kill(os.getpid(), 9)
