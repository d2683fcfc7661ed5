"""How many incidents are gathered and judged in a minute: different alerts, all at once, on a healthy world.

Each is a whole incident: opened from HTTP, six probes, verdicts, the timeline, closed. A rate counts from before the
first alert is posted until the last incident is closed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from benchmarks.figures import Figure, Goal, Series, Unit
from journal.facts.closed import Closed
from sandbox.demo_stage import deliver
from sandbox.rehearsal import Rehearsal

AT_ONCE = 40
"""Alerts in a round."""

SENDERS = 8
REST = 1.0
WITHIN = 120.0


def many(rehearsal: Rehearsal, rounds: int, tell: Callable[[str], None]) -> Figure:
    """Each round is one load; the first one warms."""
    rates: list[float] = []
    for number in range(rounds + 1):
        tell(f"{AT_ONCE} incidents at once, {number} of {rounds}")
        rate = _rate(rehearsal)
        if number:
            rates.append(rate)
        time.sleep(REST)
    return Figure(
        title=f"Incidents gathered and judged, {AT_ONCE} at once",
        ours=((Series(name="Code Blue", samples=rates, unit=Unit.PER_MINUTE), Goal(at_least=200)),),
        references=(),
    )


def _rate(rehearsal: Rehearsal) -> float:
    marks = [uuid.uuid4().hex[:16] for _ in range(AT_ONCE)]
    began = datetime.now(UTC)
    with ThreadPoolExecutor(SENDERS) as senders:
        for _ in senders.map(lambda mark: deliver(rehearsal, mark), marks):
            pass
    incidents = [rehearsal.incident_with(mark, within=WITHIN) for mark in marks]
    for incident in incidents:
        rehearsal.closed(incident, within=WITHIN)
    ends = [e.at for one in incidents for e in rehearsal.journal.entries(one) if isinstance(e.fact, Closed)]
    return 60 * AT_ONCE / (max(ends) - began).total_seconds()
