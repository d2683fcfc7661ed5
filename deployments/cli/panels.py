"""The larger pieces: an incident's head, what waits for a person and how to answer, how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from deployments.cli import lines
from deployments.cli.board import Board
from journal.approvals import Standing
from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.decided import Planned, Requested, TaskGiven
from journal.facts.opened import Opened
from journal.timeline_events import Tone, ending_tone, ending_words
from journal.timeline_rounds import Told
from journal.wording import moment, sentence, span


def head(incident: str, opened: Opened, at: datetime) -> Group:
    """Which incident this is."""
    name = Text.assemble((incident, "bold"), "  ", (lines.one_line(opened.title), "bold"))
    severity = "red" if opened.severity in {"critical", "error"} else "yellow"
    about = Text.assemble((opened.severity, severity), f" · {opened.environment} · {opened.runbook}")
    who = f"opened {moment(at)} by {lines.one_line(opened.requested_by)}"
    if alert := (opened.alert or {}).get("name"):
        who += f"; alert: {lines.one_line(str(alert))}"
    return Group(name, about, Text(who, style="dim"))


def whole(seen: Board) -> Iterator[RenderableType]:
    """The page of `codeblue show`, down to what waits; that follows with `asked`."""
    yield head(seen.incident, seen.opened, seen.opened_at)
    yield _status(seen)
    if seen.shadow:
        yield lines.row(Tone.BAD, "shadow", Text(seen.shadow))
    if seen.checks:
        yield lines.title("Can we see at all?")
        yield lines.checks(seen.checks)
    if seen.readings or seen.symptom:
        yield lines.title("Evidence")
        yield from (lines.reading(read) for read in seen.readings)
        if seen.symptom is not None:
            yield lines.symptom(seen.symptom)
    if seen.ranking:
        yield lines.title("Causes, most likely first")
        yield lines.ranking(seen.ranking)
    if course := _news(seen):
        yield lines.title("What happened")
        yield from (lines.happening(entry, seen.opened_at) for entry in course)


def _news(seen: Board) -> list[Entry]:
    """What happened, without what the page says elsewhere: the ending above, and below what waits."""
    asked_below = {found.digest for found in seen.waiting}
    return [
        entry
        for entry in seen.course
        if not isinstance(entry.fact, Closed)
        and not (isinstance(entry.fact, Planned | Requested | TaskGiven) and entry.fact.digest in asked_below)
    ]


def _status(seen: Board) -> Text:
    if seen.closed is not None and seen.closed_at is not None:
        tone = ending_tone(seen.closed.ending)
        text = Text(f"{ending_words(seen.closed.ending)} after {span(seen.closed_at - seen.opened_at)}")
        text.stylize(f"bold {lines.STYLES[tone]}")
        return text.append(f": {lines.one_line(sentence(seen.closed.text))}", style="not bold")
    style = "bold magenta" if seen.waiting else "bold"
    text = Text(f"{seen.status}, open for {span(seen.now - seen.opened_at)}", style=style)
    watched = seen.watched
    return text if watched is None else text.append(f". {lines.one_line(watched)}", style="not bold")


def asked(found: Standing, planned: Planned | None, now: datetime, before: Iterable[Told] = ()) -> Panel:
    """What waits for a person: the exact plan, or the steps of the task. All targets, last: they can be many."""
    request = found.request
    body: RenderableType
    last: tuple[RenderableType, ...] = ()
    if isinstance(request, Requested):
        name = planned.title if planned else request.mitigation
        heading = f"Waits for a yes: {lines.one_line(name)}"
        body = lines.plan(planned) if planned else Text(lines.clean(request.text))
        last = (Text(), lines.targets(planned)) if planned else ()
        who = f"{request.role}; {found.missing} yes needed"
        who += ", not from who asked for the run" if request.requester_excluded else ""
        who += f"; {', '.join(found.by)} said yes" if found.by else ""
    else:
        heading = f"Waits for a person to do: {lines.one_line(request.title)}"
        steps = (lines.labelled(f"{n}.", step) for n, step in enumerate(request.steps, 1))
        body = Group(*steps, Text(), lines.labelled("worked when", request.validation))
        who = "whoever does it"
    rounds = tuple(lines.labelled(about.lower(), line) for about, line in before)
    left = request.expires_at - now
    until = f"{request.expires_at.astimezone(UTC):%H:%M:%S} UTC (in {span(left)}); after that nothing is done"
    rest = (lines.labelled("who", who), lines.labelled("until", until), lines.labelled("plan", found.digest))
    return Panel(Group(*rounds, body, *rest, *last), title=Text(heading), title_align="left", border_style="magenta")


def answering(found: Standing, ui: str | None) -> tuple[str, ...]:
    """How to answer it, in lines ready to be copied."""
    incident, digest = found.incident, found.digest
    if isinstance(found.request, Requested):
        ways = [f"  codeblue {verb} {incident} --plan {digest}" for verb in ("approve", "reject")]
    else:
        ways = [f"  codeblue done {incident} --task {digest}{cannot}" for cannot in ("", " --cannot")]
    if ui and found.asked.flow_run:
        ways.append(f"  {ui}/runs/flow-run/{found.asked.flow_run}")
    return "Answer with one of these:", *ways


def ended(closed: Closed, lasted: str) -> Group:
    """How it ended."""
    style = lines.STYLES[ending_tone(closed.ending)]
    words = Text(f"{ending_words(closed.ending)} after {lasted}", style=f"bold {style}")
    return Group(Rule(style="dim"), words, Text(lines.one_line(sentence(closed.text))))
