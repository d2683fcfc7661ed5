"""One line of the timeline per entry: who, what, and how it reads. Knows every kind of fact and refuses others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from pydantic import BaseModel, ConfigDict

from journal.chain import Entry
from journal.facts.closed import Closed, Confirmed, HandedOff, Noted, Notified
from journal.facts.decided import Decided, Lapsed, Passed, Planned, Requested, TaskDone, TaskGiven, Withdrawn
from journal.facts.done import Carried, Intended, Progressed, Settled, UnderWay, Validated, Worsened
from journal.facts.every import Fact
from journal.facts.installation import Frozen, Registered, Shadow, Silenced, Switched, Thawed, Unsilenced, Witnessed
from journal.facts.opened import Joined, Opened, TakenUp
from journal.facts.policy import Acknowledged, Escalated, EscalationPolicy
from journal.facts.procedure import ProcedureBegun
from journal.facts.seen import Checked, Finding, Judged, Read, SymptomAsked
from journal.facts.shadow import Shadowed, Would
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Act, Answer, Ending, Going
from journal.procedure import NOT_NEEDED, ON
from journal.under_way import how_far, watched_only
from journal.wording import amount, clock, counted, moment, sentence, span, visible

INSTALLATION = "Code Blue"

WORD = "Not looked at: a person's word, identity not proven."
"""What is said of a reading whose source is a person."""


class Tone(StrEnum):
    """How a line reads: colour in HTML, a sign in Markdown."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    PERSON = "person"
    ACT = "act"


class Event(BaseModel):
    """A line of the timeline. `number` is its entry's, `after` the time since the opening; `details` stand under it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    at: datetime
    time: str
    after: str
    who: str
    text: str
    details: tuple[str, ...] = ()
    tone: Tone = Tone.PLAIN
    flow_run: str | None = None


def event(entry: Entry, opened_at: datetime) -> Event:
    who, tone, text, details = _said(entry.fact)
    return Event(
        number=entry.number,
        at=entry.at,
        time=clock(entry.at),
        after=f"+{span(max(timedelta(0), entry.at - opened_at))}",
        who=who,
        text=text,
        details=details,
        tone=tone,
        flow_run=entry.flow_run,
    )


def answer_tone(answer: Answer) -> Tone:
    match answer:
        case Answer.YES:
            return Tone.GOOD
        case Answer.NO:
            return Tone.BAD
        case Answer.UNKNOWN:
            return Tone.UNKNOWN
        case _:
            assert_never(answer)


def proof(*, identity_proven: bool) -> str:
    return "identity proven" if identity_proven else "identity not proven"


_FEW = 5
"""Results listed one by one; of more, those that were done are only counted, for the plan names them all."""


def _results(fact: Carried) -> Iterator[str]:
    listed = fact.results if len(fact.results) <= _FEW else [r for r in fact.results if not r.done]
    for result in listed[: 2 * _FEW]:
        yield f"{result.name}: {'done' if result.done else 'not done'}. {sentence(result.note)}".rstrip()
    if (more := len(listed) - 2 * _FEW) > 0:
        yield f"… and {more} more."


def finding_line(finding: Finding) -> str:
    return f"{finding.sentence}: {finding.answer.value}. {sentence(finding.observed)}".rstrip()


def worse_line(fact: Worsened) -> str:
    """What became worse, and by how much."""
    before, now = (amount(one.value, one.unit) for one in (fact.before, fact.now))
    return sentence(f"{fact.now.name}: {before} before, {now} since then ({fact.sentence})")


def waited_line(fact: WaitOver) -> str:
    """How long it was waited, and whether what was waited for came."""
    why = {
        "evidence": "it came",
        "end": f"the incident that took over had ended {fact.ending}",
        "time": "the time was up",
        "recovery": "the alert ended",
    }[fact.by]
    return f"Waited for {span(fact.took)}, until {why}"


_Line = tuple[str, Tone, str, tuple[str, ...]]


def _said(fact: Fact) -> _Line:  # noqa: C901, PLR0911, PLR0912, PLR0915  # one branch per kind is the point: the checker knows none is missing
    match fact:
        case Opened():
            how = "by an alert" if fact.alert is not None else "by hand"
            return fact.requested_by, Tone.PLAIN, f"Incident opened {how}: {fact.title}", ()
        case EscalationPolicy():
            levels = ", ".join(
                f"{level.name} {f'after {span(level.after)}' if level.after else 'at once'}" for level in fact.levels
            )
            return INSTALLATION, Tone.PLAIN, f"Who is told while it waits ({fact.issue}): {levels}", ()
        case Joined():
            return INSTALLATION, Tone.PLAIN, _joined(fact), ()
        case TakenUp():
            again = f" again (pass {fact.pass_number})" if fact.pass_number > 1 else ""
            return INSTALLATION, Tone.PLAIN, f"A run took the incident up{again}", (fact.holder,)
        case Checked():
            blind = [check for check in fact.checks if check.answer is not Answer.YES]
            tone = Tone.GOOD if not blind else max((answer_tone(c.answer) for c in blind), key=lambda t: t is Tone.BAD)
            text = "Everything needed can be reached" if not blind else f"{counted(len(blind), 'check')} did not pass"
            return (
                INSTALLATION,
                tone,
                text,
                tuple(f"{c.name}: {c.answer.value}. {sentence(c.text)}" for c in blind or fact.checks),
            )
        case Read(unreadable=None, by=str(who)):
            return who, Tone.PERSON, f"{fact.probe}: {fact.text}", (f"{fact.asks} {WORD}",)
        case Read(unreadable=None):
            return fact.probe, Tone.PLAIN, fact.text, (f"{fact.asks} Read in {span(fact.took)}.",)
        case Read():
            return fact.probe, Tone.UNKNOWN, f"Could not look: {fact.unreadable}", (fact.asks,)
        case SymptomAsked(finding=finding):
            present = {Answer.YES: "The symptom is there", Answer.NO: "The symptom is not there"}
            text = present.get(finding.answer, "Whether the symptom is there is unknown")
            tone = {Answer.YES: Tone.BAD, Answer.NO: Tone.GOOD}.get(finding.answer, Tone.UNKNOWN)
            return INSTALLATION, tone, text, (finding_line(finding),)
        case Judged():
            ranking = tuple(
                f"{verdict.claim} {verdict.standing.value.capitalize()}, {verdict.score:.2f}."
                for verdict in fact.ranking
            )
            text = f"{counted(len(fact.ranking), 'hypothesis', 'hypotheses')} judged"
            text += f" anew, after round {fact.after}" if fact.after else ""
            return INSTALLATION, Tone.PLAIN, text, ranking
        case ProcedureBegun():
            steps = tuple(f"{number}. {one.title}" for number, one in enumerate(fact.steps, 1))
            return INSTALLATION, Tone.PLAIN, f"Began a procedure of {counted(len(steps), 'step')}", (*steps, ON)
        case Planned():
            size = f"{len(fact.targets)} of {counted(fact.out_of, 'target')}"
            looks = ("It treats nothing: it lets causes be told apart.",) if fact.tells else ()
            details = (sentence(fact.summary), *looks, *fact.warnings)
            return INSTALLATION, Tone.PLAIN, f"Planned: {fact.title} ({size})", details
        case Passed(by=by) if by == NOT_NEEDED:
            return INSTALLATION, Tone.PLAIN, f"Nothing to change: {fact.mitigation}", (sentence(fact.why),)
        case Passed():
            return (
                INSTALLATION,
                Tone.UNKNOWN,
                f"Not done: {fact.mitigation}, stopped by {fact.by}",
                (sentence(fact.why),),
            )
        case Requested():
            people = fact.role if fact.quorum == 1 else f"{fact.quorum} different people ({fact.role})"
            return INSTALLATION, Tone.PERSON, f"Asked {people} for approval, until {clock(fact.expires_at)}", ()
        case Decided():
            tone = Tone.PERSON if fact.approve else Tone.BAD
            said = "Approved" if fact.approve else "Rejected"
            shown = proof(identity_proven=fact.identity_proven)
            return fact.by, tone, f"{said} by {fact.channel.value}, {shown}", (f"“{fact.why}”",)
        case Lapsed():
            return INSTALLATION, Tone.BAD, "Nobody answered in time; nothing was applied", ()
        case Withdrawn():
            return INSTALLATION, Tone.GOOD, "The question was withdrawn; nothing was applied", (fact.why,)
        case TaskGiven():
            return (
                INSTALLATION,
                Tone.PERSON,
                f"Asked a person to do: {fact.title}, until {clock(fact.expires_at)}",
                fact.steps,
            )
        case TaskDone():
            text = "Said that it is done" if fact.done else "Said that it cannot be done"
            return (
                fact.by,
                Tone.PERSON if fact.done else Tone.BAD,
                f"{text}, by {fact.channel.value}",
                (f"“{fact.why}”",),
            )
        case WaitBegun():
            text = f"Waiting: {fact.title}, until {clock(fact.expires_at)} at most"
            return INSTALLATION, Tone.PLAIN, text, (f"For this: {fact.until}.", sentence(fact.says))
        case WaitOver():
            tone = Tone.GOOD if fact.held or fact.by == "recovery" else Tone.UNKNOWN
            return INSTALLATION, tone, f"{waited_line(fact)} ({fact.mitigation})", (finding_line(fact.finding),)
        case Intended():
            text = f"About to {_verb(fact.act)}: {fact.mitigation}"
            return INSTALLATION, Tone.ACT, text, (*_attempt(fact.attempt), *_later(fact))
        case UnderWay():
            found = " (found by asking the target)" if fact.found else ""
            text = f"Under way: {_verb(fact.act)} {fact.mitigation}, until {clock(fact.expires_at)} at most{found}"
            looked = f"It goes on in its target by itself and is looked at every {span(fact.every)}."
            return INSTALLATION, Tone.ACT, text, (sentence(fact.note), looked)
        case Progressed():
            tone = Tone.UNKNOWN if fact.going is Going.UNKNOWN else Tone.PLAIN
            halted = (watched_only(fact.halted),) if fact.halted else ()
            return INSTALLATION, tone, f"{fact.mitigation}: {how_far(fact)}", (sentence(fact.note), *halted)
        case Carried():
            did = {Act.APPLY: "Applied", Act.UNDO: "Undone"}[fact.act]
            text = f"{did}: {fact.mitigation}" if fact.ok else f"Failed to {_verb(fact.act)}: {fact.mitigation}"
            text += " (found by asking the target)" if fact.settled else ""
            results = tuple(_results(fact))
            until = (f"Will be undone at {moment(fact.expires_at)}.",) if fact.expires_at is not None else ()
            note = (sentence(fact.note),) if fact.note else ()
            return INSTALLATION, Tone.ACT if fact.ok else Tone.BAD, text, (*note, *results, *until)
        case Settled():
            landed = {Answer.YES: "it had happened", Answer.NO: "it had not happened"}
            text = landed.get(fact.landed, "it cannot be told whether it happened")
            tone = Tone.UNKNOWN if fact.landed is Answer.UNKNOWN else Tone.PLAIN
            return (
                INSTALLATION,
                tone,
                f"After an interruption, asked whether {fact.mitigation} was done: {text}",
                (sentence(fact.text),),
            )
        case Worsened():
            text = f"Clearly worse after {fact.mitigation}, for {span(fact.lasted)}: it is not waited for any longer"
            return INSTALLATION, Tone.BAD, text, (worse_line(fact),)
        case Validated():
            text = f"{fact.mitigation} {'worked' if fact.held else 'did not help'}"
            text += f", after {counted(fact.looks, 'look')} in {span(fact.took)}"
            return INSTALLATION, Tone.GOOD if fact.held else Tone.BAD, text, (finding_line(fact.finding),)
        case HandedOff():
            return (
                INSTALLATION,
                Tone.PLAIN,
                f"Handed off to {fact.title}{', and comes back' if fact.returns else ''}",
                (f"Runbook {fact.to}, run {fact.flow_run}.",),
            )
        case Shadowed():
            return (INSTALLATION, *_shadowed(fact))
        case Escalated():
            if not fact.told:
                return INSTALLATION, Tone.BAD, f"Escalated to {fact.level} and reached nobody", (sentence(fact.why),)
            text = f"Escalated to {fact.level}: {', '.join(fact.told)}"
            return INSTALLATION, Tone.PERSON, text, (sentence(fact.why),)
        case Acknowledged():
            return fact.by, Tone.PERSON, f"Took the incident over, by {fact.channel.value}", (sentence(fact.why),)
        case Notified():
            whom = fact.to or "people"
            text = f"Told {whom}: {fact.title}" if fact.delivered else f"Could not tell {whom}: {fact.title}"
            return INSTALLATION, Tone.PLAIN if fact.delivered else Tone.BAD, text, (sentence(fact.text),)
        case Noted():
            return fact.by, Tone.PLAIN, fact.text, ()
        case Confirmed():
            text = f"Confirmed the cause: {fact.cause}, {proof(identity_proven=fact.identity_proven)}"
            return fact.by, Tone.PERSON, text, (fact.claim, *((f"“{fact.why}”",) if fact.why else ()))
        case Closed():
            return (
                INSTALLATION,
                ending_tone(fact.ending),
                f"Closed: {ending_words(fact.ending)}",
                (sentence(fact.text),),
            )
        case Registered():
            return INSTALLATION, Tone.PLAIN, f"{fact.incident} {'closed' if fact.closing else 'opened'}", ()
        case Witnessed():
            return INSTALLATION, Tone.PLAIN, f"Registered entry {fact.number} of {fact.incident}", ()
        case Switched():
            text = "Stopped all changes" if fact.stopped else "Allowed changes again"
            return fact.by, Tone.BAD if fact.stopped else Tone.GOOD, text, (sentence(fact.why),)
        case Silenced():
            text = f"Silenced {fact.name} from {moment(fact.starts)} to {moment(fact.ends)}"
            return fact.by, Tone.BAD, text, (sentence(fact.why),)
        case Unsilenced():
            return fact.by, Tone.GOOD, f"Lifted silence {fact.silence}", (sentence(fact.why),)
        case Frozen():
            did = "Began to maintain" if fact.maintenance else "Froze"
            text = f"{did} {fact.system} from {moment(fact.starts)} to {moment(fact.ends)}"
            return fact.by, Tone.BAD, text, (sentence(fact.why),)
        case Thawed():
            return fact.by, Tone.GOOD, f"Lifted the freeze of {fact.system}", (sentence(fact.why),)
        case Shadow():
            text = f"Put {fact.system} in shadow" if fact.on else f"Ended the shadow of {fact.system}"
            return fact.by, Tone.BAD if fact.on else Tone.GOOD, text, (sentence(fact.why),)
        case _:
            assert_never(fact)


def would_words(fact: Shadowed) -> str:
    """What would have been done, were it not for the shadow."""
    match fact.would:
        case Would.NOTHING:
            return "nothing would have been done"
        case Would.CHANGE:
            return f"would have been changed: {fact.title}"
        case Would.EXAMINATION:
            return f"would have been changed, only to look: {fact.title}"
        case Would.TASK:
            return f"a person would have been asked to do: {fact.title}"
        case Would.WAIT:
            return f"it would have been waited: {fact.title}"
        case Would.HAND_OFF:
            return f"would have been handed over: {fact.title}"
        case _:
            assert_never(fact.would)


def _shadowed(fact: Shadowed) -> tuple[Tone, str, tuple[str, ...]]:
    if not fact.on:
        return Tone.PERSON, "The shadow was lifted: it goes on as usual, and people are asked and paged", ()
    whose = f"In shadow by {fact.by}: {sentence(fact.why)}"
    lines = (line for line in fact.text.splitlines() if line.strip())
    return Tone.UNKNOWN, f"In shadow: nobody is asked or paged from here on; {would_words(fact)}", (whose, *lines)


def _joined(fact: Joined) -> str:
    """A repeat, its end, or another problem's alert."""
    ended = fact.alert.get("status") == "resolved"
    if fact.related:
        return f"A related alert {'ended' if ended else 'joined this incident'}: {fact.alert.get('name')}"
    return "The monitor says that the problem is over" if ended else "The alert arrived again and joined this incident"


def ending_words(ending: Ending) -> str:
    match ending:
        case Ending.RESOLVED:
            return "resolved"
        case Ending.RECOVERED:
            return "recovered"
        case Ending.CONTAINED:
            return "contained"
        case Ending.NOT_REPRODUCED:
            return "not reproduced"
        case Ending.HANDED_OFF:
            return "handed off"
        case Ending.UNRESOLVED:
            return "unresolved"
        case _:
            assert_never(ending)


def ending_tone(ending: Ending) -> Tone:
    match ending:
        case Ending.RESOLVED | Ending.RECOVERED | Ending.CONTAINED:
            return Tone.GOOD
        case Ending.UNRESOLVED:
            return Tone.BAD
        case Ending.NOT_REPRODUCED | Ending.HANDED_OFF:
            return Tone.UNKNOWN
        case _:
            assert_never(ending)


def _verb(act: Act) -> str:
    return {Act.APPLY: "apply", Act.UNDO: "undo"}[act]


def _later(fact: Intended) -> Iterator[str]:
    """What a yes to the rule covers that came after it was shown."""
    yield from (f"Came later: {visible(f'{one.name}: {one.before} → {one.after}')}" for one in fact.later)


def _attempt(attempt: int) -> tuple[str, ...]:
    return (f"Attempt {attempt}.",) if attempt > 1 else ()
