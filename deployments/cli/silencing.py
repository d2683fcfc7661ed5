"""`codeblue silence`, `silences` and `unsilence`: alerts that shall open no incident for a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from deployments import places
from deployments.cli.limits import say, window
from deployments.cli.lines import one_line
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.people import By, signed
from deployments.errors import Exit, Usage
from deployments.receiver.inbox_queries import SILENCED, set_aside
from journal import silences
from journal.chain import Entry
from journal.facts.installation import Silenced
from journal.wording import counted, moment

Why = Annotated[str, Parameter(name="--why", help="Your reason; it is in the list of silences.")]


def silence(
    name: str,
    /,
    *,
    until: Annotated[str, Parameter(name=["--to", "--until"])],
    why: Why,
    label: Annotated[tuple[str, ...], Parameter(name="--label")] = (),
    starts: Annotated[str | None, Parameter(name="--from")] = None,
    by: By = None,
    options: Options = DEFAULTS,
) -> int:
    """Let alerts open no incident for a while. They are kept, and repeats of an open incident still join it.

    Parameters
    ----------
    name
        The alert's name; '*' and '?' stand for anything.
    until
        When it ends: 2026-12-24T18:00 (UTC unless it says otherwise), or a span from its start such as 2h.
    label
        NAME=VALUE that the alert must carry, '*' and '?' as in the name; may be given several times.
    starts
        When it starts, written alike; now if left out.
    """
    begins, ends = window("silence", starts, until)
    labels = dict(_label(text) for text in label)
    with places.journal(options.place) as journal:
        said = silences.silence(journal, name, labels, starts=begins, ends=ends, by=signed(by), why=why)
    text = f"Silence {said.number}: {_what(name, labels)} opens nothing from {moment(begins)} to {moment(ends)}."
    return say(said, text, options)


def silences_(*, options: Options = DEFAULTS) -> int:
    """List the silences that hold or will, and how many alerts opened nothing, for whatever reason."""
    with places.journal(options.place) as journal:
        found = silences.silences(journal, journal.clock())
        aside = set_aside(journal)
    options.document(
        {
            "silences": [{"number": one.number, "fact": one.fact.model_dump(mode="json")} for one in found],
            "aside": {why: {"alerts": count, "last": last.isoformat()} for why, (count, last) in aside.items()},
        }
    )
    if found:
        options.say(*(_shown(one, aside) for one in found))
    else:
        options.hint(Text("No silences."))
    for why, (count, last) in sorted(aside.items()):
        options.hint(Text(f"{counted(count, 'alert')} opened nothing ({why}), the last at {moment(last)}."))
    return Exit.OK


def unsilence(number: int, /, *, why: Why, by: By = None, options: Options = DEFAULTS) -> int:
    """Lift a silence.

    Parameters
    ----------
    number
        As `codeblue silences` lists it.
    """
    with places.journal(options.place) as journal:
        said = silences.unsilence(journal, number, signed(by), why)
    return say(said, f"Silence {number} is lifted.", options)


def _shown(one: Entry, aside: Mapping[str, tuple[int, datetime]]) -> Text:
    """Lines instead of a table, which would not fit into 80 columns."""
    fact = one.fact
    assert isinstance(fact, Silenced)
    count, _ = aside.get(f"{SILENCED}:{one.number}", (0, None))
    text = Text(f"Silence {one.number}: {one_line(_what(fact.name, fact.labels))} until {moment(fact.ends)}\n")
    said = f"  {counted(count, 'alert')} opened nothing; {one_line(fact.by)}: {one_line(fact.why)}"
    return text.append(said, style="dim")


def _what(name: str, labels: Mapping[str, str]) -> str:
    return " ".join([name, *(f"{label}={value}" for label, value in sorted(labels.items()))])


def _label(text: str) -> tuple[str, str]:
    label, sign, value = text.partition("=")
    if not (label and sign):
        raise Usage(f"{text!r} is no label; write NAME=VALUE.")
    return label, value
