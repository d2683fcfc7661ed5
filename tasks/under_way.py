"""Acts that go on in their target after the run has begun them: how that begins, what each look tells, when it is over.

`flows.follow` suspends the run between two looks, so no process is held; the watch has it make the next one when that
is due (`journal.waits`). Whoever may stop changes stops no act that goes on already: it is only watched, and that is
said. Only looks that tell something new are journaled.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from journal import approvals, clock, leases, under_way
from journal.chain import Entry, latest_time
from journal.facts.decided import TaskGiven
from journal.facts.done import Carried, Progressed, UnderWay
from journal.facts.words import Act, Going
from journal.wording import span
from runbook import Long, Outcome, Progress, Result
from tasks.case import E, P
from tasks.deed import TARGET_LEASE, Deed, why_blind
from tasks.engine import engine
from tasks.guardrail import halted
from tasks.notify import notify
from tasks.step import step
from tasks.waits import SOONEST

MOVED = 0.1
"""By how much of the whole (0..1) an act must have gone on for a look to be worth keeping."""

KEPT = 40
"""Looks kept at most because only their words changed."""


def begin(deed: Deed[E, P], attempt: int, note: str, *, found: bool = False) -> UnderWay:
    """Record, once, that the act goes on in its target, and tell people.

    Its time counts from the intent: whoever finds it later gives it no more. The lease was taken for all of that time
    with the intent; an undo takes it here.
    """
    case, key, change = deed.case, deed.key(attempt), deed.change
    if not isinstance(change, Long):  # it may have begun: the target is asked, as after any other error
        raise TypeError(f"{change.name} says that it is under way, and cannot tell its progress; make it a Long change")
    fact = UnderWay(
        mitigation=deed.mitigation.name,
        digest=deed.planned.digest,
        act=deed.way,
        attempt=attempt,
        lock=deed.lock,
        note=note,
        every=max(case.paced(change.every), SOONEST),
        expires_at=_intended(deed, attempt).at + change.within,
        found=found,
    )
    kept = case.said_as(f"under_way:{key}", fact)
    leases.acquire(case.journal, deed.lock, case.incident, deed.holds)
    _show(deed, f"under_way:{key}")
    return kept


def look(deed: Deed[E, P], attempt: int, act: UnderWay) -> Carried | str | None:
    """Look once how far it is: what became of it, nothing while it goes on, or why only a person can find out.

    What was begun is never begun again: that the target says it was not is looked at until the time is up.
    """
    leases.acquire(deed.case.journal, deed.lock, deed.case.incident, deed.holds)
    shown = f"How far is it: {deed.mitigation.title}?"
    found = step(f"progress_{act.mitigation}", lambda: _progress(deed, attempt), shown=shown)()
    late = _now(deed, attempt) >= act.expires_at
    _keep(deed, attempt, act, found)
    match found.going:
        case Going.DONE | Going.FAILED:
            return _over(deed, attempt, act, found)
        case Going.NOT_BEGUN if late:
            return _over(deed, attempt, act, found)
        case _:
            if not late:
                return None
            return f"Its time ({span(_took(deed, attempt))}) is up, and it is {found.going}. {found.note}"


def _progress(deed: Deed[E, P], attempt: int) -> Progress:
    """What the target tells. One that cannot be seen is looked at again: the act goes on meanwhile, or does not."""
    assert isinstance(deed.change, Long)
    try:
        return deed.change.progress(deed.drawn(attempt), deed.way)
    except Exception as blind:  # noqa: BLE001 # also an answer that nobody understands, such as 103% done
        return Progress(going=Going.UNKNOWN, note=why_blind(blind))


def _keep(deed: Deed[E, P], attempt: int, act: UnderWay, found: Progress) -> None:
    case, key = deed.case, f"progressed:{deed.key(attempt)}:"
    halt = halted(case)
    fact = Progressed(
        mitigation=act.mitigation,
        digest=act.digest,
        act=act.act,
        attempt=attempt,
        going=found.going,
        share=found.share,
        note=found.note,
        halted=halt.why if halt is not None else "",
    )
    earlier = [e.fact for e in case.journal.entries(case.incident) if isinstance(e.fact, Progressed) and key in e.key]
    if not earlier or _tells(fact, earlier[-1], len(earlier)):
        case.say(f"{key}{clock.now().isoformat()}", fact)
        _show(deed, None)


def _tells(fact: Progressed, last: Progressed, kept: int) -> bool:
    """Whether a look tells something new. Where a share is told, the words beside it change with every look."""
    if (fact.going, fact.halted) != (last.going, last.halted):
        return True
    if fact.share is not None and last.share is not None:
        return abs(fact.share - last.share) >= MOVED
    return kept < KEPT and (fact.share, fact.note) != (last.share, last.note)


def _over(deed: Deed[E, P], attempt: int, act: UnderWay, found: Progress) -> Carried:
    """Its outcome. A person who was asked about it need not answer any more."""
    case, done = deed.case, found.going is Going.DONE
    asked = case.said(f"task:{under_way.SETTLES}{deed.key(attempt)}", TaskGiven)
    if asked is not None:
        standing = approvals.standing(case.journal.entries(case.incident), asked.digest, clock.now())
        if standing is not None and standing.state is approvals.State.WAITING:
            approvals.withdraw(case.journal, case.incident, asked.digest, f"The target tells: {found.note}")
    results = tuple(Result(name=target.name, done=done) for target in deed.drawn(attempt).targets)
    if deed.way is Act.UNDO:  # also of what is undone when its incident is over: nothing else follows
        leases.release(case.journal, deed.lock, case.incident)
    else:
        leases.acquire(case.journal, deed.lock, case.incident, TARGET_LEASE)
    note = f"{found.note.rstrip('.')}. It took {span(_took(deed, attempt))}."
    return deed.carried(attempt, Outcome(ok=done, note=note, results=results), settled=act.found)


def _took(deed: Deed[E, P], attempt: int) -> timedelta:
    return _now(deed, attempt) - _intended(deed, attempt).at


def _now(deed: Deed[E, P], attempt: int) -> datetime:
    """The latest time that was seen since the intent: a clock that is set back makes no act longer."""
    entries = deed.case.journal.entries(deed.case.incident)
    return max(clock.now(), latest_time(entries, _intended(deed, attempt)))


def _intended(deed: Deed[E, P], attempt: int) -> Entry:
    intent = deed.case.journal.recorded(deed.case.incident, f"intended:{deed.key(attempt)}")
    assert intent is not None, "the intent is committed before the act"
    return intent


def _show(deed: Deed[E, P], about: str | None) -> None:
    """Show beside the run how far it is; people are told once."""
    case = deed.case
    text = under_way.told(case.journal.entries(case.incident), clock.now())
    if text is None:
        return
    undoing = "undoing " if deed.way is Act.UNDO else ""
    title = f"under way: {undoing}{deed.mitigation.title}"
    engine().show(key=f"{case.incident.lower()}-under-way", markdown=text, description=title)
    if about is not None:
        notify(case, about, f"{case.incident}: {title}", text)
