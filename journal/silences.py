"""Silences: alerts that shall open no incident for a while, said by people, kept in the ledger as everything else.

The receiver's dispatcher asks `silenced` before it opens an incident; the command line sets and lifts. A silenced alert
is kept in the inbox all the same, beside the number of its silence.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from fnmatch import fnmatchcase

from pydantic import ValidationError

from journal.chain import Entry
from journal.errors import NoSuchSilence
from journal.facts.installation import Silenced, Unsilenced
from journal.people import reasoned, signed
from journal.schema import LEDGER
from journal.store import Journal


def silence(
    journal: Journal, name: str, labels: Mapping[str, str], *, starts: datetime, ends: datetime, by: str, why: str
) -> Entry:
    """Alerts of that name with those labels open nothing in this window; the entry's number names the silence.

    Raises `Unsigned`; `ValueError` for a window that never is.
    """
    if ends <= starts:
        raise ValueError(f"a silence must end after it starts; {ends} is not after {starts}")
    by, why = signed(by), reasoned(why)
    fact = Silenced(name=name, labels=dict(labels), starts=starts, ends=ends, by=by, why=why)
    return journal.append(LEDGER, f"silenced:{uuid.uuid4()}", fact)


def unsilence(journal: Journal, number: int, by: str, why: str) -> Entry:
    """Lift a silence now. Raises `NoSuchSilence` for one that is over, lifted or never was; `Unsigned`."""
    if number not in [entry.number for entry in silences(journal, journal.clock())]:
        raise NoSuchSilence(number)
    fact = Unsilenced(silence=number, by=signed(by), why=reasoned(why))
    return journal.append(LEDGER, f"unsilenced:{number}", fact)


def silences(journal: Journal, at: datetime) -> tuple[Entry, ...]:
    """The silences that hold at that time or will, oldest first."""
    lifted = {entry.fact.silence for entry in journal.of_kind("unsilenced") if isinstance(entry.fact, Unsilenced)}
    return tuple(
        entry
        for entry in journal.of_kind("silenced")
        if isinstance(entry.fact, Silenced) and entry.fact.ends > at and entry.number not in lifted
    )


def silenced(journal: Journal, name: str, labels: Mapping[str, str], at: datetime) -> Entry | None:
    """The silence that holds for such an alert at that time, if one does.

    None where a record of one cannot be read: in doubt an alert is heard.
    """
    try:
        holding = silences(journal, at)
    except ValidationError:
        return None
    for entry in holding:
        fact = entry.fact
        if (
            isinstance(fact, Silenced)
            and fact.starts <= at
            and fnmatchcase(name, fact.name)
            and all(label in labels and fnmatchcase(labels[label], wanted) for label, wanted in fact.labels.items())
        ):
            return entry
    return None
