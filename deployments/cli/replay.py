"""`codeblue replay`: what a runbook would make of a recorded incident as it is declared now. Read-only, offline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from deployments import places
from deployments.cli.incidents import named
from deployments.cli.lines import STYLES, one_line, title
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Usage
from journal.timeline_events import Tone

if TYPE_CHECKING:
    from deployments.declarations import Declaration
    from journal.facts.seen import Finding, Verdict
    from journal.store import Journal
    from tasks.replayed import Replay


def replay(incident: str, /, *, runbook: Path | None = None, options: Options = DEFAULTS) -> int:
    """Judge what an incident had read by its runbook as it is declared now, and say what would differ.

    Nothing is asked of any system and nothing is written. Exit code 0 when all is as before, 1 when something differs.

    Parameters
    ----------
    incident
        Its id, the beginning of it, or its last part.
    runbook
        A Python file that declares the same runbook otherwise; the installed one if left out.
    """
    places.before_prefect(options.place)
    with places.journal(options.place) as journal:
        entries = journal.entries(named(journal, incident))
        from deployments import replaying  # imports Prefect

        declared = _declared(journal, entries[0].incident, runbook)
        found = replaying.again(journal, entries, declared)
    options.document(found)
    if not found.symptoms and not found.judgements:
        options.hint(Text(f"{found.incident} has read nothing that could be judged."))
        return Exit.OK
    options.say(Text(_head(found), style="bold"), *(Text(line) for line in _lines(found)))
    for one in found.judgements:
        for name, before, now in one.changed():
            if sentences := list(_sentences(before, now)):
                options.say(title(f"{one_line(name)} ({one.phase})"), *(Text(line) for line in sentences))
    if found.unknown:
        options.say(title("Unknown"), *(Text(one_line(why), style=STYLES[Tone.UNKNOWN]) for why in found.unknown))
    return Exit.FINDINGS if found.differs else Exit.OK


def _declared(journal: Journal, incident: str, file: Path | None) -> Declaration:
    from deployments import declarations  # as above

    name = journal.incident(incident).runbook
    if file is None:
        return declarations.installed(name)
    declared = declarations.of_file(file)
    if declared.runbook.name != name:
        raise Usage(f"{file} declares {declared.runbook.name}, and {incident} is one of {name}; give the file of that.")
    return declared


def _head(found: Replay) -> str:
    then, now = found.version_then, found.version_now
    version = f"version {now}" if then == now else f"version {now}, then {then}"
    return f"{found.incident} by {found.runbook} ({version})"


def _lines(found: Replay) -> Iterator[str]:
    if not found.differs and found.unknown:
        yield "Nothing differs, as far as anybody can tell."
    elif found.same:
        yield "All as before, to the letter."
    elif not found.differs:
        yield "All as before; only words read otherwise."
    yield from (one_line(line) for line in found.changes())


def _sentences(before: Verdict | None, now: Verdict | None) -> Iterator[str]:
    """The sentences of a cause that are answered otherwise, or that are there now only."""
    was = _answered(before)
    for key, (speaks, finding) in _answered(now).items():
        earlier = was.get(key)
        if earlier is None:
            yield f"{speaks}: {one_line(finding.sentence)}: {finding.answer} ({one_line(finding.observed)})"
        elif earlier[1].answer is not finding.answer:
            answers = f"{earlier[1].answer} → {finding.answer}"
            yield f"{speaks}: {one_line(finding.sentence)}: {answers} ({one_line(finding.observed)})"


def _answered(verdict: Verdict | None) -> dict[tuple[str, int], tuple[str, Finding]]:
    """Sentences by their place: one whose words have changed is still the same."""
    if verdict is None:
        return {}
    sides = (("for", verdict.speaks_for), ("against", verdict.speaks_against))
    return {(speaks, place): (speaks, one) for speaks, found in sides for place, one in enumerate(found)}
