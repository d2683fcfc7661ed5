"""What people found to be the true cause, and what that says about the next incident of the same runbook.

`codeblue confirm` records it, at any time, also after the closing; whoever finds out more says so again, and the last
word counts. `tasks.hypothesize` asks `past` before it judges, and `journal.report` compares it with the verdicts.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import Connection, select

from journal.chain import Entry
from journal.errors import UnknownCause
from journal.facts.closed import Confirmed
from journal.facts.seen import OTHER, Past
from journal.people import reasoned, signed
from journal.schema import entries, incidents
from journal.store import Journal
from journal.timeline_words import ranking

LATEST: Final = 200
"""Incidents of a runbook that count, newest first: what was true years ago says less about tonight."""


_CORRECTIONS: Final = 3
"""Confirmations read for each incident that counts: people correct themselves, but seldom more often."""


def confirm(
    journal: Journal,
    incident: str,
    cause: str,
    *,
    by: str,
    why: str = "",
    identity_proven: bool = False,
    claims: Mapping[str, str] | None = None,
) -> Entry:
    """Record the true cause of an incident, as one person found it out.

    `cause` is a hypothesis that was judged in the incident, or `other`, whose reason says which. `claims` (name →
    claim) are those of its runbook, for an incident that ended before any was judged. Raises `UnknownCause`,
    `Unsigned`, `OddName`, `UnknownIncident`.
    """
    by = signed(by)
    verdicts = ranking(journal.entries(incident))
    judged = {verdict.hypothesis: verdict.claim for verdict in verdicts if verdict.hypothesis != OTHER}
    known = judged or dict(claims or {})
    if cause == OTHER:
        reasoned(why)
    if cause != OTHER and cause not in known:
        raise UnknownCause(incident, cause, (*known, OTHER))
    claim = why.strip() if cause == OTHER else known[cause]
    fact = Confirmed(cause=cause, claim=claim, by=by, identity_proven=identity_proven, why=why.strip())
    return journal.append(incident, f"confirmed:{uuid.uuid4()}", fact)


def past(journal: Journal, runbook: str, *, before: str | None = None, until: datetime | None = None) -> Past:
    """What was confirmed of a runbook's incidents; `before` is an incident that does not count, being the present one.

    What was said after `until` does not count either. Of each incident the last confirmation counts, and of the
    incidents the `LATEST`.
    """
    query = (
        select(entries.c.incident, entries.c.number, entries.c.fact)
        .join(incidents, incidents.c.id == entries.c.incident)
        .where(entries.c.kind == "confirmed", incidents.c.runbook == runbook)
        .order_by(entries.c.at.desc(), entries.c.incident.desc(), entries.c.number.desc())
        .limit(_CORRECTIONS * LATEST)
    )
    if until is not None:
        query = query.where(entries.c.at <= until)

    def work(tx: Connection) -> dict[str, str]:
        last: dict[str, tuple[int, str]] = {}
        for row in tx.execute(query):
            if row.incident != before:  # the last by its number, because clocks are set back
                last[row.incident] = max(last.get(row.incident, (0, "")), (row.number, row.fact))
        said = ((incident, _cause(fact)) for incident, (_, fact) in last.items())
        return dict(islice(((incident, cause) for incident, cause in said if cause is not None), LATEST))

    causes = journal.database.read(work)
    return Past(of=len(causes), confirmed=dict(Counter(causes.values())))


def _cause(fact: str) -> str | None:
    """The cause that an entry confirms; nothing for one that cannot be read, which must keep nobody from judging."""
    try:
        cause = json.loads(fact)["cause"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return cause if isinstance(cause, str) else None
