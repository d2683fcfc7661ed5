"""Which systems there are: a misspelt name must be refused, and not answered as if all were well there."""

from __future__ import annotations

import difflib
from pathlib import Path

from deployments.errors import Usage
from journal.store import Journal

_RECENT = 1000
"""Incidents among which a system is looked for that no runbook of the list is about."""


def known(system: str, journal: Journal, file: Path | None = None) -> None:
    """Raises Usage for a system that neither a listed runbook nor a recorded incident is about.

    `file` lists the runbooks; the project's own list if left out.
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
    near = difflib.get_close_matches(system, there, n=1)
    perhaps = f" Perhaps {near[0]!r}?" if near else ""
    raise Usage(f"There is no system {system!r}.{perhaps} There are: {', '.join(there)}.")
