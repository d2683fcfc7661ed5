"""`codeblue postmortem`: a draft with the facts filled in. A draft that somebody has edited is never overwritten."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter
from rich.markdown import Markdown

from deployments import places
from deployments.cli.incidents import named
from deployments.cli.lines import clean
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.timelines import put
from deployments.errors import Exit, Refused
from journal.chain import Entry

_DRAWN: Final = re.compile(r"\nDrawn from (\d+) entries of the journal[^\n]*\n\Z")


def postmortem(
    incident: str,
    /,
    *,
    html: Annotated[bool, Parameter(negative="")] = False,
    replace: Annotated[bool, Parameter(negative="")] = False,
    options: Options = DEFAULTS,
) -> int:
    """Draft the post-mortem of an incident: facts from the journal, marked blanks for what only people know.

    Parameters
    ----------
    incident
        Its id, the beginning of it, or its last part.
    html
        The HTML document, for printing: only its path is printed.
    replace
        Draw it anew although somebody has edited the draft; what they wrote is lost.
    """
    from journal.postmortem import as_html, as_markdown
    from journal.postmortem import postmortem as draft

    with places.journal(options.place) as journal:
        found = named(journal, incident)
        entries = journal.entries(found)
    folder = options.place.path / "postmortems"
    path = folder / f"{found}.md"
    if not replace and _edited(path, entries):
        raise Refused(f"Somebody has edited {path}; move it away, or draw it anew and lose that with --replace.")
    made = draft(entries)
    text, page = as_markdown(made), path.with_suffix(".html")
    put(path, text)
    if html or options.json:
        put(page, as_html(made))
    options.document({"incident": found, "status": made.t.ending, "markdown": str(path), "html": str(page)})
    if not html and options.out.is_terminal:
        options.say(Markdown(clean(text)))
    elif not html:
        options.line(clean(text))
    options.line(f"post-mortem: {page if html else path}")
    return Exit.OK


def _edited(path: Path, entries: Sequence[Entry]) -> bool:
    """Whether the draft is no longer what the journal gave when it was drawn; the journal may have moved on since."""
    from journal.postmortem import as_markdown, postmortem

    if not path.exists():
        return False
    text = path.read_text(encoding="utf-8")
    drawn = _DRAWN.search(text)
    if drawn is None or not 0 < int(drawn[1]) <= len(entries):
        return True
    return text != as_markdown(postmortem(entries[: int(drawn[1])]))
