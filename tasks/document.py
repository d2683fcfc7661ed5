"""Write the incident up, from the journal and nothing else."""

from __future__ import annotations

from pathlib import Path

from blocks.journal_store import home
from journal.store import Journal
from journal.timeline import as_html, as_markdown, timeline
from tasks.case import Case, E, P
from tasks.engine import engine
from tasks.step import step


def document(case: Case[E, P]) -> Path:
    """The timeline as Markdown, as a page and as an artifact of the flow run; the path of the Markdown."""

    def write() -> Path:
        path = write_timeline(case.journal, case.incident, page=engine().draws(case.runbook.name))
        engine().show(
            key=f"{case.incident.lower()}-timeline",
            markdown=path.read_text(encoding="utf-8"),
            description=f"Timeline of {case.incident}",
        )
        return path

    return step("document", write, shown="Write the timeline")()


def write_timeline(journal: Journal, incident: str, *, page: bool = True) -> Path:
    """Write the timeline anew, and draw its `page`. Safe to repeat: the same entries give the same bytes."""
    folder = home() / "timelines"
    folder.mkdir(parents=True, exist_ok=True)
    drawn = timeline(journal.entries(incident))
    path = folder / f"{incident}.md"
    texts = {path: as_markdown(drawn), **({path.with_suffix(".html"): as_html(drawn)} if page else {})}
    for target, text in texts.items():
        part = target.with_suffix(target.suffix + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(target)  # a reader never sees half a document
    return path
