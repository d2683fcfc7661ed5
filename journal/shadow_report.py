"""What the incidents of a period would have done that ended in shadow, and whether each ended by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.decided import Planned
from journal.facts.opened import Opened
from journal.facts.seen import SymptomAsked
from journal.facts.shadow import Shadowed, Would
from journal.facts.words import Answer, Ending
from journal.shadow import shadowed
from journal.store import Journal


class Shade(BaseModel):
    """One incident in shadow. `by_itself`: whether the symptom ended so, as far as anybody saw before it was closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    incident: str
    system: str
    environment: str
    runbook: str
    title: str
    opened_at: datetime
    ending: Ending | None
    would: Would
    mitigation: str
    named: str
    plan: str
    targets: tuple[str, ...]
    form: str
    by_itself: Answer


class Shades(BaseModel):
    """All of them; `unread` are those of which an entry cannot be read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: datetime
    system: str | None
    incidents: tuple[Shade, ...]
    unread: tuple[str, ...]


def shades(journal: Journal, since: datetime, *, system: str | None = None) -> Shades:
    """The incidents that were opened since then and came into shadow, oldest first. One whose shadow ended is none."""
    unread: list[str] = []
    marks = journal.of_kind("shadowed", since=since, system=system, unreadable=lambda one, _: unread.append(one))
    found = list(_each(journal, dict.fromkeys(entry.incident for entry in marks), unread))
    return Shades(
        since=since,
        system=system,
        incidents=tuple(sorted((one for one in found if one.opened_at >= since), key=lambda one: one.opened_at)),
        unread=tuple(dict.fromkeys(unread)),
    )


def _each(journal: Journal, incidents: dict[str, None], unread: list[str]) -> Iterator[Shade]:
    for incident in incidents:
        try:
            entries = journal.entries(incident)
        except ValueError:  # what one entry says must not cost the report
            unread.append(incident)
            continue
        if (said := shadowed(entries)) is not None:
            yield shade(entries, said)


def shade(entries: Sequence[Entry], said: Shadowed) -> Shade:
    """One incident, from its entries."""
    opened = entries[0].fact
    assert isinstance(opened, Opened)
    planned = next((e.fact for e in entries if isinstance(e.fact, Planned) and e.fact.digest == said.digest), None)
    closed = next((e.fact for e in entries if isinstance(e.fact, Closed)), None)
    return Shade(
        incident=entries[0].incident,
        system=opened.system,
        environment=opened.environment,
        runbook=opened.runbook,
        title=opened.title,
        opened_at=entries[0].at,
        ending=closed.ending if closed is not None else None,
        would=said.would,
        mitigation=said.mitigation,
        named=said.title,
        plan=said.digest,
        targets=tuple(f"{one.name}: {one.before} → {one.after}" for one in planned.targets) if planned else (),
        form=said.text,
        by_itself=_by_itself(entries, closed),
    )


def _by_itself(entries: Sequence[Entry], closed: Closed | None) -> Answer:
    if closed is not None and closed.ending is Ending.RECOVERED:
        return Answer.YES
    asked = [e.fact.finding.answer for e in entries if isinstance(e.fact, SymptomAsked)]
    return Answer.NO if closed is not None and asked and asked[-1] is Answer.YES else Answer.UNKNOWN
