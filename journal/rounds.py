"""Rounds of an incident: which try of a treatment an entry is about, what stays of it, what is not tried again.

A round begins when causes are judged, and ends with the first act that did not end the symptom. A treatment may be
tried in several of them, each time by a plan or task of its own, whose digest names the try. Facts that name only the
treatment are about what was proposed of it last. The pipeline and whoever tells of an incident must mean the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from journal.chain import Entry
from journal.facts.closed import HandedOff
from journal.facts.decided import Lapsed, Passed, Planned, Requested, TaskDone, TaskGiven
from journal.facts.done import Carried, Intended, Progressed, Settled, UnderWay, Validated, Worsened
from journal.facts.seen import Judged
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Act
from journal.under_way import SETTLES

PERSON = "person"
"""What a treatment is passed over for that somebody refused."""

ROUND = "round"
"""What a treatment is passed over for that would do again what did not help in an earlier round."""


def tries(entries: Sequence[Entry]) -> dict[int, str]:
    """What the entries about treatments are about, by their number: the digest of a plan or task.

    Where none was proposed, it is the name of the treatment.
    """
    known = {e.fact.digest for e in entries if isinstance(e.fact, Planned | TaskGiven | WaitBegun)}
    ever: dict[str, str] = {}
    now: dict[str, str] = {}  # in this round
    found: dict[int, str] = {}
    for entry in entries:
        match entry.fact:
            case Judged():
                now.clear()
            case Planned() | TaskGiven() | WaitBegun():
                name, digest = entry.fact.mitigation, entry.fact.digest
                ever[name] = now[name] = found[entry.number] = digest
            case Requested() | Intended() | UnderWay() | Progressed() | Carried() | Settled() | WaitOver():
                name, digest = entry.fact.mitigation, entry.fact.digest
                found[entry.number] = digest if digest in known else ever.get(name, name)
            case Validated(mitigation=name) | Worsened(mitigation=name) | HandedOff(mitigation=name):
                found[entry.number] = ever.get(name, name)
            case Passed(mitigation=name):
                found[entry.number] = now.get(name, name)
            case _:
                pass
    return found


def kept(entries: Sequence[Entry]) -> dict[str, str]:
    """The tries that held and were not taken back, in order: each with its treatment."""
    of, undone = tries(entries), taken_back(entries)
    held = {of[e.number]: e.fact.mitigation for e in entries if isinstance(e.fact, Validated) and e.fact.held}
    return {one: name for one, name in held.items() if one not in undone}


def expired(entries: Sequence[Entry]) -> set[str]:
    """The tries that held until their time was up, and were undone only then."""
    of, worse = tries(entries), worsened(entries)
    held = {of[e.number] for e in entries if isinstance(e.fact, Validated) and e.fact.held} - worse
    acts = [(of[entry.number], entry.at, entry.fact) for entry in entries if isinstance(entry.fact, Carried)]
    ends = {one: fact.expires_at for one, _, fact in acts if fact.expires_at is not None}
    undone = {one for one, at, fact in acts if fact.act is Act.UNDO and fact.ok and one in ends and at >= ends[one]}
    return undone & held


def taken_back(entries: Sequence[Entry]) -> set[str]:
    """The tries that were undone."""
    of = tries(entries)
    acts = ((of[entry.number], entry.fact) for entry in entries if isinstance(entry.fact, Carried))
    return {one for one, fact in acts if fact.act is Act.UNDO and fact.ok}


def half_done(entries: Sequence[Entry]) -> dict[str, str]:
    """The tries that failed and may be in place all the same, wholly or in part: each with its treatment.

    Some of its targets were reached, or it was under way, or nobody could tell, and the person who was asked did not.
    """
    of = tries(entries)
    begun = {of[e.number] for e in entries if isinstance(e.fact, UnderWay) and e.fact.act is Act.APPLY}
    lapsed = {entry.fact.digest for entry in entries if isinstance(entry.fact, Lapsed)}
    untold = {e.fact.mitigation for e in entries if isinstance(e.fact, TaskGiven) and e.fact.digest in lapsed}
    found: dict[str, str] = {}
    for entry in entries:
        match entry.fact:
            case Carried(act=Act.APPLY, ok=False, again=False, mitigation=name, results=results):
                reached = any(result.done for result in results)
                if reached or of[entry.number] in begun or SETTLES + entry.key.removeprefix("carried:") in untold:
                    found[of[entry.number]] = name
            case _:
                pass
    return found


def worsened(entries: Sequence[Entry]) -> set[str]:
    """The tries after which something became clearly worse."""
    of = tries(entries)
    return {of[entry.number] for entry in entries if isinstance(entry.fact, Worsened)}


def examinations(entries: Sequence[Entry]) -> set[str]:
    """The plans that are made only to look, by their digests."""
    return {entry.fact.digest for entry in entries if isinstance(entry.fact, Planned) and entry.fact.tells}


def given_up(entries: Sequence[Entry]) -> set[str]:
    """Treatments that no later round tries again.

    It became clearly worse after them, they could not be undone, a person refused them or could not do them, or it was
    waited for, or examined, once.
    """
    return set(_given_up(entries))


def _given_up(entries: Sequence[Entry]) -> Iterator[str]:
    asked = {e.fact.digest: e.fact.mitigation for e in entries if isinstance(e.fact, TaskGiven)}
    only_looks = examinations(entries)
    for entry in entries:
        match entry.fact:
            case Worsened(mitigation=name) | WaitOver(mitigation=name):
                yield name
            case Passed(mitigation=name, by=by) if by == PERSON:
                yield name
            case Carried(mitigation=name, act=Act.UNDO, ok=False, again=False):
                yield name
            case Carried(mitigation=name, digest=digest) if digest in only_looks:
                yield name
            case TaskDone(digest=digest, done=False) if digest in asked:
                yield asked[digest]
            case _:
                pass


def rounds(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The entries of each round, from its ranking on. The first has what came before as well."""
    found: list[list[Entry]] = [[]]
    judged = False
    for entry in entries:
        if isinstance(entry.fact, Judged) and judged:
            found.append([])
        judged = judged or isinstance(entry.fact, Judged)
        found[-1].append(entry)
    return found
