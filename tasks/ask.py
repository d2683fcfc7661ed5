"""Asking one sentence of evidence outside an incident, for checks: one look, bounded in time, never journaled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from blocks.environment import Environment
from journal import clock
from journal.facts.seen import Finding
from journal.redaction import redact
from runbook import Context, Evidence, Facts, Form, Probe, Reading, Unreadable
from tasks.gather import read, what_was_seen
from tasks.step import step

E = TypeVar("E", bound=Environment)
P = TypeVar("P", bound=Form)


def ask(evidence: Evidence[E, P], context: Context[E, P]) -> Finding:
    """The sentence with its answer and what was observed. Whatever keeps the probe from looking is unknown."""
    return evidence.find({evidence.probe.name: _look(evidence.probe, context)})


def _look(probe: Probe[E, P, Facts], context: Context[E, P]) -> Reading[Facts] | Unreadable:
    at = clock.now()

    def look() -> Reading[Facts]:
        return read(context, probe)

    future: Any = step(probe.name, look, shown=probe.asks, retries=probe.retries).submit()
    try:
        return future.result(timeout=probe.timeout.total_seconds())
    except TimeoutError:
        why = f"no answer within {probe.timeout.total_seconds():g} s"
    except Exception as fault:  # noqa: BLE001 # whatever a probe raises is the answer "unknown", and is said
        if (seen := what_was_seen(probe, at, fault)) is not None:
            return seen
        why = str(redact(str(fault))) or type(fault).__name__
    return Unreadable(probe=probe.name, at=at, took=timedelta(0), why=why)
