"""What became of each step of a procedure, told from an incident's entries alone.

The pipeline, forms, the command line and documents ask it, so they mean the same. A step is done when its evidence held
and it was not taken back since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from journal.chain import Entry
from journal.facts.decided import Decided, Lapsed, Passed, Planned, TaskDone, TaskGiven, Withdrawn
from journal.facts.done import Carried, Validated, Worsened
from journal.facts.procedure import ProcedureBegun, ProcedureStep
from journal.facts.seen import SymptomAsked
from journal.facts.words import Act, Answer
from journal.rounds import PERSON, kept
from journal.wording import moment

NOT_NEEDED = "need"
"""What a change is passed over for where nothing had to be changed."""

ON = "Every step is done in this order, and one that is not done stops it. It goes on even if the symptom goes away."
"""What whoever is asked must know of a procedure."""


@dataclass(frozen=True, kw_only=True)
class StepCourse:
    """One step and what became of it: nothing yet, where `words` are none."""

    number: int
    title: str
    done: bool
    words: str

    def __str__(self) -> str:
        return f"Step {self.number}, “{self.title}”{', ' if self.words else ''}{self.words}."


def course(entries: Sequence[Entry]) -> tuple[StepCourse, ...]:
    """Every step in its order; nothing for an incident that has no procedure."""
    begun = next((entry.fact for entry in entries if isinstance(entry.fact, ProcedureBegun)), None)
    if begun is None:
        return ()
    stays = set(kept(entries).values())
    return tuple(_step(number, one, entries, stays) for number, one in enumerate(begun.steps, 1))


def is_whole(steps: Sequence[StepCourse]) -> bool:
    """Whether all of it is done."""
    return all(one.done for one in steps)


def to_be_undone(entries: Sequence[Entry]) -> list[str]:
    """The titles of what is in place although it is to be undone where the procedure stops; none when it is whole."""
    begun = next((entry.fact for entry in entries if isinstance(entry.fact, ProcedureBegun)), None)
    if begun is None or is_whole(course(entries)):
        return []
    stays = set(kept(entries).values())
    return [one.title for one in begun.steps if one.temporary and one.name in stays]


def in_hand(steps: Sequence[StepCourse]) -> int:
    """The number of the step that is being done, or at which it stopped; one more than there are when none is left."""
    last = next((one for one in reversed(steps) if one.words), None)
    return 1 if last is None else last.number + last.done


def told(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """What people must know who are asked for a step: what became of those before, and what is still to come."""
    steps = course(entries)
    now = in_hand(steps)
    if now > len(steps):
        return
    yield "Procedure", f"Step {now} of {len(steps)}. {ON}"
    yield from (("Before", str(one)) for one in steps[: now - 1])
    asked = next((e.fact.finding for e in reversed(entries) if isinstance(e.fact, SymptomAsked)), None)
    if asked is not None and asked.answer is not Answer.YES:
        stands = "is not there now" if asked.answer is Answer.NO else "cannot be seen now"
        yield "Symptom", f"It {stands} ({asked.observed.rstrip('.')}). The procedure goes on all the same."
    yield from (("To come", str(one)) for one in steps[now:])


def _step(number: int, step: ProcedureStep, entries: Sequence[Entry], stays: set[str]) -> StepCourse:
    of = {e.fact.digest for e in entries if isinstance(e.fact, Planned | TaskGiven) and e.fact.mitigation == step.name}
    words = [said for entry in entries for said in _said(entry, step.name, of)]
    if step.temporary and step.name in stays:
        words.append("undone if the procedure stops")
    return StepCourse(number=number, title=step.title, done=step.name in stays, words=", ".join(words))


def _said(entry: Entry, name: str, of: set[str]) -> Iterator[str]:  # noqa: C901  (one branch for each kind that tells of a step)
    """What an entry says of a step whose plans and tasks have these digests."""
    fact, at = entry.fact, moment(entry.at)
    match fact:
        case Decided() if fact.digest in of:
            yield f"{'approved' if fact.approve else 'rejected'} by {fact.by} at {at}"
        case TaskDone() if fact.digest in of:
            yield f"said {'to be done' if fact.done else 'to be impossible'} by {fact.by} at {at}"
        case Lapsed() if fact.digest in of:
            yield "not answered in time"
        case Withdrawn() if fact.digest in of:
            yield "withdrawn"
        case Passed(mitigation=passed, by=by, why=why) if passed == name and by != PERSON:
            yield f"{'not needed' if by == NOT_NEEDED else 'not done'} ({why.rstrip('.')})"
        case Carried(mitigation=carried, act=Act.APPLY) if carried == name and not fact.again:
            yield f"applied at {at}" if fact.ok else f"tried in vain at {at} ({fact.note.rstrip('.')})"
        case Carried(mitigation=carried) if carried == name and not fact.again:
            yield f"undone at {at}" if fact.ok else "COULD NOT BE UNDONE, so look at once"
        case Worsened(mitigation=worse) if worse == name:
            yield "clearly worse after that"
        case Validated(mitigation=seen, held=True) if seen == name:
            yield f"seen to hold at {at}"
        case Validated(mitigation=seen) if seen == name:
            yield f"not seen to hold ({fact.finding.sentence}: {fact.finding.answer.value})"
        case _:
            pass
