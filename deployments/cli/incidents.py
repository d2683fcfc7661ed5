"""`codeblue incidents` and `codeblue show`: what there is, and everything about one. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from deployments.cli import lines, panels, places
from deployments.cli.board import Board, board
from deployments.cli.exits import Exit, Unreachable
from deployments.cli.options import DEFAULTS, Options
from deployments.stack_home import Home
from journal.approvals import waiting
from journal.errors import AmbiguousIncident, UnknownIncident
from journal.facts.decided import Requested
from journal.incidents import Incident
from journal.store import Journal
from journal.wording import span

_RECENT = 1000
"""Incidents among which a last part is looked for."""


def incidents(
    *,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    system: str | None = None,
    limit: int = 50,
    options: Options = DEFAULTS,
) -> int:
    """List open incidents, newest first.

    Parameters
    ----------
    all_
        Closed ones as well.
    system
        Only those of this system, e.g. rung.
    limit
        At most so many; 50 if left out.
    """
    with places.journal(options.place) as journal:
        found = journal.incidents(open_only=not all_, limit=limit, system=system)
        listed = [(one, _status(journal, one)) for one in found]
        now = journal.clock()
    if options.json:
        from deployments.cli import documents  # people need not wait for the models of scripts

        lines_ = tuple(documents.IncidentLine.of(one, status) for one, status in listed)
        options.document(documents.IncidentList(incidents=lines_))
    elif not listed:
        options.hint(Text("No incidents." if all_ else "No open incidents; --all lists the closed ones."))
    else:
        options.say(_table(listed, now))
    return Exit.OK


def _table(listed: Sequence[tuple[Incident, str]], now: datetime) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("incident", no_wrap=True)
    table.add_column("status", overflow="fold")
    table.add_column("what", overflow="fold", ratio=1)
    table.add_column("where", overflow="fold")
    table.add_column("opened", justify="right", no_wrap=True)
    for one, status in listed:
        style = "bold magenta" if status.startswith("waits") else "red" if status == "Unresolved" else ""
        ago = f"{span(now - one.opened_at)} ago"
        table.add_row(one.id, Text(status, style=style), Text(lines.one_line(one.title)), one.environment, ago)
    return table


def show(incident: str, /, *, options: Options = DEFAULTS) -> int:
    """Show everything about one incident: evidence, causes, what happened, what waits and how to answer.

    Parameters
    ----------
    incident
        Its id, the beginning of it, or its last part.
    """
    with places.journal(options.place) as journal:
        seen = look(journal, incident)
    document = timeline_of(options.place, seen.incident)
    if options.json:
        from deployments.cli import documents  # as above

        options.document(documents.IncidentDocument.of(seen, str(document) if document else None))
        return Exit.OK
    options.say(*panels.whole(seen))
    waits(seen, options, ui_of(options.place))
    if document is not None:
        options.line(f"\ntimeline: {document}")
    return Exit.OK


def waits(seen: Board, options: Options, ui: str | None, *, at_most: int | None = None) -> None:
    """Print what waits for a person, and how to answer."""
    for found in seen.waiting:
        options.say(Text(), panels.asked(found, seen.plans.get(found.digest), seen.now, at_most=at_most))
        for line in panels.answering(found, ui):
            options.line(line)


def named(journal: Journal, name: str) -> str:
    """The id of the incident that a person means: by its id, the beginning of it, or its last part (`1GG5`).

    Raises UnknownIncident, AmbiguousIncident.
    """
    try:
        return journal.incident(name).id
    except UnknownIncident:
        ending = f"-{name.strip().upper()}"
        found = [one.id for one in journal.incidents(limit=_RECENT) if one.id.endswith(ending)]
        if not found:
            raise
        if len(found) > 1:
            raise AmbiguousIncident(name, tuple(found[:4])) from None
        return found[0]


def look(journal: Journal, incident: str) -> Board:
    """The board of an incident, named as `named` takes it."""
    return board(journal.entries(named(journal, incident)), journal.clock())


def timeline_of(home: Home, incident: str) -> Path | None:
    """The document that was written when the incident ended, if it is here."""
    path = home.path / "timelines" / f"{incident}.md"
    return path if path.exists() else None


def ui_of(home: Home) -> str | None:
    """Prefect's UI, if a stack is known; not asked whether it answers."""
    try:
        return places.api_url(home).removesuffix("/api")
    except Unreachable:
        return None


def _status(journal: Journal, incident: Incident) -> str:
    if incident.ending is not None:
        return incident.ending.value
    asked = waiting(journal.entries(incident.id), journal.clock())
    if not asked:
        return "in progress"
    return "waits for approval" if isinstance(asked[0].request, Requested) else "waits for a task"
