"""Live progress: the journal's tail, shown as it grows, until the incident ends or waits for a person.

Lines are printed once and stay, so they can be scrolled, copied and logged; on a terminal one line below them says what
is going on right now. `running` and `answering` call `follow`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from rich.console import RenderableType
from rich.status import Status
from rich.text import Text

from deployments.cli import lines, panels
from deployments.cli.board import Board, board
from deployments.cli.incidents import waits
from deployments.cli.options import Options
from deployments.errors import BadNews, Exit, Unreachable
from deployments.places import Prefect
from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.decided import Planned, Requested, TaskGiven
from journal.facts.opened import Opened, TakenUp
from journal.facts.seen import Checked, Judged, Read, SymptomAsked
from journal.shadow import quiet
from journal.store import Journal
from journal.wording import span

_EVERY: Final = 0.1
_QUIET: Final = 3.0
"""Seconds without news after which Prefect is asked whether the run is still there."""
_DOCUMENT_WITHIN: Final = 10.0
"""Seconds between the closing and the document."""


def follow(
    journal: Journal,
    incident: str,
    options: Options,
    *,
    after: int = 0,
    flow_run: str | None = None,
    to_the_end: bool = False,
) -> int:
    """Show what happens after entry `after`; 1 for an incident that ends Unresolved, else 0.

    Returns at the ending, or where a person must answer (with `to_the_end` it stays). Raises BadNews when the run is
    over and the incident is not.
    """
    try:
        return _follow(journal, incident, options, after=after, flow_run=flow_run, to_the_end=to_the_end)
    except KeyboardInterrupt:
        options.hint(Text(f"{incident} goes on. Come back with: codeblue watch {incident}", style="dim"))
        raise


def _follow(
    journal: Journal, incident: str, options: Options, *, after: int, flow_run: str | None, to_the_end: bool
) -> int:
    out = options.out
    entries = list(journal.entries(incident))
    fresh = [entry for entry in entries if entry.number > after]
    status = Status("", console=out) if out.is_terminal and not options.json else None
    run = _Run(options, flow_run)
    with status or nullcontext():
        while True:
            seen = board(entries, journal.clock(), quiet(journal))
            for entry in fresh:
                _show(entry, seen, options)
            if seen.closed is not None or (seen.waiting and not to_the_end):
                break
            if fresh:
                run.heard(seen.flow_run)
            elif (broken := run.broken()) is not None:
                if not (fresh := list(journal.tail(incident, entries[-1].number))):
                    raise BadNews(f"{incident} is not closed, but {broken}")
                entries += fresh
                continue
            if status is not None:
                status.update(Text(f"{run.trouble or seen.doing} · {span(seen.now - seen.opened_at)}", style="dim"))
            time.sleep(_EVERY)
            fresh = list(journal.tail(incident, entries[-1].number))
            entries += fresh
        document = _document(seen, options)
    return _end(seen, document, options, ui=run.ui)


class _Run:
    """The flow run behind an incident, looked at only when the journal has been silent for a while."""

    def __init__(self, options: Options, flow_run: str | None) -> None:
        self._options, self._flow_run, self._since = options, flow_run, time.monotonic()
        self.trouble = ""
        try:
            self.ui = _prefect(options).ui
        except Unreachable:
            self.ui = None

    def heard(self, flow_run: str | None) -> None:
        self._since, self.trouble = time.monotonic(), ""
        self._flow_run = flow_run or self._flow_run

    def broken(self) -> str | None:
        """Why nothing more will come, if so."""
        if self._flow_run is None or time.monotonic() - self._since < _QUIET:
            return None
        self._since = time.monotonic()
        try:
            with _prefect(self._options) as prefect:
                state = prefect.state(self._flow_run)
        except Unreachable:
            self.trouble = "Prefect does not answer; the incident goes on when it is back"
            return None
        if state.over:
            return f"its run is over ({lines.one_line(str(state))}). Start it again with: codeblue run"
        waits = state.kind in {"SCHEDULED", "PENDING"}
        self.trouble = "no worker has taken the run yet; is `codeblue up` running?" if waits else ""
        return None


def _prefect(options: Options) -> Prefect:
    return Prefect(options.place, within=2.0)


def _show(entry: Entry, seen: Board, options: Options) -> None:
    if options.json:
        from deployments.cli import documents  # people need not wait for the models of scripts

        options.document(documents.EventLine.of(entry))
        return
    for shown in _lines(entry, seen):
        options.out.print(shown)


def _lines(entry: Entry, seen: Board) -> Iterator[RenderableType]:
    """What one entry adds to the page. What waits is shown at the end, with how to answer."""
    asked = {found.digest for found in seen.waiting}
    match entry.fact:
        case Opened():
            yield panels.head(entry.incident, entry.fact, entry.at)
        case TakenUp(pass_number=1) | Closed():
            pass
        case Checked(checks=found):
            yield lines.title("Can we see at all?")
            yield lines.checks(found)
            yield lines.title("Evidence")
        case Read():
            yield lines.reading(entry.fact)
        case SymptomAsked():
            yield lines.symptom(entry.fact)
        case Judged(ranking=ranking):
            yield lines.title("Causes, most likely first")
            yield lines.ranking(ranking)
            yield Text()
        case Planned() | Requested() | TaskGiven() if entry.fact.digest in asked:
            pass
        case _:
            yield lines.happening(entry, seen.opened_at)


def _document(seen: Board, options: Options) -> Path | None:
    """The document of a closed incident, once it is written; not waited for for ever."""
    if seen.closed is None:
        return None
    path = options.place.path / "timelines" / f"{seen.incident}.md"
    ago = (seen.now - (seen.closed_at or seen.now)).total_seconds()
    deadline = time.monotonic() + _DOCUMENT_WITHIN - max(ago, 0)
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(_EVERY)
    return path if path.exists() else None


def _end(seen: Board, document: Path | None, options: Options, *, ui: str | None) -> int:
    if options.json:
        from deployments.cli import documents

        options.document(documents.EndLine.of(seen, str(document) if document else None))
    waits(seen, options, ui)
    if seen.closed is not None:
        options.say(panels.ended(seen.closed, span((seen.closed_at or seen.now) - seen.opened_at)))
        where = f"timeline: {document}" if document else f"The timeline: codeblue timeline {seen.incident}"
        options.line(where)
    return Exit.OK if seen.went_well else Exit.FINDINGS
