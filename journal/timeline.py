"""The document of an incident, drawn from its entries alone.

`timeline` makes the view model, `as_markdown` and `as_html` render it. The document stage calls them when an incident
closes, the command line at any time before and after. The same entries give the same bytes. A document can be drawn
again years later, from a runbook that no longer exists.

Every line names the number of the entry behind it, and in HTML links to it. Only `as_html` needs `journal.charts`, and
with it matplotlib, which takes most of a second to import; the view model and Markdown do without.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict

from journal.chain import Entry
from journal.durations import durations
from journal.facts.closed import Closed, Confirmed, HandedOff, Notified
from journal.facts.decided import Decided, Requested, TaskDone, TaskGiven
from journal.facts.done import Carried, UnderWay, Validated
from journal.facts.opened import Opened, TakenUp
from journal.facts.policy import Acknowledged, Escalated
from journal.facts.seen import GATHERED, Judged, Read, Verdict
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Act
from journal.procedure import StepCourse, course
from journal.rounds import tries
from journal.timeline_charts import Chart, charts
from journal.timeline_events import INSTALLATION, Event, Tone, ending_tone, ending_words, event
from journal.timeline_plans import Decision, Plan, decisions, plans
from journal.timeline_words import confirmation, follow_ups, impact, ranking, summary, unknown
from journal.wording import clock, day, moment, plain, prior_of, sentence, span, span_of_seconds

BESIDE = ("validate:", "before:", "ended:", "shadow:", "wait:")
"""Phases of looks from which causes are not judged."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Milestone(_View):
    """A stage that was reached: `after` since the opening, `took` since the milestone before."""

    name: str
    time: str
    after: str
    took: str


class Time(_View):
    """How long something took, in words also where it did not happen. `counted` says what was counted."""

    name: str
    took: str
    counted: str
    reached: bool


class Run(_View):
    """A flow run that worked on the incident: `label` is what lines call it, `url` its page if Prefect has one."""

    flow_run: str
    label: str
    url: str | None


class Source(_View):
    """A reading, the number of its entry, and where the question comes from."""

    entry: int
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
    impact: tuple[str, ...]
    times: tuple[Time, ...]
    milestones: tuple[Milestone, ...]
    charts: tuple[Chart, ...]
    ranking: tuple[Verdict, ...]
    confirmed: Confirmed | None
    claims: dict[str, str]
    """What each hypothesis claims, by its name."""
    read_at: dict[str, int]
    """Entry in which each probe was read before causes were judged last."""
    procedure: tuple[StepCourse, ...]
    plans: tuple[Plan, ...]
    decisions: tuple[Decision, ...]
    told: tuple[Event, ...]
    unknown: tuple[str, ...]
    follow_ups: tuple[str, ...]
    events: tuple[Event, ...]
    runs: tuple[Run, ...]
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
        summary=tuple(summary(entries)),
        impact=tuple(impact(entries)),
        times=tuple(_times(entries)),
        milestones=tuple(_milestones(entries)),
        charts=charts(entries),
        ranking=ranking(entries),
        confirmed=confirmation(entries),
        claims={verdict.hypothesis: verdict.claim for verdict in ranking(entries)},
        read_at=_read_at(entries),
        procedure=course(entries),
        plans=plans(entries),
        decisions=decisions(entries),
        told=tuple(
            event(e, first.at) for e in entries if isinstance(e.fact, Escalated | Acknowledged | Notified | HandedOff)
        ),
        unknown=tuple(dict.fromkeys(unknown(entries))),
        follow_ups=tuple(dict.fromkeys(follow_ups(entries))),
        events=tuple(event(entry, first.at) for entry in entries),
        runs=tuple(_runs(entries)),
        sources=tuple(_sources(entries)),
        head=last.hash,
        count=last.number,
    )


def as_markdown(drawn: Timeline) -> str:
    """For Prefect artifacts, chat and repositories. Text from outside cannot turn into markup."""
    return templates(html=False).get_template("timeline.md.j2").render(t=drawn)


def as_html(drawn: Timeline) -> str:
    """One file without references to anything outside, light or dark as the reader prefers, and fit for paper."""
    from journal.charts import as_svg  # matplotlib, which nothing else needs

    pictures = [Markup(as_svg(chart)) for chart in drawn.charts]  # noqa: S704 # ours: texts in it are escaped
    return (
        templates(html=True)
        .get_template("timeline.html.j2")
        .render(t=drawn, pictures=pictures, INSTALLATION=INSTALLATION)
    )


def _times(entries: Sequence[Entry]) -> list[Time]:
    took = durations(entries)
    named = (
        ("detect", took.detected, "from when the monitor says it began to the opening", "not said by the monitor"),
        ("acknowledge", took.acknowledged, "from the opening until a person answered or took it over", "not reached"),
        ("mitigate", took.mitigated, "from the opening until the symptom was found gone", "not reached"),
        ("resolve", took.resolved, "from the opening to the closing, with the problem over", "not reached"),
    )
    return [
        Time(
            name=f"time to {name}",
            took=other if length is None else span(length),
            counted=how,
            reached=length is not None,
        )
        for name, length, how, other in named
    ]


def _runs(entries: Sequence[Entry]) -> list[Run]:
    """In order of appearance. The address is the newest that a run has said: the server may have moved."""
    ui = next((e.fact.ui for e in reversed(entries) if isinstance(e.fact, TakenUp) and e.fact.ui), None)
    known = dict.fromkeys(entry.flow_run for entry in entries if entry.flow_run is not None)
    base = ui.rstrip("/") if ui is not None and ui.startswith(("http://", "https://")) else None
    return [
        Run(flow_run=run, label=f"run {number}", url=f"{base}/runs/flow-run/{run}" if base else None)
        for number, run in enumerate(known, 1)
    ]


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
    reach("waiting", [e for e in entries if isinstance(e.fact, WaitBegun)])
    reach("wait over", [e for e in entries if isinstance(e.fact, WaitOver)])
    reach("approval asked", [e for e in asked if isinstance(e.fact, Requested) and e.fact.digest == digest])
    reach("task given", [e for e in asked if isinstance(e.fact, TaskGiven) and e.fact.digest == digest])
    yes = [e for e in entries if isinstance(e.fact, Decided) and e.fact.approve and e.fact.digest == digest]
    reach("approved", yes[-1:])  # with a quorum, the last yes
    reach("task done", [e for e in entries if isinstance(e.fact, TaskDone) and e.fact.done and e.fact.digest == digest])
    reach("begun", [e for e in entries if isinstance(e.fact, UnderWay) and e.fact.digest == digest])
    reach("applied", [e for e in applied if isinstance(e.fact, Carried) and e.fact.digest == digest])
    of = tries(entries)
    held = [e for e in entries if isinstance(e.fact, Validated) and e.fact.held]
    reach("validated", [e for e in held if of[e.number] == digest] or held)
    reach("closed", [e for e in entries if isinstance(e.fact, Closed)])
    start, before = entries[0].at, entries[0].at
    milestones: list[Milestone] = []
    for name, at in reached:
        milestones.append(Milestone(name=name, time=clock(at), after=f"+{span(at - start)}", took=span(at - before)))
        before = at
    return milestones


def _read_at(entries: Sequence[Entry]) -> dict[str, int]:
    last = next((e.number for e in reversed(entries) if isinstance(e.fact, Judged)), entries[-1].number)
    reads = ((e.number, e.fact) for e in entries if isinstance(e.fact, Read) and e.number < last)
    return {read.probe: number for number, read in reads if not read.phase.startswith(BESIDE)}


def _sources(entries: Sequence[Entry]) -> list[Source]:
    return [
        Source(
            entry=entry.number,
            probe=entry.fact.probe,
            asks=entry.fact.asks,
            source=entry.fact.source if entry.fact.by is None else f"said by {entry.fact.by}",
            text=entry.fact.text if entry.fact.unreadable is None else f"Could not look: {entry.fact.unreadable}",
            unreadable=entry.fact.unreadable is not None,
        )
        for entry in entries
        if isinstance(entry.fact, Read) and entry.fact.phase in GATHERED
    ]


def _as_plain(value: object) -> object:
    return plain(value) if isinstance(value, str) else value


@cache
def templates(*, html: bool) -> Environment:
    """The templates of all documents. Values become text: escaped in HTML, made plain in Markdown."""
    made = Environment(
        loader=PackageLoader("journal"),
        autoescape=html,  # noqa: S701  # Markdown is made safe by `plain`, through which every value goes
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=None if html else _as_plain,
    )
    made.filters.update(prior_of=prior_of, span=span_of_seconds, moment=moment)
    return made
