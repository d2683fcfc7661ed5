"""Brings recorded incidents and the declarations of their runbooks together, without any environment: nothing is asked.

`codeblue replay` and `codeblue backtest` call it. The judging itself is pure (`tasks.replay`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from deployments.declarations import Declaration, installed, of_file, said
from deployments.errors import Usage
from flows.handing import in_vain
from journal.chain import Entry
from journal.errors import BeginningGone
from journal.facts.closed import Closed
from journal.facts.opened import Opened
from journal.facts.seen import Judged, Past
from journal.incidents import Incident
from journal.store import Journal
from journal.timeline_words import confirmation
from runbook import HandOff
from tasks.backtest import Backtest, Compared, NotJudged, compare
from tasks.hypothesize import confirmed_before
from tasks.replay import replay
from tasks.replayed import Replay


def again(journal: Journal, entries: tuple[Entry, ...], declared: Declaration) -> Replay:
    """An incident of the declared runbook, judged by that declaration. Raises Usage where that is at fault."""
    incident, opened = entries[0].incident, entries[0].fact
    if not isinstance(opened, Opened):
        raise BeginningGone(incident)
    hands_over = any(isinstance(step, HandOff) for step in declared.runbook.mitigations)
    tried = frozenset(in_vain(journal, incident) if hands_over else ())
    past = _past(journal, declared.runbook.name, entries)
    try:
        return replay(declared.runbook, declared.context(opened), entries, past, tried)
    except Exception as fault:  # it may be half written: one incident must not cost all others
        raise Usage(f"{declared.runbook.name} as declared cannot judge {incident} ({said(fault)}).") from fault


def backtest(journal: Journal, system: str, since: datetime, file: Path | None = None) -> Backtest:
    """Every incident of a system since then, oldest first; with a file, those of the runbook that it declares.

    Raises Usage for a file that cannot be used. A runbook that is not there leaves its incidents unjudged.
    """
    given = of_file(file) if file is not None else None
    if given is not None and given.runbook.system != system:
        raise Usage(f"{file} declares {given.runbook.name}, which is none of {system}'s; give its system.")
    declared: dict[str, Declaration | str] = {given.runbook.name: given} if given is not None else {}
    compared: list[Compared] = []
    left: list[NotJudged] = []
    for incident in _since(journal, system, since):
        if given is not None and incident.runbook != given.runbook.name:
            continue
        if incident.runbook not in declared:
            declared[incident.runbook] = _installed_or_why(incident.runbook)
        try:
            compared.append(_compared(journal, incident.id, declared[incident.runbook]))
        except _NotJudged as unknown:
            left.append(NotJudged(incident=incident.id, runbook=incident.runbook, why=str(unknown)))
    return Backtest(
        system=system,
        runbook=given.runbook.name if given is not None else None,
        since=since,
        until=journal.clock(),
        incidents=tuple(compared),
        not_judged=tuple(left),
    )


class _NotJudged(Exception):
    """An incident cannot be judged anew, and why."""


def _installed_or_why(name: str) -> Declaration | str:
    try:
        return installed(name)
    except Usage as missing:
        return str(missing)


def _compared(journal: Journal, incident: str, declared: Declaration | str) -> Compared:
    if isinstance(declared, str):
        raise _NotJudged(declared)
    try:
        entries = journal.entries(incident)
        found = again(journal, entries, declared)
    except (ValueError, BeginningGone) as damage:
        raise _NotJudged("It cannot be read; see codeblue verify.") from damage
    except Usage as fault:
        raise _NotJudged(str(fault)) from fault
    confirmed = confirmation(entries)
    return compare(found, confirmed.cause if confirmed is not None else None)


def _since(journal: Journal, system: str, since: datetime) -> list[Incident]:
    every = journal.incidents(system=system, limit=max(journal.count(system=system), 1))
    return [one for one in reversed(every) if one.opened_at >= since]


def _past(journal: Journal, runbook: str, entries: tuple[Entry, ...]) -> Past:
    """What had been confirmed when an incident was closed unjudged. One that was judged holds it itself."""
    closed = next((entry for entry in entries if isinstance(entry.fact, Closed)), None)
    if closed is None or any(isinstance(entry.fact, Judged) for entry in entries):
        return Past()
    return confirmed_before(journal, runbook, closed.incident, closed.at)
