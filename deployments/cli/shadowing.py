"""`codeblue shadow`: a system in which all is looked at and planned, and nothing is asked or changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from deployments import places
from deployments.cli import systems
from deployments.cli.limits import say
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.people import By, signed
from journal import approvals
from journal import shadow as shadows
from journal.facts.decided import Requested
from journal.store import Journal
from journal.wording import counted


def shadow(
    system: str,
    turned: Literal["on", "off"],
    /,
    *,
    why: Annotated[str, Parameter(name="--why", help="Your reason; it is shown wherever the shadow is.")],
    by: By = None,
    deployments: Path | None = None,
    options: Options = DEFAULTS,
) -> int:
    """Let a system's incidents look and plan, and neither ask nor page anybody, nor change anything; or end that.

    What would have been done: codeblue report --shadow. While it is on, nobody is paged for incidents of the system,
    in any of its environments; status, show and doctor say so. What an incident has begun to change is seen through,
    and its people are paged. Turned off, what is open goes on as usual, and people are asked and paged for it.

    Parameters
    ----------
    system
        For example shop.
    turned
        on or off.
    deployments
        A list of runbooks in the form of prefect.yaml, which names the systems; the installed ones if left out.
    """
    with places.journal(options.place) as journal:
        if turned == "on":
            systems.known(system, journal, deployments)
        said = shadows.turn(journal, system, on=turned == "on", by=signed(by), why=why)
        count, asked = _open(journal, system)
    if turned == "off":
        text = f"Out of shadow: incidents of {system} ask and page people, and approved changes are applied."
        text += f" {counted(count, 'incident')} of it open: people may be paged at once." * bool(count)
        return say(said, text, options)
    text = f"In shadow: incidents of {system} look and plan; nobody is asked or paged, and nothing is changed."
    text += f" {counted(count, 'incident')} of it open; what has begun to be changed is seen through." * bool(count)
    text += f" {counted(asked, 'question')} already asked: a yes does not count now." * bool(asked)
    return say(said, text, options)


def _open(journal: Journal, system: str) -> tuple[int, int]:
    """How many incidents of a system are open, and how many plans of it wait for a yes."""
    ids = [one.id for one in journal.every_open() if one.system == system]
    now = journal.clock()
    waiting = [found for one in ids for found in approvals.waiting(journal.entries(one), now)]
    return len(ids), sum(isinstance(found.request, Requested) for found in waiting)
