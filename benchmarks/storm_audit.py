"""What became of a storm: the sender's notes held against the journal and Prefect's history."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

KEPT = frozenset({202, 409})
"""202; or 409 for a retry whose first answer was lost, which says that the alert was kept before."""

UNTIMED = frozenset({"alertmanager"})
"""Formats that tell no time of sending: a retry in the next minute is a regular repeat, and rightly kept as one."""


@dataclass(frozen=True, kw_only=True)
class Noted:
    """One sending, as the sender saw it end. `took` is in seconds, counted from when it was due."""

    number: int
    form: str
    problem: int
    status: int
    took: float
    attempts: int
    receipts: Sequence[int] | None


def read(file: Path) -> list[Noted]:
    """The sender's notes."""
    with file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    names = ("number", "form", "problem", "status", "took", "attempts", "receipts")
    return [Noted(**dict(zip(names, row, strict=True))) for row in rows]


def wrong(notes: Sequence[Noted], sent: int, journal: Path, runs: Iterable[str]) -> list[str]:
    """Sentences about what was lost or doubled; none if all is as it should be."""
    with closing(sqlite3.connect(journal)) as asked:
        inbox = {
            number: (form, fingerprint, incident)
            for number, form, fingerprint, incident in asked.execute(
                "select id, format, fingerprint, incident from inbox"
            )
        }
        opened = asked.execute("select id, fingerprint from incidents").fetchall()
    found = [*_of_sender(notes, sent), *_of_inbox(notes, inbox)]
    incidents = dict(opened)
    for fingerprint, count in Counter(incidents.values()).items():
        if count > 1:
            found.append(f"{count} incidents were opened for the fingerprint {fingerprint}.")
    if unheard := {fingerprint for _, fingerprint, _ in inbox.values()} - set(incidents.values()):
        found.append(f"{len(unheard)} fingerprints have no incident.")
    astray = [n for n, (_, fingerprint, incident) in inbox.items() if incidents.get(incident) != fingerprint]
    if astray:
        found.append(f"{len(astray)} alerts are in no incident, or in one of another fingerprint.")
    started = Counter(runs)
    if doubled := [incident for incident, count in started.items() if count > 1]:
        found.append(f"{len(doubled)} incidents have more than one flow run.")
    if without := set(incidents) - set(started):
        found.append(f"{len(without)} incidents have no flow run.")
    return found


def _of_sender(notes: Sequence[Noted], sent: int) -> list[str]:
    found: list[str] = []
    if len(notes) != sent:
        found.append(f"{sent - len(notes)} sendings have no answer.")
    refused = Counter(note.status for note in notes if note.status not in KEPT)
    found += [f"{count} sendings ended with {status or 'no answer'}." for status, count in refused.items()]
    return found


def _of_inbox(notes: Sequence[Noted], inbox: dict[int, tuple[str, str, str]]) -> list[str]:
    found: list[str] = []
    receipts = [(receipt, note) for note in notes for receipt in note.receipts or ()]
    if lost := sum(inbox.get(receipt, ("", "", ""))[0] != note.form for receipt, note in receipts):
        found.append(f"{lost} acknowledged alerts are not in the journal.")
    shared = Counter(receipt for receipt, _ in receipts)
    if twice := sum(count > 1 for count in shared.values()):
        found.append(f"{twice} receipts were given for two different alerts.")
    kept = Counter(note.form for note in notes if note.status in KEPT)
    again = Counter(note.form for note in notes if note.form in UNTIMED and note.attempts > 1)
    there = Counter(form for form, _, _ in inbox.values())
    if (more := (there - kept - again).total()) > 0:
        found.append(f"{more} alerts more are in the journal than were acknowledged.")
    if (fewer := (kept - there).total()) > 0:
        found.append(f"{fewer} alerts fewer are in the journal than were acknowledged.")
    by_problem: dict[int, set[str]] = {}
    for receipt, note in receipts:
        by_problem.setdefault(note.problem, set()).add(inbox.get(receipt, ("", "", ""))[1])
    if split := sum(len(fingerprints) > 1 for fingerprints in by_problem.values()):
        found.append(f"{split} problems have several fingerprints.")
    return found
