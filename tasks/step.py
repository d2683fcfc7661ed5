"""Every look and every act as a step: named for people, never cached, retried only when that can help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from journal.redaction.faults import says_no_secrets
from tasks.engine import Step, engine

R = TypeVar("R")

BACK_OFF = (0.3, 1.0, 3.0)
"""Seconds between tries of something temporary."""


def step(name: str, do: Callable[[], R], *, shown: str, retries: int = 0) -> Step[R]:
    """A step around `do`; in a flow run, a Prefect task. `shown` is the run's name in the UI.

    Errors leave `do` redacted: Prefect puts their texts into states, logs and events.
    """
    return engine().step(name, says_no_secrets(do), shown=shown, retries=retries, pauses=BACK_OFF)
