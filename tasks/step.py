"""Every look and every act as a Prefect task: named for people, never cached, retried only when that can help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from journal.redaction.faults import says_no_secrets
from runbook import Temporary

R = TypeVar("R")

BACK_OFF = (0.3, 1.0, 3.0)
"""Seconds between tries of something temporary."""


def step(name: str, do: Callable[[], R], *, shown: str, retries: int = 0) -> Task[[], R]:
    """A Prefect task around `do`. `shown` is the run's name in the UI.

    NO_CACHE because with persisted results Prefect would answer a second look with the first reading. Errors leave `do`
    redacted: Prefect puts their texts into states, logs and events.
    """
    task: Any = Task(
        says_no_secrets(do),
        name=name,
        task_run_name=_escaped(shown),
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=retries,
        retry_delay_seconds=list(BACK_OFF[:retries]) or None,
        retry_condition_fn=_is_temporary if retries else None,
        log_prints=False,
    )
    return task


def _is_temporary(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    fault = state.result(raise_on_failure=False)
    return isinstance(fault, Temporary)


def _escaped(name: str) -> str:
    """Prefect formats run names, so a brace would be read as a parameter."""
    return name.replace("{", "{{").replace("}", "}}")
