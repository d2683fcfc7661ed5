"""The installation's own checks: whether the journal is as it was written, and each runbook was read again in time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from blocks.journal_store import home, journal_url
from deployments.checks import outcome
from deployments.checks.outcome import Found
from deployments.deployed import listed
from deployments.installation_notifier import installation_notifier
from journal import anchor
from journal.store import Journal
from journal.verify import verify


@flow(name="codeblue.journal", persist_result=False)
def journal_intact() -> State[Any]:
    """Look for edited, removed or reordered entries, and whether the ledger still begins as it did the last time."""
    with Journal.connect(journal_url()) as journal:
        said = verify(journal, anchor=anchor.kept(home()))
        if said.intact:
            anchor.keep(home(), said.count, said.head)
        if not said.findings:  # an empty journal is said, but a new one is no reason to wake anybody
            return outcome.quiet(str(said))
        found = [Found(mark=f"{one.incident}:{one.number}:{one.text}"[:300], text=one.text) for one in said.findings]
        return outcome.tell(journal, "journal", found[:50], installation_notifier())


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
            return outcome.tell(journal, "reviews", found, installation_notifier())
    without = sum(by is None for _, by in dated)
    return outcome.quiet(f"No review is overdue; {without} of {len(dated)} runbooks have no date.")
