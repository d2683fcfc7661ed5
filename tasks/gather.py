"""Ask all probes at once, each a Prefect task named after it, and journal every answer as it arrives."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import ValidationError

from journal import clock
from journal.facts.seen import Figure, Read
from journal.redaction import redact
from runbook import Context, Facts, Probe, Reading, Unreadable
from runbook.evidence import Readings
from tasks.case import Case, E, P
from tasks.engine import engine
from tasks.step import step

GATHER = "gather"


def gather(
    case: Case[E, P], probes: Iterable[Probe[E, P, Facts]], phase: str = GATHER, since: datetime | None = None
) -> Readings:
    """Readings by probe name; what is recorded for the phase already is not asked again.

    A probe that fails, or that has not answered within its timeout, is `Unreadable`. All looks begin before the first
    Prefect task does, since starting tasks takes longer than most looks: this takes about as long as the slowest.
    With `since`, nobody looks back beyond that.
    """
    context = looking(case, since)
    asked = tuple(probes)
    known = case.reads(phase)
    fresh = [probe for probe in asked if probe.name not in known]
    readings = {probe.name: revive(probe, known[probe.name]) for probe in asked if probe.name in known}
    if not fresh:
        return readings
    began = clock.monotonic()
    threads = engine().threads(len(fresh), "look")
    looks = [(probe, threads.submit(copy_context().run, read, context, probe)) for probe in fresh]
    threads.shutdown(wait=False)  # a look that is late ends by its connection's own timeout
    tasks = [(probe, _task(case, phase, probe, first, context).submit()) for probe, first in looks]
    for probe, future in tasks:
        left = began + probe.timeout.total_seconds() - clock.monotonic()
        readings[probe.name] = _collect(case, phase, probe, future, max(left, 0.0))
    return readings


def looking(case: Case[E, P], since: datetime | None) -> Context[E, P]:
    """The context to look with."""
    return case.context if since is None else replace(case.context, lately=clock.now() - since)


def _task(
    case: Case[E, P],
    phase: str,
    probe: Probe[E, P, Facts],
    first: Future[Reading[Facts]],
    context: Context[E, P],
) -> Any:
    """The task of one probe: takes the look that has begun, and looks again if that was only temporarily in vain."""
    tries = iter((first.result,))

    def look() -> Read:
        reading = next(tries, partial(read, context, probe))()
        return _kept(case, phase, probe, _as_read(phase, probe, reading))

    return step(probe.name, look, shown=probe.asks, retries=probe.retries)


def _collect(case: Case[E, P], phase: str, probe: Probe[E, P, Facts], future: Any, left: float) -> Any:
    """The answer of one probe, or why there is none. Whatever the journal keeps first under the key stands."""
    now = clock.now()
    try:
        fact = future.result(timeout=left)
    except TimeoutError:
        why = f"no answer within {probe.timeout.total_seconds():g} s"
        fact = _kept(case, phase, probe, _as_unreadable(phase, probe, now, why))
    except Exception as fault:  # noqa: BLE001 # whatever a probe raises, the others must still be heard; it is journaled
        fact = _kept(case, phase, probe, _as_unreadable(phase, probe, now, _said(fault)))
    return revive(probe, fact)


def read(context: Context[E, P], probe: Probe[E, P, Facts]) -> Reading[Facts]:
    """One look, redacted before anyone else sees it."""
    at, began = clock.now(), clock.monotonic()
    value = probe.read(context)
    took = timedelta(seconds=clock.monotonic() - began)
    clean = probe.reads.model_validate(redact(value.model_dump(mode="json")))
    return Reading[Facts](probe=probe.name, at=at, took=took, value=clean)


def look_once(case: Case[E, P], probe: Probe[E, P, Facts], phase: str, since: datetime | None = None) -> Read:
    """One look by itself, for validation. Not journaled here: only looks that tell something new are."""
    at = clock.now()
    try:
        return _as_read(phase, probe, read(looking(case, since), probe))
    except Exception as fault:  # noqa: BLE001 # an unreadable look is an answer, and the next one may succeed
        return _as_unreadable(phase, probe, at, _said(fault))


def revive(probe: Probe[E, P, Facts], fact: Read) -> Reading[Facts] | Unreadable:
    """The typed reading from its journaled form."""
    if fact.value is None:
        return Unreadable(probe=probe.name, at=fact.at, took=fact.took, why=fact.unreadable or "no reason recorded")
    try:
        value = probe.reads.model_validate(fact.value)
    except ValidationError:
        why = "it was recorded by another version of the runbook"
        return Unreadable(probe=probe.name, at=fact.at, took=fact.took, why=why)
    return Reading[Facts](probe=probe.name, at=fact.at, took=fact.took, value=value)


def _kept(case: Case[E, P], phase: str, probe: Probe[E, P, Facts], fact: Read) -> Read:
    return case.said_as(_key(phase, probe), fact)


def _as_read(phase: str, probe: Probe[E, P, Facts], reading: Reading[Facts]) -> Read:
    return Read(
        phase=phase,
        probe=probe.name,
        asks=probe.asks,
        source=probe.source,
        at=reading.at,
        took=reading.took,
        text=str(reading.value),
        value=reading.value.model_dump(mode="json"),
        figures=figures(reading.value),
    )


def figures(value: Facts) -> tuple[Figure, ...]:
    """The numbers of a reading that can be charted. A fault in them must not cost the reading itself."""
    try:
        named = value.figures().items()
        return tuple(Figure(name=name, value=float(number), unit=unit) for name, (number, unit) in named)
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        return ()


def _as_unreadable(phase: str, probe: Probe[E, P, Facts], at: datetime, why: str) -> Read:
    return Read(
        phase=phase,
        probe=probe.name,
        asks=probe.asks,
        source=probe.source,
        at=at,
        took=timedelta(0),
        text=f"unreadable: {why}",
        unreadable=why,
    )


def _said(fault: Exception) -> str:
    return str(redact(str(fault))) or type(fault).__name__


def _key(phase: str, probe: Probe[E, P, Facts]) -> str:
    return f"read:{phase}:{probe.name}"
