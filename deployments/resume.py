"""Letting a suspended run go on once its request is settled in the journal; called by the command line and the watch.

It only ever asks for another pass of a run that is suspended: the pass reads the answer in the journal, so one pass too
many does nothing. What is settled while Prefect is away is found by the watch (`deployments.watch`).
"""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

from deployments.places import Prefect
from deployments.stack_home import Home
from deployments.wakeup import ring

_SUSPENDS_WITHIN: Final = 5.0
"""Seconds between a request in the journal and the suspension of its run, at most; an answer may be faster."""


def resume(home: Home, flow_run: str, why: str, *, within: float = _SUSPENDS_WITHIN) -> str:
    """Ask for the next pass of the run, and ring for it; a sentence about what became of that.

    Raises Unreachable when Prefect does not answer: the answer is in the journal all the same.
    """
    with Prefect(home) as prefect:
        deadline = time.monotonic() + within
        while True:
            state = prefect.state(flow_run)
            if state.kind == "PAUSED" and prefect.reschedule(flow_run, why):
                ring(home, UUID(flow_run))
                return "the run goes on"
            if state.over:
                return f"its run is over ({state}); start it again with `codeblue run`"
            if state.kind in {"SCHEDULED", "PENDING"}:
                return "the run is about to go on"
            # It is running: it asked a moment ago and is about to suspend itself, or another channel was faster.
            if time.monotonic() > deadline:
                return "the run is at work already"
            time.sleep(0.05)
