"""The part of the timeline about treatments: each plan with what was decided about it and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from journal.chain import Entry
from journal.facts.closed import HandedOff
from journal.facts.decided import Decided, Lapsed, Passed, Planned, Requested, TaskDone, TaskGiven, Withdrawn
from journal.facts.done import Carried, Intended, Progressed, Settled, UnderWay, Validated, Worsened
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Act
from journal.rounds import rounds, tries
from journal.timeline_events import Event, event, proof
from journal.wording import clock, sentence, visible


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Decision(_View):
    """A person's answer. `proof` tells whether the channel could prove who it was."""

    entry: int
    time: str
    by: str
    answer: str
    channel: str
    proof: str
    why: str
    about: str


class Changed(_View):
    """One target: as it was, as it should become, and what happened to it, if anything did."""

    name: str
    before: str
    after: str
    became: str


class Plan(_View):
    """A change, a manual task or a wait as it was proposed (`steps` are for a person), and what followed, in order.

    What is done only to look `tells` causes apart, and treats none.
    """

    entry: int
    title: str
    treats: str
    tells: tuple[str, ...] = ()
    effect: str
    summary: str
    targets: tuple[Changed, ...]
    out_of: int
    warnings: tuple[str, ...]
    steps: tuple[str, ...]
    risk: str
    stake: str
    way_back: str
    validation: str
    digest: str
    followed: tuple[Event, ...]


def plans(entries: Sequence[Entry]) -> tuple[Plan, ...]:
    """In the order they were proposed; the same plan proposed again by a resumed run appears once."""
    proposed: dict[str, tuple[Entry, int]] = {}
    for number, one in enumerate(rounds(entries), 1):
        for entry in one:
            if isinstance(entry.fact, Planned | TaskGiven | WaitBegun):
                proposed.setdefault(entry.fact.digest, (entry, number))
    of = tries(entries)
    drawn = ((_plan(entry, entries, of), number) for entry, number in proposed.values())
    return tuple(plan if number == 1 else _of_round(plan, number) for plan, number in drawn)


def _of_round(plan: Plan, number: int) -> Plan:
    return plan.model_copy(update={"title": f"{plan.title} (round {number})"})


def decisions(entries: Sequence[Entry]) -> tuple[Decision, ...]:
    titles = {plan.digest: plan.title for plan in plans(entries)}
    said: list[Decision] = []
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, Decided):
            answer = "approved" if fact.approve else "rejected"
            shown = proof(identity_proven=fact.identity_proven)
        elif isinstance(fact, TaskDone):
            answer = "done" if fact.done else "cannot be done"
            shown = "as stated"
        else:
            continue
        said.append(
            Decision(
                entry=entry.number,
                time=clock(entry.at),
                by=fact.by,
                answer=answer,
                channel=fact.channel.value,
                proof=shown,
                why=fact.why,
                about=titles.get(fact.digest, fact.digest),
            )
        )
    return tuple(said)


def _plan(proposed: Entry, entries: Sequence[Entry], of: Mapping[int, str]) -> Plan:
    fact = proposed.fact
    assert isinstance(fact, Planned | TaskGiven | WaitBegun)
    followed = tuple(event(entry, entries[0].at) for entry in entries if _belongs(entry, proposed, of))
    if isinstance(fact, TaskGiven | WaitBegun):
        return _without_targets(fact, proposed.number, followed)
    return Plan(
        entry=proposed.number,
        title=fact.title,
        treats=fact.treats,
        tells=fact.tells,
        effect=fact.effect.value + (", only to look" if fact.tells else ""),
        summary=fact.summary,
        targets=tuple(_targets(fact, entries)),
        out_of=fact.out_of,
        warnings=fact.warnings,
        steps=(),
        risk=fact.risk,
        stake=_stake(fact),
        way_back=fact.way_back,
        validation=fact.validation,
        digest=fact.digest,
        followed=followed,
    )


def _without_targets(fact: TaskGiven | WaitBegun, entry: int, followed: tuple[Event, ...]) -> Plan:
    """What is not done here: a task for a person, what another incident does, or nothing at all for a while."""
    given = isinstance(fact, TaskGiven)
    there = "" if given else fact.handed_to
    return Plan(
        entry=entry,
        title=fact.title,
        treats=fact.treats,
        effect="done by a person" if given else f"none here: {there} has it" if there else "none: it is waited",
        summary=fact.text if given else sentence(fact.says),
        targets=(),
        out_of=0,
        warnings=(),
        steps=fact.steps if given else (),
        risk="",
        stake="",
        way_back="",
        validation=fact.validation if given else fact.until,
        digest=fact.digest,
        followed=followed,
    )


def _stake(fact: Planned) -> str:
    """What a wrong cause would have cost, and how sure one had to be; nothing where that was not recorded."""
    return f"{fact.stake.value}, which takes {fact.sure:.0%}" if fact.stake and fact.sure else ""


def _targets(fact: Planned, entries: Sequence[Entry]) -> Iterator[Changed]:
    """Each target with what became of it, by the newest act on this plan that names it."""
    became: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry.fact, Carried) and entry.fact.digest == fact.digest:
            verb = {Act.APPLY: "done", Act.UNDO: "undone"}[entry.fact.act]
            became |= {
                one.name: "; ".join(word for word in (verb if one.done else f"not {verb}", one.note) if word)
                for one in entry.fact.results
            }
    intents = (entry.fact for entry in entries if isinstance(entry.fact, Intended))
    later = {one.name: one for intent in intents if intent.digest == fact.digest for one in intent.later}
    for target in (*fact.targets, *later.values()):
        said = "; ".join(
            word for word in ("came later" if target.name in later else "", became.get(target.name, "")) if word
        )
        name, before, after = map(visible, (target.name, target.before, target.after))
        yield Changed(name=name, before=before, after=after, became=said)


def _belongs(entry: Entry, proposed: Entry, of: Mapping[int, str]) -> bool:
    assert isinstance(proposed.fact, Planned | TaskGiven | WaitBegun)
    if entry.number <= proposed.number:
        return False
    match entry.fact:
        case Requested() | Decided() | Lapsed() | Withdrawn() | TaskDone() | Intended() | Carried() | Settled():
            return entry.fact.digest == proposed.fact.digest
        case UnderWay(digest=digest) | Progressed(digest=digest) | WaitOver(digest=digest):
            return digest == proposed.fact.digest
        case Passed() | Worsened() | Validated() | HandedOff():
            return of[entry.number] == proposed.fact.digest
        case _:
            return False
