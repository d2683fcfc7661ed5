"""`codeblue confirm`: what a person found to be the true cause, for the record and for the next incident's ranking."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from deployments import places
from deployments.cli.incidents import named
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.people import By, is_account, signed
from deployments.cli.timelines import write
from deployments.errors import Exit
from journal.confirming import confirm as record
from journal.errors import UnknownCause
from journal.facts.closed import Confirmed
from journal.store import Journal

Why = Annotated[str, Parameter(name="--why", help="How you know; for other, what it was.")]


def confirm(incident: str, /, *, cause: str, by: By = None, why: Why = "", options: Options = DEFAULTS) -> int:
    """Say what the true cause of an incident was. May come at any time, also after its end; the last word counts.

    What is confirmed moves the priors of the same runbook a little; $CODEBLUE_LEARNING=off switches that off.

    Parameters
    ----------
    incident
        Its id, the beginning of it, or its last part.
    cause
        The name of one of its hypotheses, or other.
    """
    with places.journal(options.place) as journal:
        found = named(journal, incident)
        said = _record(journal, found, cause, signed(by), why)
        document = write(options.place, journal, found)
    text = f"{found}: {said.claim.rstrip('.')} ({said.cause}), confirmed by {said.by}."
    options.document({"incident": found, "cause": said.cause, "by": said.by, "text": text, "markdown": str(document)})
    options.say(Text(text))
    options.line(f"timeline: {document}")
    return Exit.OK


def _record(journal: Journal, incident: str, cause: str, by: str, why: str) -> Confirmed:
    proven = is_account(by)
    try:
        entry = record(journal, incident, cause, by=by, why=why, identity_proven=proven)
    except UnknownCause as unknown:
        if len(unknown.known) > 1:
            raise
        # It ended before anything was judged: its runbook still knows the names. Imports flows, so it takes a moment.
        from deployments.deployed import listed

        runbook = journal.incident(incident).runbook
        claims = {
            hypothesis.name: hypothesis.claim
            for one in listed()
            if one.runbook == runbook
            for hypothesis in one.declaration.hypotheses
        }
        entry = record(journal, incident, cause, by=by, why=why, identity_proven=proven, claims=claims)
    assert isinstance(entry.fact, Confirmed)
    return entry.fact
