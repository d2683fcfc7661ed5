"""`codeblue status`: what goes on here, in a few lines. Whether everything works is `doctor`'s to ask. Read-only."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from deployments import places
from deployments.cli import lines
from deployments.cli.incidents import Line
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit
from deployments.stack_home import Home
from journal import shadow as in_shadow
from journal import switches
from journal.store import Journal
from journal.timeline_events import Tone
from journal.wording import counted, moment

_MANY = 20
"""Open incidents that are shown, those that wait for a person first; `incidents` lists them all."""


def status(*, options: Options = DEFAULTS) -> int:
    """Say what is open, who is waited for, whether changes are allowed, and what runs here.

    Exit code 3 when nothing runs here: what is open is said, and nobody works on it.
    """
    home = options.place
    with places.journal(home) as journal:
        now = journal.clock()
        open_ = [Line.of(journal, one) for one in journal.every_open()]
        changes, shadows = _changes(journal), _shadows(journal)
    runs = places.stack_of(home)
    starting, idle = places.starting(home), places.idle(home)
    receiver = places.receiver_of(home)
    waiting = [one.incident.id for one in open_ if one.waits]
    options.document(
        {
            "home": str(home.path),
            "prefect": runs,
            "starting": starting,
            "receiver": receiver,
            "changes": changes,
            "shadow": shadows,
            "open": len(open_),
            "more": len(open_) > _MANY,
            "waiting": waiting,
        }
    )
    options.say(lines.row(Tone.GOOD if runs and not starting else Tone.UNKNOWN, "stack", Text(_stack(home, runs))))
    if runs and not starting:
        takes = f"{receiver}/alerts/…" if receiver else "off: no alerts are taken here"
        options.say(lines.row(Tone.PLAIN if receiver else Tone.UNKNOWN, "receiver", Text(takes)))
    for one in changes or ["allowed: approved changes are applied"]:
        options.say(lines.row(Tone.BAD if changes else Tone.GOOD, "changes", Text(lines.one_line(one))))
    for one in shadows:
        options.say(lines.row(Tone.BAD, "shadow", Text(lines.one_line(one))))
    said = f"{len(open_):,} open; {counted(len(waiting), 'waits', 'wait')} for a person" if open_ else "none is open"
    options.say(lines.row(Tone.PERSON if waiting else Tone.PLAIN, "incidents", Text(said)), Text())
    newest = open_[::-1]
    shown = sorted(newest, key=lambda one: not one.waits)[:_MANY]
    options.say(*(one.shown(now) for one in shown))
    if left := len(open_) - len(shown):
        options.hint(Text(f"and {left:,} more: codeblue incidents --limit {len(open_)}", style="dim"))
    if waiting:
        options.hint(Text(f"\nWhat is asked and how to answer: codeblue show {waiting[0]}", style="dim"))
    return Exit.UNREACHABLE if idle else Exit.OK


def _stack(home: Home, runs: str | None) -> str:
    at = f" at {runs.removesuffix('/api')}" if runs else ""
    if places.starting(home):
        return f"begun{at}; codeblue up has not said yet that all of it is there"
    if runs is None and not places.idle(home):
        return "none here; PREFECT_API_URL names a Prefect elsewhere"
    if runs is None:
        return "does not run here. Start it: codeblue up"
    return f"runs; Prefect's UI: {runs.removesuffix('/api')}"


def _changes(journal: Journal) -> list[str]:
    """What keeps changes from being applied right now; that nobody can read it keeps them, too."""
    try:
        return list(_limits(journal))
    except ValueError:  # what an entry says; the incidents are told all the same
        return ["none is applied: whether they are stopped or frozen cannot be read; see codeblue verify"]


def _limits(journal: Journal) -> Iterator[str]:
    now = journal.clock()
    stopped = switches.stopped(journal)
    if stopped is not None:
        yield f"stopped everywhere by {stopped.by}: {stopped.why}"
    for one in switches.freezes(journal):
        if one.starts <= now:
            what = "all systems are" if one.system == switches.EVERYWHERE else f"{one.system} is"
            yield f"{what} frozen until {moment(one.ends)} by {one.by}: {one.why}"


def _shadows(journal: Journal) -> list[str]:
    """The systems of which nobody is paged, since they are in shadow."""
    try:
        found = in_shadow.shadows(journal)
    except ValueError:  # then people are paged
        return ["which systems are in shadow cannot be read, so none is; see codeblue verify"]
    return [
        f"{one.system}: nobody is asked or paged, and nothing is changed, since {moment(one.since)},"
        f" by {one.by}: {one.why}"
        for one in found
    ]
