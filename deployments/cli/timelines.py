"""`codeblue timeline`: the document of an incident, drawn from the journal at any time, closed or not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markdown import Markdown

from deployments.cli import places
from deployments.cli.exits import Exit
from deployments.cli.incidents import named
from deployments.cli.lines import clean
from deployments.cli.options import DEFAULTS, Options


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
    from journal.timeline import as_html, as_markdown, timeline

    with places.journal(options.place) as journal:
        found = named(journal, incident)
        drawn = timeline(journal.entries(found))
    folder = options.place.path / "timelines"
    folder.mkdir(exist_ok=True)
    text = as_markdown(drawn)
    path = folder / f"{found}.md"
    page = path.with_suffix(".html")
    _write(path, text)
    _write(page, as_html(drawn))
    options.document({"incident": found, "status": drawn.ending, "markdown": str(path), "html": str(page)})
    if not html and options.out.is_terminal:
        options.say(Markdown(clean(text)))
    elif not html:
        options.line(clean(text))
    options.line(f"timeline: {page if html else path}")
    if open_:
        import webbrowser

        webbrowser.open(page.as_uri())
    return Exit.OK


def _write(path: Path, text: str) -> None:
    # As `tasks.document` does, which imports Prefect: a reader never sees half a document.
    part = path.with_suffix(f"{path.suffix}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
