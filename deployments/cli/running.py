"""`codeblue run` and `codeblue watch`: start a runbook by hand, and see an incident move."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from deployments import deployed, places
from deployments.cli.following import follow
from deployments.cli.incidents import named
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.people import By, starter
from deployments.errors import Exit


def run(
    runbook: str,
    /,
    *,
    param: tuple[str, ...] = (),
    environment: str | None = None,
    by: By = None,
    watch: bool = True,
    to_the_end: Annotated[bool, Parameter(negative="")] = False,
    deployments: Path | None = None,
    options: Options = DEFAULTS,
) -> int:
    """Start a runbook by hand. If the same problem is open already, its incident is joined.

    Parameters
    ----------
    runbook
        Its name, e.g. shop.database_connections, or the last part of it.
    param
        A parameter as key=value; may be given several times. Spans as 90s, 10m or 2h.
    environment
        The saved environment to work on; the runbook's own default if left out.
    watch
        Show what happens, until the incident ends or waits for a person.
    to_the_end
        Keep watching while a person is waited for.
    deployments
        A list of runbooks in the form of prefect.yaml; those of the installed systems if left out.
    """
    opened: list[str] = []
    with _telling(opened, options):
        listed = deployed.find(runbook, deployed.listed(deployments))
        places.before_prefect(options.place)
        from deployments.cli import starting  # a misspelt name is told without waiting for Prefect's import

        params = starting.checked(listed, param, environment)
        with places.journal(options.place) as journal:
            made = starting.start(options.place, journal, listed, params, starter(by), opened=opened.append)
    if not made.started:
        options.hint(Text(f"This problem is being handled already, in {made.incident}.", style="yellow"))
    if watch:
        with places.journal(options.place) as journal:
            return follow(journal, made.incident, options, flow_run=str(made.flow_run), to_the_end=to_the_end)
    options.document({"incident": made.incident, "flow_run": str(made.flow_run), "started": made.started})
    options.say(Text(made.incident))
    return Exit.OK


@contextmanager
def _telling(opened: list[str], options: Options) -> Generator[None]:
    """Ctrl-C in here leaves a person who wants to know whether anything was started."""
    try:
        yield
    except KeyboardInterrupt:
        options.hint(Text(interrupted(opened), style="yellow"))
        raise


def interrupted(opened: list[str]) -> str:
    """What became of a run that was interrupted before it could be watched."""
    if not opened:
        return "Interrupted before anything was opened: nothing was started."
    incident = opened[-1]
    return (
        f"{incident} is open; whether its run was created before the interruption is not known."
        f" See: codeblue show {incident}. The same command again joins it and starts its run if there is none."
    )


def watch(
    incident: str,
    /,
    *,
    to_the_end: Annotated[bool, Parameter(negative="")] = False,
    options: Options = DEFAULTS,
) -> int:
    """Watch an incident from its beginning, until it ends or waits for a person.

    Parameters
    ----------
    incident
        Its id, the beginning of it, or its last part.
    to_the_end
        Keep watching while a person is waited for.
    """
    with places.journal(options.place) as journal:
        return follow(journal, named(journal, incident), options, to_the_end=to_the_end)
