"""What people must know of the rounds before when they are asked in a later one: what was done, and what is new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from journal import procedure
from journal.chain import Entry
from journal.facts.decided import Planned
from journal.facts.done import Intended
from journal.facts.seen import Judged, SymptomAsked, Verdict
from journal.facts.words import Answer
from journal.rounds import rounds
from journal.timeline_words import done_in
from journal.wording import counted, sentence

Told = tuple[str, str]
"""A word that says what it is about, and a sentence."""


def told_before(
    entries: Sequence[Entry], planned: Planned | None = None, at_most: int | None = None
) -> tuple[Told, ...]:
    """Beside a question of a later round, of `at_most` so many; nothing in the first. `planned` is what is asked.

    Of a procedure, which has no rounds: the steps before, and those to come.
    """
    if steps := tuple(procedure.told(entries)):
        return steps
    every = rounds(entries)
    return tuple(_told(every, entries, planned, at_most)) if len(every) > 1 else ()


def _told(
    every: Sequence[Sequence[Entry]], entries: Sequence[Entry], planned: Planned | None, at_most: int | None
) -> Iterator[Told]:
    before, now = every[-2], every[-1]
    yield "Round", f"{len(every)} of {at_most} at most." if at_most else f"{len(every)}."
    yield from (("Before", line) for line in done_in(before, entries))
    asked = next((e.fact.finding for e in reversed(entries) if isinstance(e.fact, SymptomAsked)), None)
    if asked is not None and asked.answer is Answer.UNKNOWN:
        yield "Unknown", sentence(f"Whether the symptom is still there: {asked.observed.rstrip('.')}")
    yield from (("New", line) for line in _judged_otherwise(_ranking(before), _ranking(now)))
    if planned is not None:
        yield from (("New", line) for line in _targets(planned, entries))


def _ranking(some: Sequence[Entry]) -> tuple[Verdict, ...]:
    return next((entry.fact.ranking for entry in some if isinstance(entry.fact, Judged)), ())


def _judged_otherwise(before: Sequence[Verdict], now: Sequence[Verdict]) -> Iterator[str]:
    """Causes that stand otherwise than in the round before."""
    was = {verdict.hypothesis: verdict for verdict in before}
    for verdict in now:
        earlier = was.get(verdict.hypothesis)
        if earlier is not None and earlier.standing is not verdict.standing:
            yield f"{verdict.claim} ({verdict.standing}, {verdict.likely}; it was {earlier.standing}, {earlier.likely})"


def _targets(planned: Planned, entries: Sequence[Entry]) -> Iterator[str]:
    """How many targets were in no plan of this treatment before; nothing where it had none."""
    said = [e.fact for e in entries if isinstance(e.fact, Planned | Intended) and e.fact.digest != planned.digest]
    earlier: set[str] = set()
    for fact in said:
        if fact.mitigation == planned.mitigation:  # under a yes to the rule, what was carried out may be more
            earlier |= {target.name for target in (fact.targets if isinstance(fact, Planned) else fact.later)}
    if earlier:
        new = sum(target.name not in earlier for target in planned.targets)
        yield f"{new} of {counted(len(planned.targets), 'target')} in no plan of this treatment before."
