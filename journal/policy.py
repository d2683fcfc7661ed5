"""Which pages an incident is due, told from its entries alone: its escalation policy, the clock, and who has answered.

Nobody is paged for what is over, or for what somebody took over (`Acknowledged`). While it is waited for what ends by
itself nobody has to do anything: only levels that say *if unresolved* are told, and the others begin when the time of
the wait is up. `deployments.escalating` asks this,
as often as it likes and in as many processes: a page has a name, and what stands in the journal under it is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from journal import approvals, waits
from journal.chain import Entry
from journal.errors import IncidentClosed
from journal.facts.closed import Closed
from journal.facts.decided import Decided, Requested, TaskDone
from journal.facts.policy import Acknowledged, Escalated, EscalationPolicy, PolicyLevel
from journal.facts.words import Channel, Ending
from journal.people import reasoned, signed
from journal.shadow import unpaged
from journal.store import Journal
from journal.wording import span

KEY, WRITTEN_KEY = "escalation_policy", "ladder"
"""The key of the incident's escalation policy, and what it was in journals that were written before."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One level of one incident that is to be told. `name` is unique in its incident: `L1`, `L1:2`, `L2:ask-14`."""

    incident: str
    name: str
    level: str
    contacts: tuple[str, ...]
    due: datetime
    why: str

    @property
    def key(self) -> str:
        """Where the journal keeps it once it was told."""
        return f"escalated:{self.name}"


@dataclass(frozen=True, kw_only=True)
class _Wait:
    """Something nobody has answered since a moment. `first` is the first level that counts for it."""

    since: datetime
    mark: str
    why: str
    first: int = 0
    at_once: datetime | None = None
    """When the first level became due although its time had not come."""
    held_from: datetime | None = None
    """From when on only levels are told that are told although somebody is at work."""


def due(entries: Sequence[Entry], now: datetime, *, quiet: Collection[str] = ()) -> tuple[Page, ...]:
    """The pages that are due and not told yet, the longest overdue first.

    None for what ended in shadow, nor for what is open in one of the `quiet` systems, which are in shadow now.
    """
    policy = policy_of(entries)
    if policy is None or unpaged(entries, quiet):
        return ()
    known = {entry.key for entry in entries}
    found = [page for wait in _waits(entries, policy, now) for page in _pages(entries, policy, wait, now)]
    return tuple(sorted((page for page in found if page.key not in known), key=lambda page: page.due))


def walked(entries: Sequence[Entry]) -> bool:
    """Whether an incident is closed and nobody will ever be paged for it any more."""
    closed = any(isinstance(entry.fact, Closed) for entry in entries)
    return closed and not due(entries, entries[-1].at + timedelta(days=365))


def acknowledge(journal: Journal, incident: str, *, by: str, channel: Channel, why: str) -> Entry:
    """Record that a person takes the incident over; the first one stands.

    Raises `Unsigned`, `OddName`, `UnknownIncident`; `IncidentClosed` for one that ended well: there is nothing left to
    take over.
    """
    by, why = signed(by), reasoned(why)

    def guard(entries: Sequence[Entry]) -> None:
        closed = next((entry.fact for entry in entries if isinstance(entry.fact, Closed)), None)
        if closed is not None and closed.ending is not Ending.UNRESOLVED:
            raise IncidentClosed(incident, closed.ending.value)

    return journal.append(incident, "acknowledged", Acknowledged(by=by, channel=channel, why=why), guard=guard)


def policy_of(entries: Sequence[Entry]) -> EscalationPolicy | None:
    """The incident's own escalation policy, once it has one."""
    return next((entry.fact for entry in entries if isinstance(entry.fact, EscalationPolicy)), None)


def _waits(entries: Sequence[Entry], policy: EscalationPolicy, now: datetime) -> Iterator[_Wait]:
    if any(isinstance(entry.fact, Acknowledged) for entry in entries):
        return
    opened, closed = entries[0].at, next((entry for entry in entries if isinstance(entry.fact, Closed)), None)
    answers = [entry for entry in entries if isinstance(entry.fact, Decided | TaskDone)]
    if closed is not None:
        assert isinstance(closed.fact, Closed)
        if closed.fact.ending is not Ending.UNRESOLVED:
            return
        first = _marked(policy) if answers and _declined(answers[-1]) else 0
        at_once = closed.at if first == 0 else None
        yield _Wait(since=opened, mark="", why="It ended unresolved.", first=first, at_once=at_once)
        return
    waiting = approvals.waiting(entries, now)
    begun, _ = waits.last_wait(entries)
    if not answers:
        why = _unanswered(waiting, now) or f"Open for {span(now - opened)}."
        yield _Wait(since=opened, mark="", why=why, held_from=None if begun is None else begun.at)
        if begun is not None and (over := waits.ended_at(entries, now)) is not None:
            yield _Wait(since=over, mark=f"wait-{begun.number}", why=f"It was waited, and that is over. {why}")
        return
    why = f"It is not resolved after {span(now - opened)}, although somebody answered."
    yield _Wait(since=opened, mark="", why=why, first=_marked(policy))
    for standing in waiting:
        # A request that came after the first answer waits for itself, from its own asking or its latest yes.
        since = max([standing.asked.at, *(answer.at for answer in standing.answers)])
        so_far = f".{len(standing.answers)}" if standing.answers else ""
        yield _Wait(since=since, mark=f"ask-{standing.asked.number}{so_far}", why=_unanswered((standing,), now))


def _pages(entries: Sequence[Entry], policy: EscalationPolicy, wait: _Wait, now: datetime) -> Iterator[Page]:
    hurry = wait.at_once
    for number, level in enumerate(policy.levels[wait.first :], wait.first):
        held = wait.held_from is not None and number < _marked(policy)
        names = list(_names(level, wait.mark))
        for turn, name in enumerate(names):
            at = wait.since + level.after + (level.every or timedelta(0)) * turn
            if turn == 0 and hurry is not None:
                at = min(at, hurry)
            at = level.during.opens(at) if level.during is not None else at
            if at <= now and not (held and wait.held_from is not None and at > wait.held_from):
                yield Page(
                    incident=entries[0].incident,
                    name=name,
                    level=level.name,
                    contacts=level.contacts,
                    due=at,
                    why=wait.why,
                )
        hurry = _in_vain(entries, f"escalated:{names[0]}")


def _names(level: PolicyLevel, mark: str) -> Iterator[str]:
    for turn in range(1, level.times + 1):
        yield ":".join(part for part in (level.name, mark, str(turn) if turn > 1 else "") if part)


def _in_vain(entries: Sequence[Entry], key: str) -> datetime | None:
    """When a level was paged and nobody could be reached: the next one is due from then on."""
    found = next((entry for entry in entries if entry.key == key), None)
    return found.at if found is not None and isinstance(found.fact, Escalated) and not found.fact.told else None


def _marked(policy: EscalationPolicy) -> int:
    """The first level that is told although somebody is at work."""
    return next((n for n, level in enumerate(policy.levels) if level.if_unresolved), len(policy.levels))


def _declined(answer: Entry) -> bool:
    """Whether a person said no: they know that it is not resolved."""
    match answer.fact:
        case Decided(approve=said) | TaskDone(done=said):
            return not said
        case _:
            return False


def _unanswered(waiting: Sequence[approvals.Standing], now: datetime) -> str:
    return " ".join(
        f"{'An approval' if isinstance(one.request, Requested) else 'A task'} ({one.request.mitigation}) has waited"
        f" for {span(now - one.asked.at)}."
        for one in waiting
    )
