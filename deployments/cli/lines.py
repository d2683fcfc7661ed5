"""How single facts read on a terminal: rows and blocks for `watch` and `show`. The words come from the timeline.

Everything that came from outside passes `clean`: a session's name must not be able to colour or clear a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from journal.chain import Entry
from journal.facts.decided import Planned
from journal.facts.done import Carried
from journal.facts.opened import TakenUp
from journal.facts.seen import Check, Finding, Judged, Read, SymptomAsked, Verdict
from journal.facts.words import Answer, Standing
from journal.targets import Kind, kinds
from journal.timeline_events import INSTALLATION, Tone, event
from journal.under_way import long_words
from journal.wording import counted, prior_of, span, visible

STYLES: Final = {
    Tone.PLAIN: "",
    Tone.GOOD: "green",
    Tone.BAD: "red",
    Tone.UNKNOWN: "yellow",
    Tone.PERSON: "bold magenta",
    Tone.ACT: "bold cyan",
}
MARKS: Final = {
    Tone.PLAIN: "·",
    Tone.GOOD: "✓",
    Tone.BAD: "✗",
    Tone.UNKNOWN: "?",
    Tone.PERSON: "»",
    Tone.ACT: "●",
}
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LEFT: Final = 16
"""Columns of the first word of a row (a probe's name, a time): narrow enough for 80 columns."""
SHOWN_DETAILS: Final = 10
"""Details of one event that are listed; the timeline has them all."""


def clean(text: str) -> str:
    """Without anything that steers a terminal, and with signs for what nobody sees; lines stay lines."""
    return visible(_CONTROL.sub("", text.replace("\t", " ")))


def one_line(text: str) -> str:
    """The same, on one line."""
    return " ".join(clean(text).split())


def row(mark: Tone, left: str, right: RenderableType, end: str = "") -> Table:
    """One aligned row: sign, word, sentence (which wraps), and something short at the right."""
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=1)
    grid.add_column(width=_LEFT, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    grid.add_column(width=8, justify="right", style="dim", no_wrap=True)
    grid.add_row(Text(MARKS[mark], style=STYLES[mark]), Text(one_line(left)), right, end)
    return grid


def title(words: str) -> Text:
    """The heading of a part."""
    return Text(f"\n{words}", style="bold")


def checks(asked: Sequence[Check]) -> Group:
    """What can be seen at all; answered checks in a word, the others with their sentence."""
    tones = {Answer.YES: Tone.GOOD, Answer.NO: Tone.BAD, Answer.UNKNOWN: Tone.UNKNOWN}
    return Group(*(row(tones[one.answer], one.name, Text(one_line(one.text))) for one in asked))


def reading(read: Read) -> Table:
    """One probe's answer."""
    if read.unreadable is not None:
        words = Text("could not look: ", style=STYLES[Tone.UNKNOWN]).append(one_line(read.unreadable))
        return row(Tone.UNKNOWN, read.probe, words)
    if read.by is not None:
        return row(Tone.PERSON, read.probe, Text(one_line(f"{read.by}: {read.text}")))
    return row(Tone.PLAIN, read.probe, Text(one_line(read.text)), took(read.took))


def took(span_: timedelta) -> str:
    """`38 ms` or `1.2 s`."""
    seconds = span_.total_seconds()
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else span(span_)


def symptom(asked: SymptomAsked) -> Table:
    """Whether the problem is there."""
    tone, words = {
        Answer.YES: (Tone.BAD, "the symptom is there"),
        Answer.NO: (Tone.GOOD, "the symptom is not there"),
        Answer.UNKNOWN: (Tone.UNKNOWN, "unknown whether the symptom is there"),
    }[asked.finding.answer]
    text = Text(words, style=STYLES[tone])
    text.append(f": {one_line(asked.finding.sentence)}", style="default")
    text.append(f" ({one_line(asked.finding.observed)})", style="dim")
    return row(tone, "symptom", text)


def ranking(verdicts: Sequence[Verdict]) -> Group:
    """The causes, most likely first: every sentence for those in question, and what rules the others out."""
    return Group(*(_verdict(place, verdict) for place, verdict in enumerate(verdicts, 1)))


def _verdict(place: int, verdict: Verdict) -> Group:
    style = {
        Standing.SUPPORTED: "bold green",
        Standing.POSSIBLE: "yellow",
        Standing.CONTESTED: "bold yellow",
        Standing.REFUTED: "dim",
    }
    shown = style.get(verdict.standing, "")
    head = Table.grid(padding=(0, 1), expand=True)
    head.add_column(width=2)
    head.add_column(ratio=1, overflow="fold")
    head.add_column(width=16, justify="right")
    standing = Text(f"{verdict.standing.value} {verdict.likely:>4}", style=shown)
    head.add_row(Text(f"{place}."), Text(one_line(verdict.claim), style=shown), standing)
    refuted = verdict.standing is Standing.REFUTED
    found = [("for", one) for one in verdict.speaks_for if not refuted]
    found += [("against", one) for one in verdict.speaks_against if not refuted or one.answer is Answer.YES]
    for lack in verdict.short_of:
        head.add_row("", Text(f"not treated: {lack}", style="dim"), "")
    if verdict.history is not None:
        head.add_row("", Text(f"prior {prior_of(verdict)}", style="dim"), "")
    return Group(head, *(_finding(speaks, one, observed=not refuted) for speaks, one in found))


def _finding(speaks: str, finding: Finding, *, observed: bool) -> Table:
    counts = finding.answer is Answer.YES
    style = {Answer.YES: "", Answer.NO: "dim", Answer.UNKNOWN: "yellow"}[finding.answer]
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=2)
    grid.add_column(width=7, justify="right")
    grid.add_column(width=7)
    grid.add_column(ratio=1, overflow="fold")
    text = Text(one_line(finding.sentence), style=style)
    if observed and finding.answer is not Answer.NO:  # the reading stands above; repeating it everywhere hides it
        text.append(f" ({one_line(finding.observed)})", style="dim")
    grid.add_row("", Text(speaks, style="dim"), Text(finding.answer.value, style="bold" if counts else style), text)
    return grid


def plan(planned: Planned) -> Group:
    """What a change would do and what an approver must know; `targets` follows, which can be long."""
    parts: list[RenderableType] = [Text(one_line(planned.summary)), Text()]
    parts += [labelled("warning", warning, "yellow") for warning in planned.warnings]
    if planned.at_most is not None:
        parts.append(labelled("covers", f"what is of these kinds when it is carried out, {planned.at_most} at most"))
    if planned.goes_on is not None:
        parts.append(labelled("takes long", long_words(planned.goes_on)))
    parts += [
        labelled("reach", f"{len(planned.targets)} of {planned.out_of}; {planned.effect.value}"),
        labelled("risk", planned.risk),
        labelled("way back", planned.way_back),
        labelled("then" if planned.tells else "worked when", planned.validation),
    ]
    return Group(*parts)


def targets(planned: Planned) -> Group:
    """Every target of a plan, those of one kind together."""
    return Group(*(part for kind in kinds(planned.targets) for part in _kind(kind)))


def _kind(kind: Kind) -> Iterator[RenderableType]:
    times = Text(f"{kind.count}x ", style="bold") if kind.count > 1 else Text()
    becomes = f": {one_line(kind.before)} → {one_line(kind.after)}"
    yield times.append(one_line(kind.name), style="bold").append(becomes, style="not bold")
    if kind.each:
        yield Padding(Text(one_line(", ".join(kind.each)), style="dim"), (0, 0, 0, 2))


def labelled(label: str, words: str, style: str = "") -> Table:
    """A word and its sentence, the sentence wrapping under itself."""
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=11)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row(Text(label, style="dim"), Text(one_line(words), style=style))
    return grid


def happening(entry: Entry, opened_at: datetime) -> Group:
    """One line for what happened, its details under it; in the timeline's words."""
    told = event(entry, opened_at)
    words = told.text if told.who == INSTALLATION else f"{told.who}: {told.text}"
    fact = entry.fact
    details = told.details
    if isinstance(fact, Carried):  # targets that went as planned are many and say nothing new
        failed = tuple(f"{result.name}: not done. {result.note}" for result in fact.results if not result.done)
        details = (fact.note, *failed) if fact.note else failed
    if isinstance(fact, TakenUp | Judged):  # which process it was is for the journal; the causes stand above
        details = ()
    shown = [Text(one_line(detail), style="dim") for detail in details[:SHOWN_DETAILS]]
    if (more := len(details) - len(shown)) > 0:
        shown.append(Text(f"… and {counted(more, 'more line')}", style="dim"))
    head = row(told.tone, told.after, Text(one_line(words), style=STYLES[told.tone]))
    return Group(head, *(Padding(detail, (0, 0, 0, _LEFT + 3)) for detail in shown))
