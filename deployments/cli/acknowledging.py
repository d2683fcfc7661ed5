"""`codeblue ack`: a person takes an incident over; its escalation policy ends, a waiting plan still waits."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from deployments import places
from deployments.cli.incidents import named
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.people import By, signed
from deployments.errors import Exit
from journal import policy
from journal.facts.policy import Acknowledged
from journal.facts.words import Channel
from journal.wording import moment


def ack(
    incident: str,
    /,
    *,
    by: By = None,
    why: Annotated[str, Parameter(name="--why", help="A word for the timeline.")] = "I have it.",
    options: Options = DEFAULTS,
) -> int:
    """Take an incident over: nobody else is paged for it. Approves nothing.

    Parameters
    ----------
    incident
        Its id, the beginning of it, or its last part.
    """
    with places.journal(options.place) as journal:
        found = named(journal, incident)
        entry = policy.acknowledge(journal, found, by=signed(by), channel=Channel.CLI, why=why)
    said = entry.fact
    assert isinstance(said, Acknowledged)
    options.say(Text(f"{found} is {said.by}'s since {moment(entry.at)}; nobody else is paged for it."))
    options.document({"incident": found, "by": said.by, "at": entry.at.isoformat()})
    return Exit.OK
