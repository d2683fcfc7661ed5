"""`codeblue backtest`: what the runbooks, as they are declared now, would have made of a period. Read-only, offline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from deployments import places
from deployments.cli import systems
from deployments.cli.lines import STYLES, one_line, title
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.spans import since as moment_since
from deployments.errors import Exit
from journal.timeline_events import Tone
from journal.wording import counted, day

if TYPE_CHECKING:
    from tasks.backtest import Backtest, Compared

NAMED = 5
"""Incidents that are named for one reason; a probe with a new name is one of all of them."""


def backtest(
    system: str,
    /,
    *,
    since: Annotated[str, Parameter(help="A span back from now (90d), or a date; 90d if left out.")] = "90d",
    runbook: Path | None = None,
    options: Options = DEFAULTS,
) -> int:
    """Judge all incidents of a system anew, and hold both judgements against the causes that people confirmed.

    Nothing is asked of any system and nothing is written. Exit code 0 when all is as before, 1 when an incident would
    be judged otherwise, or cannot be judged.

    Parameters
    ----------
    system
        For example shop.
    runbook
        A Python file that declares one runbook otherwise: only the incidents of that one are judged, by it.
    """
    places.before_prefect(options.place)
    with places.journal(options.place) as journal:
        systems.known(system, journal)
        from deployments import replaying  # imports Prefect

        found = replaying.backtest(journal, system, moment_since(since, journal.clock()), runbook)
    options.document(found)
    if not found.incidents and not found.not_judged:
        options.hint(Text(f"No incidents of {found.runbook or found.system} since {day(found.since)}."))
        return Exit.OK
    options.say(Text(_head(found), style="bold"), *(Text(line) for line in _sum(found)))
    for one in found.incidents:
        if one.differs:
            options.say(title(f"{one.incident} {one_line(one.runbook)}"), *(Text(line) for line in _changes(one)))
    if lines := list(_unknown(found)):
        options.say(title("Unknown"), *(Text(line, style=STYLES[Tone.UNKNOWN]) for line in lines))
    return Exit.FINDINGS if found.changed or found.not_judged else Exit.OK


def _head(found: Backtest) -> str:
    judged, since = f"{counted(len(found.incidents), 'incident')} of {found.runbook or found.system}", day(found.since)
    return f"{judged} since {since}: {len(found.changed)} judged otherwise"


def _sum(found: Backtest) -> Iterator[str]:
    if not found.confirmed:
        yield "Nobody has confirmed a cause, so nobody can tell which judgement is right."
        return
    untold = f", and of {found.untold_now} nobody can tell" if found.untold_now else ""
    causes = counted(found.confirmed, "confirmed cause")
    yield f"Of {causes}: {found.right_before} right before, {found.right_now} now{untold}."


def _changes(one: Compared) -> Iterator[str]:
    yield from (one_line(line) for line in one.changes)
    if one.confirmed is not None:
        before, now = (one.confirmed == said for said in (one.likely_before, one.likely_now))
        wrong = "not known" if one.unknown else "wrong"
        said = f"{'right' if before else 'wrong'} before, {'right' if now else wrong} now"
        yield f"confirmed: {one_line(one.confirmed)}; {said}"


def _unknown(found: Backtest) -> Iterator[str]:
    """Each reason once, with the incidents that it holds for."""
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for one in found.not_judged:
        by_reason[one.why].append(one.incident)
    for compared in found.incidents:
        for why in compared.unknown:
            by_reason[why].append(compared.incident)
    for why, incidents in by_reason.items():
        more = f" and {len(incidents) - NAMED} more" if len(incidents) > NAMED else ""
        yield f"{one_line(why)} {', '.join(incidents[:NAMED])}{more}"
