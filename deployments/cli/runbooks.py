"""`codeblue runbooks`: what there is to run, and what one of them takes."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table
from rich.text import Text

from deployments import deployed, places
from deployments.cli import lines
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit


def runbooks(name: str | None = None, /, *, deployments: Path | None = None, options: Options = DEFAULTS) -> int:
    """List the runbooks that can be run, or the parameters of one.

    Parameters
    ----------
    name
        One of them, e.g. shop.database_connections: its parameters are listed.
    deployments
        A list of runbooks in the form of prefect.yaml; those of the installed systems if left out.
    """
    listed = deployed.listed(deployments)
    if name is not None:
        return _one(deployed.find(name, listed), options)
    options.document({"runbooks": [{"runbook": one.runbook, "description": one.description} for one in listed]})
    for one in listed:
        options.line(one.runbook)
        if one.description:
            options.say(_under(one.description))
    options.hint(Text("\nWhat one takes: codeblue runbooks NAME. Start it: codeblue run NAME", style="dim"))
    return Exit.OK


def _one(listed: deployed.Listed, options: Options) -> int:
    places.before_prefect(options.place)
    from deployments.cli import starting  # imports Prefect and the runbook, whose form has the parameters

    found = starting.described(listed)
    parameters = {name: {"about": about, "default": default} for name, about, default in found}
    options.document({"runbook": listed.runbook, "description": listed.description, "parameters": parameters})
    options.line(listed.runbook)
    if listed.description:
        options.say(_under(listed.description))
    options.say(Text())
    for name, about, default in found:
        options.say(lines.row(lines.Tone.PLAIN, name, Text(f"{about} [{default}]")))
    options.hint(Text(f"\nStart it: codeblue run {listed.runbook} --param NAME=VALUE", style="dim"))
    return Exit.OK


def _under(words: str) -> Table:
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=1)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row("", Text(lines.one_line(words), style="dim"))
    return grid
