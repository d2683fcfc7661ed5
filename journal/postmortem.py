"""The draft of a post-mortem: the facts of the record filled in, and clearly marked blanks for what only people know.

Drawn from the same entries as the timeline, by the same rule: the same entries give the same bytes. Nothing here
judges; "went well" and "was hard" list what the record says happened, and leave the why to those who were there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict

from journal.chain import Entry
from journal.facts.closed import Notified
from journal.facts.decided import Lapsed, Passed, TaskDone
from journal.facts.done import Carried, Settled, Validated, Worsened
from journal.facts.opened import Joined, TakenUp
from journal.facts.policy import Escalated
from journal.facts.seen import OTHER, Checked, Read, Verdict
from journal.facts.waited import WaitOver
from journal.facts.words import Act, Standing
from journal.timeline import Timeline, templates, timeline
from journal.timeline_events import INSTALLATION, Event, waited_line, worse_line
from journal.timeline_words import confirmation, ranking, titles
from journal.wording import counted, sentence, span

EMPTY_ROWS = 3
"""Further follow-ups that people can write by hand."""


class PostMortem(BaseModel):
    """`t` is the timeline behind it. `cause` is the verdict of the confirmed cause, or else of the most likely one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    t: Timeline
    cause: Verdict | None
    cause_is: str
    key_events: tuple[Event, ...]
    well: tuple[str, ...]
    hard: tuple[str, ...]


def postmortem(entries: Sequence[Entry]) -> PostMortem:
    """The draft for one incident, given all its entries. Raises `ValueError` if they begin elsewhere."""
    drawn = timeline(entries)
    verdict, words = _cause(entries)
    numbers = {entry.number for entry in entries if not isinstance(entry.fact, Read | Notified | TakenUp | Joined)}
    return PostMortem(
        t=drawn,
        cause=verdict,
        cause_is=words,
        key_events=tuple(event for event in drawn.events if event.number in numbers),
        well=tuple(dict.fromkeys(_well(entries))),
        hard=tuple(dict.fromkeys(_hard(entries))),
    )


def as_markdown(draft: PostMortem) -> str:
    """To be edited where people edit: each blank begins with a pen."""
    return templates(html=False).get_template("postmortem.md.j2").render(d=draft, t=draft.t, empty=EMPTY_ROWS)


def as_html(draft: PostMortem) -> str:
    """To be printed, or filled in by pen; one file without references to anything outside."""
    from journal.charts import as_svg  # matplotlib, which nothing else needs

    pictures = [Markup(as_svg(chart)) for chart in draft.t.charts]  # noqa: S704 # ours: texts in it are escaped
    page = templates(html=True).get_template("postmortem.html.j2")
    return page.render(d=draft, t=draft.t, pictures=pictures, INSTALLATION=INSTALLATION, empty=EMPTY_ROWS)


def _cause(entries: Sequence[Entry]) -> tuple[Verdict | None, str]:
    """The verdict to show, and in which words the cause stands."""
    verdicts = {verdict.hypothesis: verdict for verdict in ranking(entries)}
    said = confirmation(entries)
    if said is not None and said.cause == OTHER:
        return None, sentence(f"Confirmed by {said.by}, and none that the runbook names: {said.claim}")
    if said is not None:
        return verdicts.get(said.cause), sentence(f"Confirmed by {said.by}: {said.claim}")
    likely = _likely(entries)
    if likely is None:
        return None, "Unknown: no cause had evidence for it."
    return likely, sentence(f"Not confirmed by anybody yet; most likely: {likely.claim}")


def _likely(entries: Sequence[Entry]) -> Verdict | None:
    believed = (Standing.SUPPORTED, Standing.CONTESTED)
    return next((verdict for verdict in ranking(entries) if verdict.standing in believed), None)


def _well(entries: Sequence[Entry]) -> Iterator[str]:
    names, said = titles(entries), confirmation(entries)
    checks = [check for entry in entries if isinstance(entry.fact, Checked) for check in entry.fact.checks]
    blind = [entry for entry in entries if isinstance(entry.fact, Read) and entry.fact.unreadable]
    if checks and not blind and all(check.answer.value == "yes" for check in checks):
        yield "Everything that was to be looked at could be seen."
    likely = _likely(entries)
    if said is not None and likely is not None and said.cause == likely.hypothesis:
        yield "The cause that the evidence spoke for was the true one."
    for entry in entries:
        match entry.fact:
            case Validated(held=True, mitigation=name, took=length):
                yield f"{names.get(name, name)} worked; the evidence held after {span(length)}."
            case WaitOver(by="end", mitigation=name) if entry.fact.held:
                yield f"{names.get(name, name)}: {waited_line(entry.fact).lower()}."
            case WaitOver(by="evidence", mitigation=name):
                yield f"{names.get(name, name)}: {waited_line(entry.fact).lower()}; nobody had to do anything."
            case Carried(act=Act.UNDO, ok=True, mitigation=name):
                yield f"{names.get(name, name)} did not help and was undone."
            case Settled(landed=landed) if landed.value != "unknown":
                yield "A run broke off while it acted, and the target could say what had become of it."
            case _:
                pass


def _hard(entries: Sequence[Entry]) -> Iterator[str]:
    said, likely = confirmation(entries), _likely(entries)
    told = [bool(entry.fact.told) for entry in entries if isinstance(entry.fact, Escalated)]
    if any(told):
        yield f"{counted(sum(told), 'page')} went out before it was over."
    if not all(told):
        yield f"{counted(told.count(False), 'page')} reached nobody."
    if said is not None and (likely is None or said.cause != likely.hypothesis):
        spoke = f"The evidence spoke for another cause: {likely.claim}" if likely else "The evidence spoke for no cause"
        yield sentence(spoke)
    yield from _in_vain(entries)


def _in_vain(entries: Sequence[Entry]) -> Iterator[str]:  # noqa: C901  (one branch for each kind of entry that tells of it)
    """What was tried or asked and came to nothing."""
    names = titles(entries)
    for entry in entries:
        match entry.fact:
            case Worsened(mitigation=name):
                yield f"After {names.get(name, name)} it became clearly worse. {worse_line(entry.fact)}"
            case Validated(held=False, mitigation=name):
                yield f"{names.get(name, name)} did not help."
            case Carried(ok=False, act=act, mitigation=name):
                yield sentence(f"{names.get(name, name)} failed ({act.value}): {entry.fact.note}")
            case WaitOver(by="time" | "end", mitigation=name) if not entry.fact.held:
                yield f"{names.get(name, name)}: {waited_line(entry.fact).lower()}."
            case Lapsed():
                yield "An approval was not answered in time."
            case Passed(mitigation=name, by=by, why=why):
                yield sentence(f"{names.get(name, name)} was not carried out ({by}): {why}")
            case TaskDone(done=False, by=by, why=why):
                yield sentence(f"The task could not be done ({by}): {why}")
            case Notified(delivered=False, title=title):
                yield f"People could not be told: {title}."
            case Settled(landed=landed) if landed.value == "unknown":
                yield "A run broke off while it acted, and nobody could tell what had become of it."
            case _:
                pass
