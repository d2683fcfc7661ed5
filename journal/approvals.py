"""Whose yes counts: pure judgement over an incident's entries, and the guarded appends that record an answer.

The pipeline asks `standing` whether it may go on and `lapse`s what nobody answered; every channel (command line, web
page, chat, Prefect form) calls `decide` or `done`. The rules are checked inside the appending transaction, against what
is recorded at that moment, so two channels cannot both be the first to answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from journal import switches
from journal.chain import Entry, latest_time
from journal.errors import (
    AlreadyDecided,
    ChannelRefused,
    Halted,
    IdentityNotProven,
    IncidentClosed,
    NoSuchRequest,
    OtherPlan,
    RequesterExcluded,
    RequestExpired,
    SamePersonTwice,
)
from journal.facts.closed import Closed
from journal.facts.decided import Decided, Lapsed, Requested, TaskDone, TaskGiven, Withdrawn
from journal.facts.opened import Joined, Opened
from journal.facts.words import Channel
from journal.people import key, reasoned, same, signed
from journal.store import Journal


class State(StrEnum):
    """Where a request is. Approvals end in the first four words after `WAITING`, manual tasks in the last four."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    DONE = "done"
    NOT_DONE = "reported as not doable"


class Standing(BaseModel):
    """A request and what became of it. `asked` and `answers` are the entries behind it; `missing` counts yeses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    incident: str
    request: Requested | TaskGiven
    state: State
    asked: Entry
    answers: tuple[Entry, ...]
    missing: int

    @property
    def digest(self) -> str:
        return self.request.digest

    @property
    def by(self) -> tuple[str, ...]:
        """Who answered, in order."""
        return tuple(answer.fact.by for answer in self.answers if isinstance(answer.fact, Decided | TaskDone))


def standings(entries: Sequence[Entry], now: datetime) -> tuple[Standing, ...]:
    """All requests of an incident, in the order they were asked. A plan that is asked for again stands anew."""
    requests: dict[str, Entry] = {}
    for entry in entries:
        if isinstance(entry.fact, Requested | TaskGiven):
            requests.pop(entry.fact.digest, None)
            requests[entry.fact.digest] = entry
    return tuple(_judge(asked, entries, now) for asked in requests.values())


def standing(entries: Sequence[Entry], digest: str, now: datetime) -> Standing | None:
    """The newest request with this digest; `None` if it was never asked."""
    return next((found for found in standings(entries, now) if found.digest == digest), None)


def waiting(entries: Sequence[Entry], now: datetime) -> tuple[Standing, ...]:
    """Approvals and manual tasks that wait for a person. None once the incident is closed."""
    if _closed(entries) is not None:
        return ()
    return tuple(found for found in standings(entries, now) if found.state is State.WAITING)


def decide(
    journal: Journal,
    incident: str,
    digest: str,
    *,
    approve: bool,
    by: str,
    channel: Channel,
    identity_proven: bool,
    why: str,
) -> Standing:
    """Record a person's yes or no to exactly this plan; how the request stands after it.

    Where two must agree or somebody is excluded, a yes counts only from a proven identity; a no always counts.

    Raises `Unsigned`, `OddName`, `UnknownIncident`, `IncidentClosed`, `NoSuchRequest`, `OtherPlan`, `AlreadyDecided`,
    `RequestExpired`, `ChannelRefused`, `IdentityNotProven`, `RequesterExcluded`, `SamePersonTwice`, `Halted`.
    """
    by, why = signed(by), reasoned(why)

    def guard(entries: Sequence[Entry]) -> None:
        found = _answerable(entries, incident, digest, journal.clock(), Requested)
        request = found.request
        assert isinstance(request, Requested)
        if channel not in request.channels:
            raise ChannelRefused(incident, digest, channel.value, tuple(allowed.value for allowed in request.channels))
        if approve and request.requester_excluded and same(by, _requester(entries)):
            raise RequesterExcluded(incident, digest, by)
        if approve and any(same(by, other) for other in found.by):
            raise SamePersonTwice(incident, digest, by, found.missing)
        if approve and needs_proof(request) and not identity_proven:
            raise IdentityNotProven(incident, digest, by, channel.value)

    fact = Decided(digest=digest, approve=approve, by=by, channel=channel, identity_proven=identity_proven, why=why)
    with _over_stays_over(journal, incident, digest):
        if approve:
            guard(journal.entries(incident))  # what can never count is said first
            halted(journal, incident)
        journal.append(incident, f"decided:{uuid.uuid4()}", fact, guard=guard)
    return _after(journal, incident, digest)


def halted(journal: Journal, incident: str) -> None:
    """Nothing, unless no change may be made now: then a yes would end the incident without one. Raises `Halted`."""
    entries = journal.entries(incident)
    system = next((entry.fact.system for entry in entries if isinstance(entry.fact, Opened)), "")
    if (halt := switches.halt(journal, system)) is not None:
        raise Halted(incident, halt.why)


def needs_proof(request: Requested) -> bool:
    """Whether a yes counts only from a proven identity: two names that somebody typed may be one person's."""
    return request.quorum > 1 or request.requester_excluded


def done(journal: Journal, incident: str, digest: str, *, done: bool, by: str, channel: Channel, why: str) -> Standing:
    """Record that a manual task was done or, with `done` false, that it cannot be. Raises as `decide` does."""
    by, why = signed(by), reasoned(why)

    def guard(entries: Sequence[Entry]) -> None:
        _answerable(entries, incident, digest, journal.clock(), TaskGiven)

    fact = TaskDone(digest=digest, done=done, by=by, channel=channel, why=why)
    with _over_stays_over(journal, incident, digest):
        journal.append(incident, f"task_done:{uuid.uuid4()}", fact, guard=guard)
    return _after(journal, incident, digest)


def lapse(journal: Journal, incident: str, digest: str) -> Standing:
    """Record that a request's time is over, if it is and nobody settled it before; how it stands now. Safe to repeat.

    Raises `NoSuchRequest`, `UnknownIncident`.
    """
    now = journal.clock()
    found = standing(journal.entries(incident), digest, now)
    if found is None:
        raise NoSuchRequest(incident, digest)
    if found.state is State.EXPIRED:

        def guard(entries: Sequence[Entry]) -> None:
            latest = standing(entries, digest, now)
            if latest is None or latest.state is not State.EXPIRED:
                raise _AnsweredMeanwhile

        # The key names the request, so two watchers record one lapse.
        with suppress(_AnsweredMeanwhile):
            journal.append(incident, f"lapsed:{found.asked.number}", Lapsed(digest=digest), guard=guard)
    return _after(journal, incident, digest)


def withdraw(journal: Journal, incident: str, digest: str, why: str) -> Standing:
    """Record that a request needs no answer any more, if it still waits for one; how it stands now. Safe to repeat.

    The pipeline calls it after the symptom was asked again. Raises `NoSuchRequest`, `UnknownIncident`.
    """
    now = journal.clock()
    found = standing(journal.entries(incident), digest, now)
    if found is None:
        raise NoSuchRequest(incident, digest)

    def guard(entries: Sequence[Entry]) -> None:
        latest = standing(entries, digest, now)
        if latest is None or latest.state is not State.WAITING:
            raise _AnsweredMeanwhile

    with suppress(_AnsweredMeanwhile):
        journal.append(incident, f"withdrawn:{found.asked.number}", Withdrawn(digest=digest, why=why), guard=guard)
    return _after(journal, incident, digest)


def outdated(entries: Sequence[Entry], digest: str, now: datetime) -> bool:
    """Whether the last answer to a request is older than the request could have waited: a yes does not keep for ever.

    A machine that slept, or a clock that leapt, between the answer and the act; set back afterwards, it revives no yes.
    False where nobody was asked.
    """
    found = standing(entries, digest, now)
    if found is None or not found.answers:
        return False
    last = found.answers[-1]
    return max(now, latest_time(entries, last)) - last.at > found.request.expires_at - found.asked.at


def monitors_end(entries: Sequence[Entry]) -> int | None:
    """The entry by which a monitor said that the problem is over; `None` when its last word is another."""
    for entry in reversed(entries):
        if isinstance(entry.fact, Joined) and not entry.fact.related:
            return entry.number if entry.fact.alert.get("status") == "resolved" else None
    return None


def unheard_end(entries: Sequence[Entry]) -> bool:
    """Whether a monitor said that the problem is over and nobody has asked the symptom since (`ended_phase`)."""
    ended = monitors_end(entries)
    return ended is not None and all(entry.key != f"symptom:{ended_phase(ended)}" for entry in entries)


def ended_phase(number: int) -> str:
    """The phase in which the symptom is asked after a monitor said, in that entry, that the problem is over."""
    return f"ended:{number}"


@contextmanager
def _over_stays_over(journal: Journal, incident: str, digest: str) -> Generator[None]:
    """Record that a request is over as soon as somebody was told so: a clock set back does not revive it."""
    try:
        yield
    except RequestExpired:
        lapse(journal, incident, digest)
        raise


class _AnsweredMeanwhile(Exception):
    """Somebody answered at the last moment: the request neither lapses nor is it withdrawn."""


def _judge(asked: Entry, entries: Sequence[Entry], now: datetime) -> Standing:
    request = asked.fact
    assert isinstance(request, Requested | TaskGiven)
    quorum = max(1, request.quorum) if isinstance(request, Requested) else 1
    proof = isinstance(request, Requested) and needs_proof(request)
    answers: list[Entry] = []
    yes: set[str] = set()
    state = State.WAITING
    for entry in entries:
        if entry.number <= asked.number or state is not State.WAITING:
            continue
        match entry.fact:
            case Decided(digest=request.digest, approve=approve, by=by) if isinstance(request, Requested):
                answers.append(entry)
                yes |= {key(by)} if approve and (entry.fact.identity_proven or not proof) else set()
                state = State.REJECTED if not approve else State.APPROVED if len(yes) >= quorum else state
            case TaskDone(digest=request.digest, done=was_done) if isinstance(request, TaskGiven):
                answers.append(entry)
                state = State.DONE if was_done else State.NOT_DONE
            case Lapsed(digest=request.digest):
                state = State.EXPIRED
            case Withdrawn(digest=request.digest):
                state = State.WITHDRAWN
            case _:
                pass
    if state is State.WAITING and max(now, latest_time(entries, asked)) >= request.expires_at:
        state = State.EXPIRED
    missing = quorum - len(yes) if state is State.WAITING else 0
    return Standing(
        incident=asked.incident, request=request, state=state, asked=asked, answers=tuple(answers), missing=missing
    )


def _answerable(
    entries: Sequence[Entry], incident: str, digest: str, now: datetime, kind: type[Requested | TaskGiven]
) -> Standing:
    """The waiting request that an answer is for, or the reason why there is none."""
    closed = _closed(entries)
    if closed is not None:
        raise IncidentClosed(incident, closed.ending.value)
    ours = [found for found in standings(entries, now) if isinstance(found.request, kind)]
    found = next((one for one in ours if one.digest == digest), None)
    if found is None:
        other = next((one for one in reversed(ours) if one.state is State.WAITING), None)
        raise NoSuchRequest(incident, digest) if other is None else OtherPlan(incident, digest, other.digest)
    match found.state:
        case State.WAITING:
            return found
        case State.EXPIRED:
            raise RequestExpired(incident, digest, f"{found.request.expires_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
        case State.WITHDRAWN:
            raise AlreadyDecided(incident, digest, found.state.value, "Code Blue, because the problem ended by itself")
        case State.APPROVED | State.REJECTED | State.DONE | State.NOT_DONE:
            raise AlreadyDecided(incident, digest, found.state.value, " and ".join(found.by))


def _after(journal: Journal, incident: str, digest: str) -> Standing:
    found = standing(journal.entries(incident), digest, journal.clock())
    assert found is not None
    return found


def _closed(entries: Sequence[Entry]) -> Closed | None:
    return next((entry.fact for entry in entries if isinstance(entry.fact, Closed)), None)


def _requester(entries: Sequence[Entry]) -> str:
    return next((entry.fact.requested_by for entry in entries if isinstance(entry.fact, Opened)), "")
