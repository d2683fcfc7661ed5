"""What keeps changes from happening anywhere: the stop switch, freeze windows, and cooldowns.

The belt asks here before every change; people set the switch and the windows by the command line. All of it is read
from entries: the house's own facts are in the ledger, so who stopped what, when and why is as tamper-evident as all.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from journal.chain import Entry
from journal.errors import Unsigned
from journal.facts.decided import Planned
from journal.facts.done import Carried
from journal.facts.every import Fact
from journal.facts.house import Frozen, Switched, Thawed
from journal.facts.words import Act
from journal.schema import LEDGER
from journal.store import Journal

EVERYWHERE = "*"


def stop(journal: Journal, by: str, why: str) -> Entry:
    """No change is applied anywhere from now on. Raises `Unsigned` without a name and a reason."""
    return _say(journal, Switched(stopped=True, by=_signed(by, "name"), why=_signed(why, "reason")))


def go(journal: Journal, by: str, why: str) -> Entry:
    """Changes may be applied again. Raises `Unsigned`."""
    return _say(journal, Switched(stopped=False, by=_signed(by, "name"), why=_signed(why, "reason")))


def stopped(journal: Journal) -> Switched | None:
    """Who stopped everything and why; `None` while changes may be applied."""
    for entry in journal.of_kind("switched", newest_first=True, limit=1):
        if isinstance(entry.fact, Switched) and entry.fact.stopped:
            return entry.fact
    return None


def freeze(
    journal: Journal,
    system: str,
    *,
    starts: datetime,
    ends: datetime,
    by: str,
    why: str,
    maintenance: bool = False,
) -> Entry:
    """No change to `system` (`*` = all) in this window; with `maintenance`, its alerts open no incident either.

    Raises `Unsigned`; `ValueError` for a window that never is.
    """
    if ends <= starts:
        raise ValueError(f"a freeze window must end after it starts; {ends} is not after {starts}")
    by, why = _signed(by, "name"), _signed(why, "reason")
    return _say(journal, Frozen(system=system, starts=starts, ends=ends, by=by, why=why, maintenance=maintenance))


def thaw(journal: Journal, system: str, by: str, why: str) -> Entry:
    """Lift all windows set for `system` so far (`*` lifts those that were set for all systems). Raises `Unsigned`."""
    return _say(journal, Thawed(system=system, by=_signed(by, "name"), why=_signed(why, "reason")))


def frozen(journal: Journal, system: str, at: datetime) -> Frozen | None:
    """The freeze window over `system` at that time, the longest-lasting if there are several."""
    return max(_windows(journal, system, at), key=lambda window: window.ends, default=None)


def maintained(journal: Journal, system: str, at: datetime) -> Frozen | None:
    """The maintenance window over `system` at that time, the longest-lasting if there are several."""
    windows = [window for window in _windows(journal, system, at) if window.maintenance]
    return max(windows, key=lambda window: window.ends, default=None)


def _windows(journal: Journal, system: str, at: datetime) -> list[Frozen]:
    lifted: dict[str, int] = {}
    for entry in journal.of_kind("thawed"):
        if isinstance(entry.fact, Thawed):
            lifted[entry.fact.system] = entry.number
    return [
        entry.fact
        for entry in journal.of_kind("frozen")
        if isinstance(entry.fact, Frozen)
        and entry.fact.system in (system, EVERYWHERE)
        and entry.fact.starts <= at < entry.fact.ends
        and entry.number > lifted.get(entry.fact.system, 0)
    ]


def last_carried(journal: Journal, change: str, environment: str, since: datetime) -> Entry | None:
    """The newest `Carried` that applied `change` in `environment` since then, successful or not; for cooldowns."""
    for entry in journal.of_kind("carried", since=since, environment=environment, newest_first=True):
        if isinstance(entry.fact, Carried) and entry.fact.act is Act.APPLY and _changes(journal, entry, change):
            return entry
    return None


def _changes(journal: Journal, carried: Entry, change: str) -> bool:
    assert isinstance(carried.fact, Carried)
    return any(
        isinstance(entry.fact, Planned) and entry.fact.digest == carried.fact.digest and entry.fact.change == change
        for entry in journal.entries(carried.incident)
    )


def _say(journal: Journal, fact: Fact) -> Entry:
    return journal.append(LEDGER, f"{fact.kind}:{uuid.uuid4()}", fact)


def _signed(given: str, missing: str) -> str:
    if not given.strip():
        raise Unsigned(missing)
    return given.strip()
