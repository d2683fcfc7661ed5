"""Ask all probes at once, each a Prefect task named after it, and journal every answer as it arrives."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import ValidationError

from journal import clock
from journal.chain import canonical
from journal.facts import seen
from journal.facts.seen import Figure, Read
from journal.people import signed
from journal.redaction import redact
from runbook import Attested, Context, Facts, Probe, Reading, SlowDown, Unreadable
from runbook.evidence import Readings
from tasks.case import Case, E, P
from tasks.engine import engine
from tasks.step import step

GATHER = seen.GATHER

PATIENCE = timedelta(seconds=90)
"""How long a side that asks to slow down is asked again, and missing values are waited for, before that is unknown."""

PAUSES = (timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20))
"""Between those tries: ever rarer, and then as rarely as the last says."""


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
    refused: dict[str, SlowDown] = {}
    for probe, future in tasks:
        left = began + probe.timeout.total_seconds() - clock.monotonic()
        try:
            readings[probe.name] = _collect(case, phase, probe, future, max(left, 0.0))
        except SlowDown as slow:
            refused[probe.name] = slow
    late = _ask_rarely(case, phase, [probe for probe in fresh if probe.name in refused], context, began)
    return readings | {probe.name: late[probe.name] for probe in fresh if probe.name in refused}


def _ask_rarely(
    case: Case[E, P], phase: str, probes: list[Probe[E, P, Facts]], context: Context[E, P], began: float
) -> Readings:
    """Ask again, ever more rarely, what was turned away for asking too often; at last it is unknown."""
    readings: dict[str, Reading[Facts] | Unreadable] = {}
    pauses, deadline = iter(PAUSES), began + case.paced(PATIENCE).total_seconds()
    pause, left = PAUSES[0], probes
    while left:
        pause = next(pauses, pause)
        remaining = deadline - clock.monotonic()
        clock.sleep(max(min(case.paced(pause).total_seconds(), remaining), 0.0))
        last = clock.monotonic() >= deadline
        still: list[Probe[E, P, Facts]] = []
        tasks = [(probe, _again(case, phase, probe, context).submit()) for probe in left]
        for probe, future in tasks:
            try:
                readings[probe.name] = _collect(case, phase, probe, future, probe.timeout.total_seconds(), last=last)
            except SlowDown:
                still.append(probe)
        left = still
    return readings


def _again(case: Case[E, P], phase: str, probe: Probe[E, P, Facts], context: Context[E, P]) -> Any:
    def look() -> Read:
        return _kept(case, phase, probe, _as_read(phase, probe, read(context, probe)))

    return step(probe.name, look, shown=probe.asks)


def newest(case: Case[E, P]) -> Readings:
    """What each probe saw last, in whatever phase; for the numbers of the moment. Nothing is asked."""
    reads = {e.fact.probe: e.fact for e in case.journal.entries(case.incident) if isinstance(e.fact, Read)}
    return {name: revive(probe, reads[name]) for name, probe in case.runbook.probes().items() if name in reads}


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


def _collect(
    case: Case[E, P], phase: str, probe: Probe[E, P, Facts], future: Any, left: float, *, last: bool = False
) -> Any:
    """The answer of one probe, or why there is none. Whatever the journal keeps first under the key stands.

    Raises `SlowDown` for whom it is worth to be asked again, unless this was the `last` time.
    """
    now = clock.now()
    try:
        fact = future.result(timeout=left)
    except TimeoutError:
        why = f"no answer within {probe.timeout.total_seconds():g} s"
        fact = _kept(case, phase, probe, _as_unreadable(phase, probe, now, why))
    except Exception as fault:  # whatever a probe raises, the others must still be heard; it is journaled
        if isinstance(fault, SlowDown) and not last:
            raise
        fact = _kept(case, phase, probe, _in_the_end(phase, probe, now, fault))
    return revive(probe, fact)


def read(context: Context[E, P], probe: Probe[E, P, Facts]) -> Reading[Facts]:
    """One look, redacted before anyone else sees it."""
    at, began = clock.now(), clock.monotonic()
    value = probe.read(context)
    return _clean(probe, at, timedelta(seconds=clock.monotonic() - began), value)


def _clean(probe: Probe[E, P, Facts], at: datetime, took: timedelta, value: Facts) -> Reading[Facts]:
    # As the journal gives it back, the order of keys included: who judges it again must see the same.
    kept: object = json.loads(canonical(redact(value.model_dump(mode="json"))))
    clean = probe.reads.model_validate(kept)
    by = signed(value.by) if isinstance(value, Attested) else None
    return Reading[Facts](probe=probe.name, at=at, took=took, value=clean, by=by)


def what_was_seen(probe: Probe[E, P, Facts], at: datetime, fault: Exception) -> Reading[Facts] | None:
    """What a probe that was turned away had seen until then, of several that it asks."""
    if isinstance(fault, SlowDown) and isinstance(fault.so_far, probe.reads):
        return _clean(probe, at, timedelta(0), fault.so_far)
    return None


def _in_the_end(phase: str, probe: Probe[E, P, Facts], at: datetime, fault: Exception) -> Read:
    """The answer of a probe that will not be asked again."""
    seen = what_was_seen(probe, at, fault)
    return _as_unreadable(phase, probe, at, _said(fault)) if seen is None else _as_read(phase, probe, seen)


def look_once(case: Case[E, P], probe: Probe[E, P, Facts], phase: str, since: datetime | None = None) -> Read:
    """One look by itself, for validation. Not journaled here: only looks that tell something new are."""
    at = clock.now()
    try:
        return _as_read(phase, probe, read(looking(case, since), probe))
    except Exception as fault:  # noqa: BLE001 # an unreadable look is an answer, and the next one may succeed
        return _in_the_end(phase, probe, at, fault)


def revive(probe: Probe[E, P, Facts], fact: Read) -> Reading[Facts] | Unreadable:
    """The typed reading from its journaled form."""
    if fact.value is None:
        return Unreadable(probe=probe.name, at=fact.at, took=fact.took, why=fact.unreadable or "no reason recorded")
    try:
        value = probe.reads.model_validate(fact.value)
    except ValidationError:
        why = "it was recorded by another version of the runbook"
        return Unreadable(probe=probe.name, at=fact.at, took=fact.took, why=why)
    return Reading[Facts](probe=probe.name, at=fact.at, took=fact.took, value=value, by=fact.by)


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
        by=reading.by,
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
