"""`codeblue timeline`: the document of an incident, drawn from the journal at any time, closed or not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markdown import Markdown

from deployments import places
from deployments.cli.incidents import named
from deployments.cli.lines import clean
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit
from deployments.private_files import unshared
from deployments.stack_home import Home
from journal.store import Journal


def timeline_(
    incident: str,
    /,
    *,
    html: Annotated[bool, Parameter(negative="")] = False,
    open_: Annotated[bool, Parameter(name="--open", negative="")] = False,
    options: Options = DEFAULTS,
) -> int:
    """Print the timeline of an incident: rendered on a terminal, as Markdown otherwise; its path is the last line.

    Parameters
    ----------
    incident
        Its id, the beginning of it, or its last part.
    html
        The HTML document: only its path is printed.
    open_
        Show the HTML document in a browser.
    """
    from journal.timeline import timeline

    with places.journal(options.place) as journal:
        found = named(journal, incident)
        status = timeline(journal.entries(found)).ending
        path = write(options.place, journal, found, html=html or open_ or options.json)
    page, text = path.with_suffix(".html"), path.read_text(encoding="utf-8")
    options.document({"incident": found, "status": status, "markdown": str(path), "html": str(page)})
    if not html and options.out.is_terminal:
        options.say(Markdown(clean(text)))
    elif not html:
        options.line(clean(text))
    options.line(f"timeline: {page if html else path}")
    if open_:
        import webbrowser

        webbrowser.open(page.as_uri())
    return Exit.OK


def write(home: Home, journal: Journal, incident: str, *, html: bool = True) -> Path:
    """Draw the documents of an incident anew; the path of the Markdown, beside which the HTML is.

    Without `html` only the Markdown is drawn: the charts of the other need a second more.
    """
    from journal.timeline import as_html, as_markdown, timeline

    drawn = timeline(journal.entries(incident))
    path = home.path / "timelines" / f"{incident}.md"
    put(path, as_markdown(drawn))
    if html:
        put(path.with_suffix(".html"), as_html(drawn))
    return path


def put(path: Path, text: str) -> None:
    """Write a document so that a reader never sees half of it; as `tasks.document` does, which imports Prefect."""
    part = path.with_suffix(f"{path.suffix}.part")
    with unshared():  # it lies in the home, and says what incidents say
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
