"""`codeblue environments`: what is saved for runbooks to work on. Whether it works is `doctor`'s to ask."""

from __future__ import annotations

from typing import Any

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
        kinds = saved_environments(prefect)
        paces = pace_of(prefect)
        ui = prefect.ui
    found = [(name, kind.get_block_type_slug().removeprefix("codeblue-")) for name, kind in sorted(kinds.items())]
    options.document(
        {
            "environments": [
                {"name": name, "system": system, "practice_pace": paces.get(name, REAL)} for name, system in found
            ]
        }
    )
    if not found:
        options.hint(Text(f"None is saved; runbooks need one. Save it in Prefect: {ui}/blocks"))
        return Exit.OK
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("environment", "system", "pace"):
        table.add_column(heading, overflow="fold")
    for name, system in found:
        table.add_row(lines.one_line(name), system, paced(paces.get(name, REAL)))
    options.say(table)
    options.hint(Text("\nWhether they can be reached: codeblue doctor", style="dim"))
    return Exit.OK


def pace_of(prefect: places.Prefect) -> dict[str, float]:
    """The practice pace of each saved block that has one; its other values are not looked at."""
    found: list[dict[str, Any]] = prefect.post("/block_documents/filter", {"include_secrets": False})
    return {
        document["name"]: float(document["data"]["practice_pace"])
        for document in found
        if isinstance(document["data"].get("practice_pace"), int | float)
    }


def pace_of_saved(home: Home) -> dict[str, float]:
    """The same, asked of the Prefect of that home."""
    with places.Prefect(home) as prefect:
        return pace_of(prefect)


def paced(pace: float) -> str:
    """What a pace means for who reads times of an incident."""
    if pace == REAL:
        return "real"
    return f"practice: waits and pages take {pace:g} of their real time"
