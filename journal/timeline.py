"""The document of an incident, drawn from its entries alone.

`timeline` makes the view model, `as_markdown` and `as_html` render it. The document stage calls them when an incident
closes, the command line and the web page at any time before. The same entries give the same bytes. A document can be
drawn again years later, from a runbook that no longer exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict

from journal.chain import Entry
from journal.facts import (
    Act,
    Answer,
    Carried,
    Checked,
    Closed,
    Decided,
    Finding,
    HandedOff,
    Intended,
    Judged,
    Opened,
    Planned,
    Read,
    Requested,
    Standing,
    SymptomAsked,
    TaskDone,
    TaskGiven,
    Validated,
    Verdict,
)
from journal.timeline_events import HOUSE, Event, Tone, ending_tone, ending_words, event
from journal.timeline_plans import Decision, Plan, decisions, plans
from journal.wording import clock, counted, day, moment, plain, sentence, span


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Milestone(_View):
    """A stage that was reached: `after` since the opening, `took` since the milestone before."""

    name: str
    time: str
    after: str
    took: str


class Source(_View):
    """A reading, and where the question comes from."""

    probe: str
    asks: str
    source: str
    text: str
    unreadable: bool


class Timeline(_View):
    """All that the document says. `head` and `count` name the state of the record it was drawn from."""

    incident: str
    title: str
    system: str
    environment: str
    severity: str
    runbook: str
    runbook_version: str
    requested_by: str
    opened: str
    day: str
    ending: str
    ending_text: str
    tone: Tone
    lasted: str
    summary: tuple[str, ...]
    milestones: tuple[Milestone, ...]
    ranking: tuple[Verdict, ...]
    plans: tuple[Plan, ...]
    decisions: tuple[Decision, ...]
    unknown: tuple[str, ...]
    events: tuple[Event, ...]
    sources: tuple[Source, ...]
    head: str
    count: int


def timeline(entries: Sequence[Entry]) -> Timeline:
    """The view model of an incident's entries, from its opening on. Raises `ValueError` if they begin elsewhere."""
    if not entries or not isinstance(entries[0].fact, Opened):
        raise ValueError("a timeline needs all entries of one incident, from its opening on")
    first, last, opened = entries[0], entries[-1], entries[0].fact
    closing = next((entry for entry in entries if isinstance(entry.fact, Closed)), None)
    closed = closing.fact if closing is not None and isinstance(closing.fact, Closed) else None
    return Timeline(
        incident=first.incident,
        title=opened.title,
        system=opened.system,
        environment=opened.environment,
        severity=opened.severity,
        runbook=opened.runbook,
        runbook_version=opened.runbook_version,
        requested_by=opened.requested_by,
        opened=moment(first.at),
        day=day(first.at),
        ending=ending_words(closed.ending) if closed is not None else "still open",
        ending_text=sentence(closed.text) if closed is not None else f"As of {moment(last.at)}.",
        tone=ending_tone(closed.ending) if closed is not None else Tone.PERSON,
        lasted=span((closing or last).at - first.at),
        summary=tuple(_summary(entries)),
        milestones=tuple(_milestones(entries)),
        ranking=_ranking(entries),
        plans=plans(entries),
        decisions=decisions(entries),
        unknown=tuple(dict.fromkeys(_unknown(entries))),
        events=tuple(event(entry, first.at) for entry in entries),
        sources=tuple(_sources(entries)),
        head=last.hash,
        count=last.number,
    )


def as_markdown(drawn: Timeline) -> str:
    """For Prefect artifacts, chat and repositories. Text from outside cannot turn into markup."""
    return _templates(html=False).get_template("timeline.md.j2").render(t=drawn)


def as_html(drawn: Timeline) -> str:
    """One file without references to anything outside, light or dark as the reader prefers, and fit for paper."""
    return _templates(html=True).get_template("timeline.html.j2").render(t=drawn, HOUSE=HOUSE)


def _summary(entries: Sequence[Entry]) -> list[str]:
    said: list[str] = []
    symptom = next((e.fact.finding for e in entries if isinstance(e.fact, SymptomAsked)), None)
    if symptom is not None:
        said.append(sentence(f"Symptom: {symptom.sentence} ({symptom.answer.value}; {symptom.observed.rstrip('.')})"))
    ranking = _ranking(entries)
    supported = [v for v in ranking if v.standing in (Standing.SUPPORTED, Standing.CONTESTED)]
    if supported:
        said.append(sentence(f"Most likely cause: {supported[0].claim}"))
    elif ranking:
        said.append("No hypothesis was supported by the evidence.")
    titles = {e.fact.mitigation: e.fact.title for e in entries if isinstance(e.fact, Planned | TaskGiven)}
    changed = False
    for entry in entries:
        match entry.fact:
            case Carried(act=act, ok=ok):
                done = [target for target in entry.fact.results if target.done]
                verb = {Act.APPLY: "applied", Act.UNDO: "undone"}[act]
                on = f" on {counted(len(done), 'target')}" if done else ""
                what = titles.get(entry.fact.mitigation, entry.fact.mitigation)
                said.append(f"{what}: {verb}{on}." if ok else f"{what}: failed ({act.value}).")
                changed = True
            case Validated(held=held, mitigation=mitigation):
                what = titles.get(mitigation, mitigation)
                said.append(f"{what}: {'worked' if held else 'did not help'}.")
            case HandedOff(title=title):
                said.append(f"Handed off to {title}.")
            case Intended():
                changed = True
            case _:
                pass
    if not changed:
        said.append("Nothing was changed.")
    return said


def _milestones(entries: Sequence[Entry]) -> list[Milestone]:
    """The way of the change that mattered: the last one carried out, or else the last one asked for."""
    applied = [e for e in entries if isinstance(e.fact, Carried) and e.fact.act is Act.APPLY and e.fact.ok]
    asked = [e for e in entries if isinstance(e.fact, Requested | TaskGiven)]
    digest = next(
        (e.fact.digest for e in reversed(applied or asked) if isinstance(e.fact, Carried | Requested | TaskGiven)), None
    )
    reached: list[tuple[str, datetime]] = []

    def reach(name: str, found: Sequence[Entry]) -> None:
        if found:
            reached.append((name, found[0].at))

    reach("opened", entries)
    reach("first reading", [e for e in entries if isinstance(e.fact, Read)])
    reach("approval asked", [e for e in asked if isinstance(e.fact, Requested) and e.fact.digest == digest])
    reach("task given", [e for e in asked if isinstance(e.fact, TaskGiven) and e.fact.digest == digest])
    yes = [e for e in entries if isinstance(e.fact, Decided) and e.fact.approve and e.fact.digest == digest]
    reach("approved", yes[-1:])  # with a quorum, the last yes
    reach("task done", [e for e in entries if isinstance(e.fact, TaskDone) and e.fact.done and e.fact.digest == digest])
    reach("applied", [e for e in applied if isinstance(e.fact, Carried) and e.fact.digest == digest])
    reach("validated", [e for e in entries if isinstance(e.fact, Validated) and e.fact.held])
    reach("closed", [e for e in entries if isinstance(e.fact, Closed)])
    start, before = entries[0].at, entries[0].at
    milestones: list[Milestone] = []
    for name, at in reached:
        milestones.append(Milestone(name=name, time=clock(at), after=f"+{span(at - start)}", took=span(at - before)))
        before = at
    return milestones


def _ranking(entries: Sequence[Entry]) -> tuple[Verdict, ...]:
    """As judged last: a resumed run judges again."""
    return next((entry.fact.ranking for entry in reversed(entries) if isinstance(entry.fact, Judged)), ())


def _unknown(entries: Sequence[Entry]) -> list[str]:
    said: list[str] = []
    for entry in entries:
        match entry.fact:
            case Checked(checks=checks):
                said += [sentence(f"{check.name}: {check.text}") for check in checks if check.answer is Answer.UNKNOWN]
            case Read(unreadable=str(why)):
                said.append(sentence(f"{entry.fact.asks} Could not look: {why}"))
            case _:
                pass
    for verdict in _ranking(entries):
        if verdict.standing is Standing.UNDECIDED:
            said.append(sentence(f"Neither supported nor refuted: {verdict.claim}"))
        for finding in (*verdict.speaks_for, *verdict.speaks_against):
            if finding.answer is Answer.UNKNOWN:
                said.append(sentence(f"Whether {_lowered(finding)} ({finding.observed.rstrip('.')})"))
    outcomes = {(e.fact.digest, e.fact.act, e.fact.attempt) for e in entries if isinstance(e.fact, Carried)}
    for entry in entries:
        match entry.fact:
            case Intended(digest=digest, act=act, attempt=attempt) if (digest, act, attempt) not in outcomes:
                said.append(f"What became of “{entry.fact.mitigation}” ({act.value}, begun {clock(entry.at)}).")
            case _:
                pass
    return said


def _lowered(finding: Finding) -> str:
    return finding.sentence[:1].lower() + finding.sentence[1:]


def _sources(entries: Sequence[Entry]) -> list[Source]:
    return [
        Source(
            probe=entry.fact.probe,
            asks=entry.fact.asks,
            source=entry.fact.source,
            text=entry.fact.text if entry.fact.unreadable is None else f"Could not look: {entry.fact.unreadable}",
            unreadable=entry.fact.unreadable is not None,
        )
        for entry in entries
        if isinstance(entry.fact, Read) and entry.fact.phase == "gather"
    ]


def _as_plain(value: object) -> object:
    return plain(value) if isinstance(value, str) else value


@cache
def _templates(*, html: bool) -> Environment:
    return Environment(
        loader=PackageLoader("journal"),
        autoescape=html,  # noqa: S701  # Markdown is made safe by `plain`, through which every value goes
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=None if html else _as_plain,
    )
