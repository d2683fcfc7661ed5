"""Waiting for what ends by itself: how it begins, what each look says, and when it is over.

`flows.follow` suspends the run between two looks, so no process is held; the watch has it make the next one when that
is due (`journal.waits`). Only looks that tell something new are journaled.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from journal import clock, waits
from journal.chain import Entry, latest_time
from journal.facts.seen import Finding, Read
from journal.facts.waited import WaitBegun, WaitOver
from journal.facts.words import Answer
from runbook import HandOff, Wait
from tasks.answered import over_by_itself
from tasks.case import Case, E, P
from tasks.engine import engine
from tasks.gather import look_once, revive
from tasks.notify import notify
from tasks.plan import manual_digest
from tasks.step import step
from tasks.validate import KEPT, SHORTEST, moved

EVERY = timedelta(minutes=1)
SOONEST = timedelta(seconds=1)
"""How often it is looked; in practice environments faster, but never more often than this."""


def begin(case: Case[E, P], wait: Wait[E, P]) -> WaitBegun:
    """Record, once, that it is waited, and tell people that nothing is asked of them."""
    until, treats = wait.until.sentence, wait.treats.name
    return opened(case, wait, treats=treats, until=until, says=wait.says, within=wait.within)


def opened(
    case: Case[E, P], step: Wait[E, P] | HandOff[E, P], *, treats: str, until: str, says: str, within: timedelta
) -> WaitBegun:
    """Record, once, what a wait is for, and tell people. Also asked by `tasks.returning`."""
    tried = case.named(step.name)
    fresh = case.said(f"wait:{tried}", WaitBegun) is None
    fact = WaitBegun(
        mitigation=step.name,
        title=step.title,
        treats=treats,
        digest=manual_digest(case, tried, (until, says)),
        until=until,
        says=says,
        every=max(case.paced(EVERY), SOONEST),
        expires_at=clock.now() + min(within, max(case.paced(within), SHORTEST)),
        handed_to=step.to.name if isinstance(step, HandOff) else "",
    )
    kept = case.said_as(f"wait:{tried}", fact)
    notify(case, f"wait:{tried}", f"{case.incident}: {step.title}", waits.told(kept))
    if fresh:
        engine().show(key=f"{case.incident.lower()}-wait", markdown=waits.told(kept), description=step.title)
    return kept


def look(case: Case[E, P], wait: Wait[E, P], begun: WaitBegun) -> WaitOver | None:
    """Look once whether it is over: how it ended, or nothing while it goes on. Unknown is not over."""
    return once(case, wait, partial(_look, case, wait, begun), f"Is it over: {wait.until.sentence}?")


def once(
    case: Case[E, P], wait: Wait[E, P] | HandOff[E, P], do: Callable[[], WaitOver | None], shown: str
) -> WaitOver | None:
    """One look, which is kept where it ends the wait."""
    key = f"waited:{case.named(wait.name)}"
    if (known := case.said(key, WaitOver)) is not None:
        return known

    def ask() -> WaitOver | None:
        over = do()
        return None if over is None else case.said_as(key, over)

    return step(f"wait_{wait.name}", ask, shown=shown)()


def _look(case: Case[E, P], wait: Wait[E, P], begun: WaitBegun) -> WaitOver | None:
    phase = f"wait:{case.named(wait.name)}"
    fact = look_once(case, wait.until.probe, phase)
    finding, earlier = _find(wait, fact), _earlier(case, phase)
    since = _since(wait, (fact, *earlier))
    if not earlier or _find(wait, earlier[0]).answer is not finding.answer or _tells(fact, earlier):
        case.say(f"read:{phase}:{fact.at.isoformat()}", fact)
    if since is not None and abs(fact.at - since) >= begun.every / 2:  # a clock may be set back between two looks
        ended_ = ended(case, wait, begun, finding)
        return ended_.model_copy(update={"by": "evidence", "since": min(since, fact.at)})
    return by_itself(case, wait, begun, finding)


def by_itself(
    case: Case[E, P], wait: Wait[E, P] | HandOff[E, P], begun: WaitBegun, finding: Finding
) -> WaitOver | None:
    """How a wait ends for which nothing came: its time is up, or the alert ended."""
    if waits.up(case.journal.entries(case.incident), clock.now()):
        return ended(case, wait, begun, finding)
    if over_by_itself(case, since=_begun_at(case, wait).number):
        return ended(case, wait, begun, finding).model_copy(update={"by": "recovery"})
    return None


def ended(case: Case[E, P], wait: Wait[E, P] | HandOff[E, P], begun: WaitBegun, finding: Finding) -> WaitOver:
    """How a wait ended: by time, unless said otherwise."""
    began = _begun_at(case, wait)
    last = max(clock.now(), latest_time(case.journal.entries(case.incident), began))
    took = timedelta(seconds=round((last - began.at).total_seconds(), 3))
    return WaitOver(mitigation=wait.name, digest=begun.digest, by="time", finding=finding, took=took)


def _begun_at(case: Case[E, P], wait: Wait[E, P] | HandOff[E, P]) -> Entry:
    entry = case.journal.recorded(case.incident, f"wait:{case.named(wait.name)}")
    assert entry is not None, "it has begun"
    return entry


def _earlier(case: Case[E, P], phase: str) -> list[Read]:
    """The looks that are kept, the newest first."""
    entries = case.journal.entries(case.incident)
    return [e.fact for e in reversed(entries) if isinstance(e.fact, Read) and e.fact.phase == phase]


def _find(wait: Wait[E, P], fact: Read) -> Finding:
    return wait.until.find({fact.probe: revive(wait.until.probe, fact)})


def _since(wait: Wait[E, P], looks: tuple[Read, ...]) -> datetime | None:
    """Since when it has been so in every look, as far as they are kept; nothing where it is not so now."""
    since = None
    for fact in looks:
        if _find(wait, fact).answer is not Answer.YES:
            break
        since = fact.at
    return since


def _tells(fact: Read, earlier: list[Read]) -> bool:
    return len(earlier) < KEPT and moved(earlier[0], fact)
