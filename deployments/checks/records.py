"""The house's own checks: whether the journal is as it was written, and each runbook was read again in time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from blocks.journal_store import home, journal_url
from deployments.checks import outcome
from deployments.checks.outcome import Found
from deployments.deployed import listed
from journal.store import Journal
from journal.verify import verify

ANCHOR = "anchor.json"
"""Count and head of the ledger at the last good look; in the home, apart from the journal's database."""


@flow(name="codeblue.journal", persist_result=False)
def journal_intact() -> State[Any]:
    """Look for edited, removed or reordered entries, and whether the ledger still begins as it did the last time."""
    with Journal.connect(journal_url()) as journal:
        anchor = _anchor()
        said = verify(journal, anchor=anchor)
        if said.intact:
            _keep(said.count, said.head)
            return outcome.quiet(str(said))
        found = [Found(mark=f"{one.incident}:{one.number}:{one.text}"[:300], text=one.text) for one in said.findings]
        return outcome.tell(journal, "journal", found[:50], outcome.house_notifier())


@flow(name="codeblue.reviews", persist_result=False)
def reviews() -> State[Any]:
    """Find the runbooks whose review date has passed."""
    today = datetime.now(UTC).date()
    dated = [(one.runbook, one.declaration.review_by) for one in listed()]
    found = [
        Found(mark=f"{name}:{by}", text=f"{name} was to be reviewed by {by}; read it and set the next date.")
        for name, by in dated
        if by is not None and by < today
    ]
    if found:
        with Journal.connect(journal_url()) as journal:
            return outcome.tell(journal, "reviews", found, outcome.house_notifier())
    without = sum(by is None for _, by in dated)
    return outcome.quiet(f"No review is overdue; {without} of {len(dated)} runbooks have no date.")


def _anchor() -> tuple[int, str] | None:
    try:
        kept = json.loads(_file().read_text())
        return int(kept["count"]), str(kept["head"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(count: int, head: str) -> None:
    part = _file().with_suffix(".new")
    part.write_text(json.dumps({"count": count, "head": head}))
    part.replace(_file())


def _file() -> Path:
    return home() / ANCHOR
