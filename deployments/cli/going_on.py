"""Letting a suspended run go on once its request is settled in the journal, whoever settled it.

`answering` calls `go_on` after an answer, `upping` calls `sweep` now and then for answers that were given while Prefect
was away, and for requests whose time ran out. Both only ever ask for another pass of a run that is suspended: the pass
reads the answer in the journal, so one pass too many does nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from deployments.bell import ring
from deployments.cli.exits import Unreachable
from deployments.cli.places import Prefect
from deployments.stack_home import Home
from journal.approvals import standings, waiting
from journal.chain import Entry
from journal.store import Journal

_SUSPENDS_WITHIN: Final = 5.0
"""Seconds between a request in the journal and the suspension of its run, at most; an answer may be faster."""


def go_on(home: Home, flow_run: str, why: str) -> str:
    """Ask for the next pass of the run, and ring for it; a sentence about what became of that.

    Raises Unreachable when Prefect does not answer: the answer is in the journal all the same.
    """
    with Prefect(home) as prefect:
        deadline = time.monotonic() + _SUSPENDS_WITHIN
        while True:
            state = prefect.state(flow_run)
            if state.kind == "PAUSED" and prefect.reschedule(flow_run, why):
                ring(home, UUID(flow_run))
                return "the run goes on"
            if state.over:
                return f"its run is over ({state}); start it again with `codeblue run`"
            if state.kind in {"SCHEDULED", "PENDING"}:
                return "the run is about to go on"
            # It is running: it asked a moment ago and is about to suspend itself, or another door was faster.
            if time.monotonic() > deadline:
                return "the run is at work already"
            time.sleep(0.05)


def sweep(home: Home, journal: Journal) -> list[str]:
    """Open incidents whose run waits though nothing is left to wait for, each let go on; their ids."""
    stuck = [
        (one.id, run)
        for one in journal.incidents(open_only=True, limit=1000)
        if (run := _settled_run(journal.entries(one.id), journal)) is not None
    ]
    if not stuck:
        return []
    moved: list[str] = []
    try:
        with Prefect(home) as prefect:
            for incident, run in stuck:
                why = "What it waited for is settled."
                if prefect.state(run).kind == "PAUSED" and prefect.reschedule(run, why):
                    ring(home, UUID(run))
                    moved.append(incident)
    except Unreachable:
        return moved  # the next sweep tries again
    return moved


def _settled_run(entries: Sequence[Entry], journal: Journal) -> str | None:
    """The run of an incident whose requests are all answered or over."""
    now = journal.clock()
    asked = standings(entries, now)
    return None if not asked or waiting(entries, now) else asked[-1].asked.flow_run
