"""What a journal says about an incident, without times and ids: two rehearsals of one drill must say the same.

Left out is what is not the pipeline's doing (who took the run up, who was paged meanwhile) and how often a validation
looked, which depends on the machine. Sessions of a database come and go, so of targets only their kinds are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, cast

from journal.chain import Entry
from journal.facts.closed import Closed, HandedOff
from journal.facts.decided import Decided, Passed, Planned, Requested, TaskGiven
from journal.facts.done import Carried, Progressed, Settled, UnderWay, Validated, Worsened
from journal.facts.every import Fact
from journal.facts.seen import Checked, Finding, Judged, Read, SymptomAsked
from journal.facts.waited import WaitOver

NOT_OURS = frozenset({"taken_up", "joined", "escalated", "acknowledged", "notified"})
"""Kinds of the stack around the pipeline."""

IDS = frozenset({"pid", "revision", "revision_id", "since", "started", "began", "age"})
"""Fields of a plan that name one thing among its like, or a moment."""

_CHANCE = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00| UTC)?"), "<moment>"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b"), "<id>"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "<address>"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s|min|h|days?|sessions?|MiB|kB|rows?)\b"), "<some> \\2"),
    (re.compile(r"\b\d+(\.\d+)?%"), "<some>%"),
    (re.compile(r"\b\d\d:\d\d(:\d\d)? UTC"), "<moment>"),
    (re.compile(r"\b\d+ of <some>"), "<some>"),
    (re.compile(r"\b(session|pid) \d+\b"), "\\1 <number>"),
    (re.compile(r"\b[A-Za-z0-9+/]{43}="), "<id>"),
    (re.compile(r"\b\d+\.\d+(e[+-]\d+)?\b|\b\d{4,}\b"), "<number>"),
    (re.compile(r"\bversion \d+"), "<version>"),
    (re.compile(r"\b\d+( failed calls| violations)"), "<some>\\1"),
)

_NUMBER = re.compile(r"\d+")


def told(entries: Sequence[Entry]) -> tuple[str, ...]:
    """One line for each entry, in order; looks that began together have none, so they are sorted."""
    ours = [entry for entry in entries if entry.kind not in NOT_OURS and not _is_one_of_many_looks(entry)]
    lines: list[str] = []
    for together, group in groupby(ours, key=lambda entry: entry.fact.phase if isinstance(entry.fact, Read) else None):
        found = [f"{_scrubbed(entry.key)}: {entry.kind}{_essence(entry.fact)}" for entry in group]
        lines += sorted(found) if together is not None else found
    return tuple(line for line in lines if not line.startswith("dispatched:"))


def _is_one_of_many_looks(entry: Entry) -> bool:
    """Whether how many of its kind there are is chance: while validating, or while an act is under way."""
    validates = isinstance(entry.fact, Read) and entry.fact.phase.startswith("validate:")
    return validates or isinstance(entry.fact, Progressed)


def _essence(fact: Fact) -> str:
    return "".join(f", {part}" for part in _parts(fact))


def _parts(fact: Fact) -> Iterator[str]:
    yield from _seen(fact)
    yield from _decided(fact)
    yield from _done(fact)


def _seen(fact: Fact) -> Iterator[str]:
    match fact:
        case Checked():
            yield from (f"{check.name} {check.answer}" for check in sorted(fact.checks, key=lambda one: one.name))
        case Read():
            yield "answered" if fact.unreadable is None else f"unreadable: {_scrubbed(fact.unreadable)}"
        case SymptomAsked():
            yield _answer(fact.finding)
        case Judged():
            for verdict in fact.ranking:
                yield f"{verdict.hypothesis} {verdict.standing} {verdict.score:.2f}"
                yield from map(_answer, (*verdict.speaks_for, *verdict.speaks_against))
        case _:
            pass


def _decided(fact: Fact) -> Iterator[str]:
    match fact:
        case Planned():
            yield from (fact.change, fact.effect, fact.treats, _scrubbed(fact.validation))
            yield str(_plain(fact.plan))
        case Passed():
            yield from (fact.mitigation, fact.by)
        case Requested():
            yield from (fact.mitigation, fact.role, str(fact.quorum), str(fact.requester_excluded))
        case TaskGiven():
            # The steps' numbers are those of the moment; how they are worded is what both must share.
            yield from (fact.mitigation, *(_NUMBER.sub("<number>", _scrubbed(step)) for step in fact.steps))
        case Decided():
            yield str(fact.approve)
        case _:
            pass


def _done(fact: Fact) -> Iterator[str]:
    match fact:
        case Carried():
            yield f"{fact.act} ok={fact.ok} again={fact.again} settled={fact.settled}"
        case UnderWay():
            yield f"{fact.act} found={fact.found}"
        case Settled():
            yield f"{fact.act} {fact.landed}"
        case Worsened():
            yield f"{fact.now.name} in {fact.sentence}"
        case Validated():
            yield f"held={fact.held} {_answer(fact.finding)}"
        case WaitOver():
            yield f"{fact.by} {fact.ending} {_answer(fact.finding)}"
        case HandedOff():
            yield f"{fact.to} returns={fact.returns}"
        case Closed():
            yield fact.ending
        case _:
            pass


def _answer(finding: Finding) -> str:
    return f"{finding.sentence}? {finding.answer}"


def _plain(value: Any) -> Any:
    """A plan's data without ids; of a list of many, each kind of thing once."""
    match value:
        case dict():
            known = cast("dict[str, Any]", value)
            return {name: _plain(one) for name, one in sorted(known.items()) if name not in IDS}
        case list():
            return sorted({str(_plain(one)) for one in cast("list[Any]", value)})
        case str():
            return _scrubbed(value)
        case _:
            return value


def _scrubbed(text: str) -> str:
    for pattern, instead in _CHANCE:
        text = pattern.sub(instead, text)
    return text
