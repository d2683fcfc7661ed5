"""What keeps changes from happening anywhere: the stop switch, freeze windows, shadows, and cooldowns.

The guardrail asks here before every change; people set the switch and the windows by the command line. All of it is
read from entries: the installation's own facts are in the ledger, so who stopped what, when and why is as
tamper-evident as everything else.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from journal.chain import Entry
from journal.errors import NothingFrozen, UnknownSystem
from journal.facts.decided import Planned
from journal.facts.done import Carried, Intended
from journal.facts.every import Fact
from journal.facts.installation import Frozen, Switched, Thawed
from journal.facts.words import Act
from journal.people import reasoned, signed
from journal.schema import LEDGER
from journal.shadow import NAME as SHADOW
from journal.shadow import lifted_by, shadow_of
from journal.store import Journal

EVERYWHERE = "*"


UNREAD = "cannot be read, so nothing is changed; `codeblue verify` says which entry is damaged."
"""How a refusal goes on whose reason nobody can read."""

HALTS = ("stop switch", "freeze", SHADOW)
"""By what a change can be halted."""


class Halt(NamedTuple):
    """What it is, and one sentence that says who wants it and what lifts it."""

    by: str
    why: str


_TRIED = ("carried", "intended")


def stop(journal: Journal, by: str, why: str) -> Entry:
    """No change is applied anywhere from now on. Raises `Unsigned` without a name and a reason."""
    return _say(journal, Switched(stopped=True, by=signed(by), why=reasoned(why)))


def go(journal: Journal, by: str, why: str) -> Entry:
    """Changes may be applied again. Raises `Unsigned`."""
    return _say(journal, Switched(stopped=False, by=signed(by), why=reasoned(why)))


def stopped(journal: Journal) -> Switched | None:
    """Who stopped everything and why; `None` while changes may be applied."""
    last = journal.last_in_ledger("switched")
    return last.fact if last is not None and isinstance(last.fact, Switched) and last.fact.stopped else None


def freeze(
    journal: Journal,
    system: str,
    *,
    starts: datetime,
    ends: datetime,
    by: str,
    why: str,
    maintenance: bool = False,
    known: Collection[str] | None = None,
) -> Entry:
    """No change to `system` (`*` = all) in this window; with `maintenance`, its alerts open no incident either.

    `known` are the systems that there are, where the caller knows them: a freeze of another would freeze nothing.
    Raises `UnknownSystem`, `Unsigned`; `ValueError` for a window that never is.
    """
    if known is not None and system != EVERYWHERE and system not in known:
        raise UnknownSystem(system, tuple(sorted(known)))
    if ends <= starts:
        raise ValueError(f"a freeze window must end after it starts; {ends} is not after {starts}")
    by, why = signed(by), reasoned(why)
    return _say(journal, Frozen(system=system, starts=starts, ends=ends, by=by, why=why, maintenance=maintenance))


def thaw(journal: Journal, system: str, by: str, why: str) -> Entry:
    """Lift all windows set for `system` so far (`*` lifts those that were set for all systems).

    Raises `NothingFrozen` when no window of it holds or will, `Unsigned`.
    """
    by, why = signed(by), reasoned(why)

    there = sorted({window.system for window in freezes(journal)})
    if system not in there:
        raise NothingFrozen(system, tuple(there))
    return _say(journal, Thawed(system=system, by=by, why=why))


def freezes(journal: Journal) -> tuple[Frozen, ...]:
    """The freeze windows that hold or will hold, in the order in which they begin; `codeblue freezes` lists them."""
    now = journal.clock()
    return tuple(sorted((one for one, _ in _windows(journal) if now < one.ends), key=lambda one: one.starts))


def frozen(journal: Journal, system: str, at: datetime | None = None) -> Frozen | None:
    """The freeze window over `system` at that time, the longest-lasting if there are several; now if left out.

    One that held from the moment it was set has begun now, whatever a clock says that was set back since.
    """
    return max(_over(journal, system, at), key=lambda window: window.ends, default=None)


def maintained(journal: Journal, system: str, at: datetime) -> Frozen | None:
    """The maintenance window over `system` at that time, the longest-lasting if there are several.

    None where a record of one cannot be read: in doubt an alert is taken, as in doubt no change is made.
    """
    try:
        windows = [window for window in _over(journal, system, at) if window.maintenance]
    except ValidationError:
        return None
    return max(windows, key=lambda window: window.ends, default=None)


def _over(journal: Journal, system: str, at: datetime | None) -> list[Frozen]:
    when = journal.clock() if at is None else at
    ours = [(one, said) for one, said in _windows(journal) if one.system in (system, EVERYWHERE)]
    return [one for one, said in ours if one.starts <= (max(when, said) if at is None else when) and when < one.ends]


def _windows(journal: Journal) -> list[tuple[Frozen, datetime]]:
    """The freeze windows that nobody lifted, past ones too, and when each was set."""
    lifted: dict[str, int] = {}
    for entry in journal.of_kind("thawed"):
        if isinstance(entry.fact, Thawed):
            lifted[entry.fact.system] = max(entry.number, lifted.get(entry.fact.system, 0))
    return [
        (entry.fact, entry.at)
        for entry in journal.of_kind("frozen")
        if isinstance(entry.fact, Frozen) and entry.number > lifted.get(entry.fact.system, 0)
    ]


def halt(journal: Journal, system: str) -> Halt | None:
    """What keeps every change to `system` from being made now, if anything does, or if nobody can read whether."""
    try:
        return _halt(journal, system)
    except ValidationError:
        return Halt("damage", f"Whether changes are stopped or frozen {UNREAD}")


def _halt(journal: Journal, system: str) -> Halt | None:
    if (stop := stopped(journal)) is not None:
        return Halt(HALTS[0], f"The stop switch is on ({stop.why}, {stop.by}); `codeblue go --why TEXT` lifts it.")
    if (window := frozen(journal, system)) is not None:
        what, named = ("all systems", "'*'") if window.system == EVERYWHERE else (window.system, window.system)
        until = f"{window.ends:%Y-%m-%d %H:%M} UTC ({window.why}, {window.by})"
        lifts = f"`codeblue thaw {named} --why TEXT` lifts that"
        return Halt(HALTS[1], f"Changes to {what} are frozen until {until}; {lifts}.")
    if (shadow := shadow_of(journal, system)) is not None:
        return Halt(SHADOW, f"{system} is in shadow ({shadow.why}, {shadow.by}); {lifted_by(system)} ends that.")
    return None


def last_carried(journal: Journal, change: str, environment: str, since: datetime, *, but: str = "") -> Entry | None:
    """The newest entry since then that `change` was or is being applied in `environment`; for cooldowns.

    An intent counts as much as an outcome, whatever came of it: it may just be under way. `but` is a plan's digest that
    does not count, being the one in hand.
    """
    asked = (journal.of_kind(kind, since=since, environment=environment, newest_first=True) for kind in _TRIED)
    found = (next((one for one in tried if _applies(journal, one, change, but)), None) for tried in asked)
    return max((one for one in found if one is not None), key=lambda entry: entry.at, default=None)


def _applies(journal: Journal, entry: Entry, change: str, but: str) -> bool:
    """Whether an entry is of applying this change by another plan than `but`."""
    fact = entry.fact
    if not isinstance(fact, Intended | Carried) or fact.act is not Act.APPLY or fact.digest == but:
        return False
    return _changes(journal, entry.incident, fact.digest, change)


def _changes(journal: Journal, incident: str, digest: str, change: str) -> bool:
    return any(
        isinstance(entry.fact, Planned) and entry.fact.digest == digest and entry.fact.change == change
        for entry in journal.entries(incident)
    )


def _say(journal: Journal, fact: Fact) -> Entry:
    return journal.append(LEDGER, f"{fact.kind}:{uuid.uuid4()}", fact)
