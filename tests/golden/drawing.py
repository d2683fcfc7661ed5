"""What the told incidents look like. The documents are kept in this folder.

`draw` tells one into a fresh journal and draws its documents. After a wanted change, `python -m tests.golden` writes
them anew, to be read before they are committed.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from journal.store import Journal
from tests.golden.stories import STORIES
from tests.golden.teller import Clock, Teller

FOLDER = Path(__file__).parent
REPORT = "report"
"""The golden report, on all four."""
POST_MORTEMS = ("resolved", "unresolved")


def draw(name: str) -> dict[str, str]:
    """The documents of one story, or the report on all, by the name of their file."""
    if name == REPORT:
        return {"report.html": _report()}
    from journal import postmortem
    from journal.timeline import as_html, as_markdown, timeline

    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        with Journal.connect(f"sqlite:///{folder}/journal.db", clock=clock) as journal:
            tell = Teller(journal, clock)
            STORIES[name](tell)
            entries = journal.entries(tell.incident)
    drawn = timeline(entries)
    documents = {f"{name}.md": as_markdown(drawn), f"{name}.html": as_html(drawn)}
    if name in POST_MORTEMS:
        draft = postmortem.postmortem(entries)
        documents[f"{name}_postmortem.md"] = postmortem.as_markdown(draft)
        documents[f"{name}_postmortem.html"] = postmortem.as_html(draft)
    return documents


def _report() -> str:
    from journal.report import report
    from journal.report_page import as_html
    from journal.report_rows import rows

    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        since = clock.now
        with Journal.connect(f"sqlite:///{folder}/journal.db", clock=clock) as journal:
            for tell in STORIES.values():
                tell(Teller(journal, clock))
                clock.now += timedelta(days=2)
            found = rows(journal, since)
    return as_html(report(found, since=since, until=clock.now))
