"""`codeblue systems`: which systems are installed, and why one could not be loaded.

Commands that are given a system ask `known` first: a misspelt name must be refused, and not answered as if all were
well there.
"""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from deployments.cli import lines
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Usage
from deployments.systems import GROUP, Installed, installed
from journal.near import perhaps
from journal.store import Journal
from journal.timeline_events import Tone
from journal.wording import counted

_RECENT = 1000
"""Incidents among which a system is looked for that no runbook of the list is about."""


def systems(*, options: Options = DEFAULTS) -> int:
    """List the systems that are installed: how much each has to run, and which distribution brings it.

    Exit code 1 when one could not be loaded; the others work all the same.
    """
    found = installed()
    options.document(
        {
            "systems": [
                {
                    "system": one.name,
                    "distribution": one.distribution,
                    "about": one.system.about if one.system is not None else None,
                    "environment": one.system.environment if one.system is not None else None,
                    "runbooks": [entry.name for entry in one.runbooks],
                    "checks": [entry.name.partition(".")[2] for entry in one.checks],
                    "why": one.why or None,
                }
                for one in found
            ]
        }
    )
    for one in found:
        tone = Tone.GOOD if one.system is not None else Tone.BAD
        options.say(lines.row(tone, lines.one_line(one.name), Text(lines.one_line(_said(one)))))
    if not found:
        options.hint(Text(f"None is installed. A distribution brings one by an entry point of the group {GROUP}."))
    return Exit.FINDINGS if any(one.system is None for one in found) else Exit.OK


def _said(one: Installed) -> str:
    if one.system is None:
        return one.why
    has = f"{counted(len(one.runbooks), 'runbook')}, {counted(len(one.checks), 'check')}"
    return f"{one.system.about} {has}; of {one.distribution}."


def known(system: str, journal: Journal, file: Path | None = None) -> None:
    """Raises Usage for a system that neither a listed runbook nor a recorded incident is about.

    `file` lists the runbooks; those of the installed systems if left out.
    """
    if journal.incidents(system=system, limit=1):
        return
    from deployments import deployed  # reads YAML, which nobody waits for where the journal knows the name

    listed = {one.runbook.partition(".")[0] for one in deployed.listed(file)}
    if system in listed:
        return
    recent = journal.incidents(limit=_RECENT)
    environments = {one.environment: one.system for one in recent}
    there = sorted(listed | {one.system for one in recent})
    owner = environments.get(system) or next((one for one in there if system.startswith(f"{one}-")), None)
    if owner is not None:
        raise Usage(f"{system!r} is an environment; give its system: {owner}.")
    if (broken := next((one.why for one in installed() if one.name == system and one.why), None)) is not None:
        raise Usage(f"The system {system!r} is installed and could not be loaded: {broken}")
    raise Usage(f"There is no system {system!r}.{perhaps(system, there)} There are: {', '.join(there) or 'none'}.")
