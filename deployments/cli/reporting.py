"""`codeblue report`: what happened in a period, over all incidents. Read-only, and quick on a large journal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from textwrap import wrap
from typing import Annotated, Final

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from deployments import places
from deployments.cli import systems
from deployments.cli.lines import one_line, title
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.shadow_report import tell_shadow
from deployments.cli.spans import since as moment_since
from deployments.errors import Exit, Usage
from journal.durations import WELL
from journal.facts.words import Ending
from journal.report import Group, Pages, Report, Spread
from journal.wording import counted, day, span_of_seconds

_TIED: Final = "\N{NO-BREAK SPACE}"


def report(
    system: str | None = None,
    *,
    since: str = "90d",
    csv: Annotated[bool, Parameter(negative="")] = False,
    html: Annotated[bool, Parameter(negative="")] = False,
    shadow: Annotated[bool, Parameter(negative="")] = False,
    options: Options = DEFAULTS,
) -> int:
    """Incidents by system, runbook and cause, how long they took, which fixes helped, and who was paged.

    Parameters
    ----------
    system
        Only those of this system, e.g. shop.
    since
        A span back from now (90d, 12h), or a date such as 2026-01-31; 90d if left out.
    csv
        Print a line of CSV for each incident instead, for your own sums.
    html
        Write a page with charts; only its path is printed.
    shadow
        Only what was in shadow: what would have been done, and whether the symptom ended by itself.
    """
    from journal import report as reports
    from journal.report_rows import rows

    with places.journal(options.place) as journal:
        if system is not None:
            systems.known(system, journal)
        until = journal.clock()
        begin = moment_since(since, until)
        if shadow:
            if csv or html:
                raise Usage("--shadow prints lines or --json, and neither --csv nor --html.")
            return tell_shadow(journal, begin, system, options)
        found = rows(journal, begin, system=system)
    if bad := [one.incident for one in found if one.unreadable]:
        which = ", ".join(bad[:5]) + (" …" if bad[5:] else "")
        options.hint(Text(f"Of {which} not all can be read, so some of it is missing here; see codeblue verify."))
    if csv:
        from journal.report_page import as_csv

        sys.stdout.write(as_csv(found))
        sys.stdout.flush()
        return Exit.OK
    made = reports.report(found, since=begin, until=until, system=system)
    page = str(_page(made, options)) if html else None
    options.document({**made.model_dump(mode="json"), "html": page})
    if page is not None:
        options.line(f"report: {page}")
    elif made.whole.incidents:
        _show(made, options)
    else:
        options.hint(Text(f"No incidents since {day(begin)}."))
    return Exit.OK


def _page(made: Report, options: Options) -> str:
    from deployments.cli.timelines import put
    from journal.report_page import as_html

    folder = options.place.path / "reports"
    path = folder / f"{made.system or 'all'}-{made.since:%Y%m%d}-{made.until:%Y%m%d}.html"
    put(path, as_html(made))
    return str(path)


def _show(made: Report, options: Options) -> None:
    whole = made.whole
    parts = [f"{ending.value}{_TIED}{count}" for ending, count in whole.endings.items()]
    parts += [f"open{_TIED}{whole.open}"] * bool(whole.open)
    said = f"{counted(whole.incidents, 'incident')} since {day(made.since)}: {', '.join(parts)}"
    width = options.out.width
    options.say(Text(_unbroken(said, width), style="bold"))
    options.say(Text("Times are median / ninetieth percentile, from the opening.", style="dim"))
    for name, groups in (("System", made.systems), ("Runbook", made.runbooks), ("Cause", made.causes)):
        options.say(title(name), *(_group(one, width) for one in groups))
    if made.fixes:
        options.say(Text(), _fixes(made))
    options.say(title("Verdicts"))
    options.say(*(Text(line) for line in _verdicts(made)))
    if made.pages:
        options.say(title("Pages"), *(_pages(one) for one in made.pages))


def _group(one: Group, width: int) -> Text:
    """Three lines: seven columns would not fit into eighty."""
    well = sum(one.endings.get(ending, 0) for ending in WELL)
    badly = one.endings.get(Ending.UNRESOLVED, 0)
    text = Text(f"{one_line(one.name)}\n", overflow="fold")
    text.append(f"  {counted(one.incidents, 'incident')}, {well} resolved, ")
    text.append(f"{badly} unresolved\n", style="red" if badly else "")
    spans = (("acknowledged", one.acknowledge), ("mitigated", one.mitigate), ("resolved", one.resolve))
    said = "; ".join(f"{name} {_spread(spread)}".replace(" ", _TIED) for name, spread in spans)
    return text.append(_unbroken(said, width, indent="  "), style="dim")


def _unbroken(text: str, width: int, indent: str = "") -> str:
    """The text in lines, broken between figures and never within one: `_TIED` becomes a blank that did not break."""
    lines = wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(_TIED, " ")


def _fixes(made: Report) -> Table:
    table = _table("Fix", "validated", "did not help")
    for fix in made.fixes:
        style = "red" if fix.not_validated else ""
        table.add_row(f"{fix.runbook}: {fix.name}", str(fix.validated), Text(str(fix.not_validated), style=style))
    return table


def _pages(one: Pages) -> Text:
    said = Text(f"{one_line(one.level)}: {one.told}")
    return said.append(f", and {one.nobody} that reached nobody", style="red") if one.nobody else said


def _verdicts(made: Report) -> Iterator[str]:
    said = made.confirmations
    if not said.confirmed:
        yield "Nobody has confirmed a cause. Say what it was: codeblue confirm INCIDENT --cause NAME"
        return
    yield f"{said.agreed} of {said.confirmed} agree with the cause that a person confirmed."
    for runbook, likely, confirmed, times in said.mistaken:
        yield f"{runbook}: the verdict was {likely}, the cause was {confirmed}, {counted(times, 'time')}"


def _table(name: str, *headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(name, overflow="fold", ratio=1, header_style="bold")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=False)
    return table


def _spread(spread: Spread | None) -> str:
    return f"{span_of_seconds(spread.median)} / {span_of_seconds(spread.p90)}" if spread is not None else "-"
