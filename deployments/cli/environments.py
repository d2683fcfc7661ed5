"""`codeblue environments`: what is saved for runbooks to work on. Whether it works is `doctor`'s to ask."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from deployments import places
from deployments.cli import lines
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit
from deployments.stack_home import Home

REAL = 1.0
"""The pace of an environment that is no practice."""


def environments(*, options: Options = DEFAULTS) -> int:
    """List the environments that are saved, with the runbooks' system of each."""
    places.before_prefect(options.place)
    from deployments.environments import saved_environments

    with places.Prefect(options.place) as prefect:
        there = saved_environments(prefect)
        ui = prefect.ui
    found = [(one.name, one.kind.get_block_type_slug().removeprefix("codeblue-"), one.pace or REAL) for one in there]
    options.document(
        {"environments": [{"name": name, "system": system, "practice_pace": pace} for name, system, pace in found]}
    )
    if not found:
        options.hint(Text(f"None is saved; runbooks need one. Save it in Prefect: {ui}/blocks"))
        return Exit.OK
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("environment", "system", "pace"):
        table.add_column(heading, overflow="fold")
    for name, system, pace in found:
        table.add_row(lines.one_line(name), system, paced(pace))
    options.say(table)
    options.hint(Text("\nWhether they can be reached: codeblue doctor", style="dim"))
    return Exit.OK


def pace_of_saved(home: Home) -> dict[str, float]:
    """The practice pace of each saved environment that has one."""
    from deployments.environments import saved_environments

    with places.Prefect(home) as prefect:
        return {one.name: one.pace for one in saved_environments(prefect) if one.pace is not None}


def paced(pace: float) -> str:
    """What a pace means for who reads times of an incident."""
    if pace == REAL:
        return "real"
    return f"practice: waits and pages take {pace:g} of their real time"
