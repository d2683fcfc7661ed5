"""A flow whose tasks fail with every text that it is given, and which fails with them all; for `sinks`."""

from __future__ import annotations

import logging

from prefect import flow
from prefect.logging import get_run_logger
from prefect.task_runners import ThreadPoolTaskRunner

from runbook import Temporary
from tasks.step import step

TEXTS: list[str] = []
"""Not a parameter: Prefect stores those as they are given."""


def _failing(text: str) -> None:
    logging.getLogger("prefect.task_runs").error(text)
    try:
        raise OSError(text)
    except OSError as low:
        raise Temporary(f"it failed: {text}") from low


@flow(name="raising", persist_result=False, task_runner=ThreadPoolTaskRunner(max_workers=4))
def raising() -> None:
    """Fail, in every task and at the end."""
    log = get_run_logger()
    futures = []
    for text in TEXTS:
        log.error("it says %s", text)
        futures.append(step("fail", lambda text=text: _failing(text), shown="Fail").submit())
    for future in futures:
        future.wait()
    raise ExceptionGroup("all failed", [ValueError(text) for text in TEXTS])
