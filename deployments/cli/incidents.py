"""`codeblue incidents` and `codeblue show`: what there is, and everything about one. Read-only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deployments import places
from deployments.cli import lines, panels, systems
from deployments.cli.board import Board, board, in_words
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Unreachable
from deployments.stack_home import Home
from journal.approvals import waiting
from journal.chain import Entry
from journal.errors import AmbiguousIncident, BeginningGone, UnknownIncident
from journal.facts.opened import Opened
from journal.incidents import Incident
from journal.shadow import quiet, unpaged
from journal.store import Journal
from journal.under_way import open_act, told
from journal.waits import open_wait
from journal.wording import span

UNREADABLE = "cannot be read; see codeblue verify"
"""The status of an incident that holds an entry which cannot be read."""


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
        Only those of this system, e.g. shop.
    limit
        At most so many; 50 if left out.
    """
    with places.journal(options.place) as journal:
        if system is not None:
            systems.known(system, journal)
        found = journal.incidents(open_only=not all_, limit=limit, system=system)
        silent = quiet(journal)
        listed = [Line.of(journal, one, silent) for one in found]
        more = journal.count(open_only=not all_, system=system) - len(found)
        now = journal.clock()
    if options.json:
        from deployments.cli import documents  # people need not wait for the models of scripts

        lines_ = tuple(
            documents.IncidentLine.of(one.incident, one.status, one.alert, shadow=one.shadow, under_way=one.under_way)
            for one in listed
        )
        said = documents.IncidentList(incidents=lines_, more=more)
        options.document(said.model_dump(mode="json", exclude_defaults=True))
    elif not listed:
        options.hint(Text("No incidents." if all_ else "No open incidents; --all lists the closed ones."))
    else:
        options.say(*(one.shown(now) for one in listed))
        if more:
            options.hint(Text(f"and {more:,} older; all of them: --limit {len(found) + more}", style="dim"))
    return Exit.OK


@dataclass(frozen=True, kw_only=True)
class Line:
    """An incident in a list: how it stands, and the alert that opened it, which tells two of one runbook apart."""

    incident: Incident
    status: str
    alert: str | None
    shadow: bool = False
    """Whether nobody is asked or paged for it, or was."""
    under_way: str | None = None
    """The act that goes on in its target now, since when and how far."""

    @classmethod
    def of(cls, journal: Journal, incident: Incident, silent: Collection[str] = ()) -> Line:
        """As it stands; one whose entries cannot be read says so, and the others are listed all the same."""
        with suppress(ValueError, BeginningGone):  # also for what is no time, and for an ending that nobody knows
            entries = journal.entries(incident.id)
            if entries and isinstance(opened := entries[0].fact, Opened):
                return cls._of(incident, opened, entries, journal.clock(), unpaged(entries, silent))
        return cls(incident=incident, status=UNREADABLE, alert=None)

    @classmethod
    def _of(  # what a line is made of
        cls, incident: Incident, opened: Opened, entries: Sequence[Entry], now: datetime, shadow: bool
    ) -> Line:
        if incident.closed_at is not None and incident.ending is None:
            raise ValueError
        status = incident.ending.value if incident.ending is not None else _status(entries, now)
        act = told(entries, now)
        return cls(incident=incident, status=status, alert=alert_of(opened), shadow=shadow, under_way=act)

    @property
    def waits(self) -> bool:
        """Whether a person must answer."""
        return self.status.startswith("waits")

    def shown(self, now: datetime) -> RenderableType:
        """Two lines: a table of everything would not fit into 80 columns."""
        one = self.incident
        style = "bold magenta" if self.waits else "red" if self.status == "Unresolved" else ""
        head = Table.grid(padding=(0, 2), expand=True)
        head.add_column(no_wrap=True)
        head.add_column(ratio=1, overflow="fold")
        head.add_column(justify="right", overflow="fold")
        status = f"{self.status} · in shadow" if self.shadow else self.status
        head.add_row(Text(one.id, style="bold"), Text(status, style=style), f"{span(now - one.opened_at)} ago")
        about = f"{lines.one_line(one.title)} in {lines.one_line(one.environment)}"
        about += f"; alert: {lines.one_line(self.alert)}" if self.alert else ""
        about += f"; {lines.one_line(self.under_way)}" if self.under_way else ""
        return Group(head, Padding(Text(about, style="dim", overflow="fold"), (0, 0, 0, 2)))


def alert_of(opened: Opened) -> str | None:
    """The name of the alert that opened it; nothing for one that a person or another runbook started."""
    name = (opened.alert or {}).get("name")
    return str(name) if name else None


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


def waits(seen: Board, options: Options, ui: str | None) -> None:
    """Print what waits for a person, and how to answer."""
    for found in seen.waiting:
        options.say(Text(), panels.asked(found, seen.plans.get(found.digest), seen.now, seen.before))
        for line in panels.answering(found, ui):
            options.line(line)


def named(journal: Journal, name: str) -> str:
    """The id of the incident that a person means: by its id, the beginning of it, or its last part (`1GG5`).

    Raises UnknownIncident, AmbiguousIncident.
    """
    try:
        return journal.incident(name).id
    except UnknownIncident:
        match journal.ending_in(f"-{name.strip().upper()}"):
            case []:
                raise
            case [one]:
                return one
            case several:
                raise AmbiguousIncident(name, several) from None


def look(journal: Journal, incident: str) -> Board:
    """The board of an incident, named as `named` takes it."""
    return board(journal.entries(named(journal, incident)), journal.clock(), quiet(journal))


def timeline_of(home: Home, incident: str) -> Path | None:
    """The document that was written when the incident ended, if it is here."""
    path = home.path / "timelines" / f"{incident}.md"
    return path if path.exists() else None


def ui_of(home: Home) -> str | None:
    """Prefect's UI, if a stack is known; not asked whether it answers."""
    try:
        return places.ui_url(home)
    except Unreachable:
        return None


def _status(entries: Sequence[Entry], now: datetime) -> str:
    return in_words(waiting(entries, now), open_wait(entries), under_way=open_act(entries) is not None)
