"""`codeblue stop`, `go`, `freeze` and `thaw`: what keeps changes from happening, set by people, kept in the journal.

What would do nothing is refused: a freeze of a system that nobody knows, a thaw of what is not frozen, a go where
nothing is stopped.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from deployments import places
from deployments.cli import systems
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.people import By, signed
from deployments.cli.spans import span_of
from deployments.errors import Exit, Usage
from journal import switches
from journal.chain import Entry
from journal.near import perhaps
from journal.wording import moment

Why = Annotated[str, Parameter(name="--why", help="Your reason; it is shown wherever a change is refused.")]


def stop(*, why: Why, by: By = None, options: Options = DEFAULTS) -> int:
    """Stop everything: no change is applied anywhere until `codeblue go`. Looking and asking go on."""
    with places.journal(options.place) as journal:
        said = switches.stop(journal, signed(by), why)
    return say(said, "Stopped: no change is applied anywhere until `codeblue go`.", options)


def go(*, why: Why, by: By = None, options: Options = DEFAULTS) -> int:
    """Allow changes again after a stop."""
    with places.journal(options.place) as journal:
        if switches.stopped(journal) is None:
            raise Usage("Nothing is stopped, so there is nothing to allow again. See: codeblue status")
        said = switches.go(journal, signed(by), why)
    return say(said, "Going: changes may be applied again.", options)


def freeze(
    system: str,
    /,
    *,
    until: Annotated[str, Parameter(name=["--to", "--until"])],
    why: Why,
    starts: Annotated[str | None, Parameter(name="--from")] = None,
    maintenance: Annotated[bool, Parameter(negative="")] = False,
    by: By = None,
    deployments: Path | None = None,
    options: Options = DEFAULTS,
) -> int:
    """Allow no change to a system between two times.

    Parameters
    ----------
    system
        For example shop; '*' for all systems.
    until
        When it ends: 2026-12-24T18:00 (UTC unless it says otherwise), or a span from its start such as 2h.
    starts
        When it starts, written alike; now if left out.
    maintenance
        The system is being worked on: its alerts open no incident either.
    deployments
        A list of runbooks in the form of prefect.yaml, which names the systems; the installed ones if left out.
    """
    begins, ends = window("freeze", starts, until)
    with places.journal(options.place) as journal:
        if system != switches.EVERYWHERE:
            systems.known(system, journal, deployments)
        said = switches.freeze(
            journal, system, starts=begins, ends=ends, by=signed(by), why=why, maintenance=maintenance
        )
    what = "all systems" if system == switches.EVERYWHERE else system
    opens = ", and no incident of it" if maintenance else ""
    return say(said, f"Frozen: no change to {what}{opens} from {moment(begins)} to {moment(ends)}.", options)


def thaw(system: str, /, *, why: Why, by: By = None, options: Options = DEFAULTS) -> int:
    """Lift all freeze windows set for a system so far.

    Parameters
    ----------
    system
        As it was given to freeze; '*' lifts those for all systems.
    """
    with places.journal(options.place) as journal:
        held = switches.freezes(journal)
        if all(window.system != system for window in held):
            there = ", ".join(sorted({window.system for window in held}))
            others = f"Frozen are: {there}." if held else "Nothing is."
            near = perhaps(system, {window.system for window in held})
            raise Usage(f"{system} is not frozen, so there is nothing to lift.{near} {others} See: codeblue freezes")
        said = switches.thaw(journal, system, signed(by), why)
        still = switches.frozen(journal, system)
    text = f"Thawed: the freeze windows of {system} are lifted."
    if still is not None:
        text += (
            f" One for all systems still holds until {moment(still.ends)}; lift it with: codeblue thaw '*' --why TEXT"
        )
    return say(said, text, options)


def window(what: str, starts: str | None, until: str) -> tuple[datetime, datetime]:
    """From when to when, as it was typed. Raises Usage for a time that is none, and for a window that never is."""
    now = datetime.now(UTC)
    begins = now if starts is None else _time(starts, now)
    ends = _time(until, begins)
    if ends <= begins:
        raise Usage(f"A {what} must end after it starts; {moment(ends)} is not after {moment(begins)}.")
    return begins, ends


def say(said: Entry, text: str, options: Options) -> int:
    """Tell what was recorded."""
    options.document({"fact": said.fact.model_dump(mode="json"), "at": said.at.isoformat(), "text": text})
    options.say(Text(text))
    return Exit.OK


def _time(given: str, since: datetime) -> datetime:
    """An instant, or a span counted from `since`."""
    if (length := span_of(given)) is not None:
        return since + length
    try:
        found = datetime.fromisoformat(given)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Usage(f"{given!r} is no time; write 2026-12-24T18:00 (UTC), or a span such as 2h.") from None
