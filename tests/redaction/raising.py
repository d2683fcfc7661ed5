"""A flow whose tasks fail with every text that it is given, and which fails with them all; for `sinks`."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from prefect import flow
from prefect.logging import get_run_logger
from prefect.task_runners import ThreadPoolTaskRunner

from runbook import Temporary
from tasks.step import step

TEXTS: list[str] = []
"""Not a parameter: Prefect stores those as they are given."""
_AT_ONCE = 20
"""Texts of one task: each task is a dozen requests to the server."""


def _failing(texts: Sequence[str]) -> None:
    for text in texts:
        logging.getLogger("prefect.task_runs").error(text)
    low = ExceptionGroup("all failed", [OSError(text) for text in texts])
    raise Temporary("it failed: " + "\n\n".join(texts)) from low


@flow(name="raising", persist_result=False, task_runner=ThreadPoolTaskRunner(max_workers=4))
def raising() -> None:
    """Fail, in every task and at the end."""
    log = get_run_logger()
    futures = []
    for at in range(0, len(TEXTS), _AT_ONCE):
        some = TEXTS[at : at + _AT_ONCE]
        for text in some:
            log.error("it says %s", text)
        futures.append(step("fail", lambda some=some: _failing(some), shown="Fail").submit())
    for future in futures:
        future.wait()
    raise ExceptionGroup("all failed", [ValueError(text) for text in TEXTS])
