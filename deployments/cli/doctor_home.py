"""What `codeblue doctor` finds in the home and in the journal; none of it needs Prefect."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from shlex import quote

from deployments import places
from deployments.cli.finding import Finding, no, unknown, yes
from deployments.errors import explain
from deployments.part_logs import PartLog, part_logs
from deployments.stack_home import Home
from journal.store import Journal
from journal.wording import counted, moment, span

ROOM = 500_000_000
"""Bytes that must be free where the journal grows."""

PATIENCE = timedelta(seconds=90)
"""How long the watch may be silent; a round that waits for a journal that is away takes a minute."""

SHOWN = 10
"""Lines about what fails; a cause that many share says the same in each."""

LOST = timedelta(days=1)
"""How long an alert that started nothing is trouble; its problem may still be there."""

OFTEN = 3
"""Starts of a part in one life of the stack: once may be an accident, and is said; so often it does not stay up."""


def home(place: Home, *, room: int = ROOM) -> Finding:
    """Whether there is an installation, private and with room."""
    if not place.path.is_dir():
        return no("home", f"There is none at {place.path}. `codeblue up` makes one; --home names another.")
    if (mode := stat.S_IMODE(place.path.stat().st_mode)) & 0o077:
        return no("home", f"Others may look into {place.path} (mode {mode:o}). Close it: chmod 700 {place.path}")
    free = shutil.disk_usage(place.path).free
    if free < room:
        return no("home", f"The disk of {place.path} has {free / 1e6:.0f} MB left; the journal cannot grow much more.")
    return yes("home", str(place.path))


def journal(place: Home) -> Iterator[Finding]:
    """Whether the record can be read and lets changes be applied."""
    try:
        with places.journal(place, patience=3.0) as opened:
            count = sum(1 for _ in opened.every_open())
            yield yes("journal", f"{opened.database.where}, current, {counted(count, 'open incident')}")
            yield stop_switch(opened)
            yield from freezes(opened)
            yield from shadows(opened)
            yield from tests(opened)
            yield from alerts(opened)
    except Exception as error:  # noqa: BLE001  (whatever keeps it from opening is the finding)
        yield no("journal", explain(error)[0])
        for name in ("stop switch", "freezes", "shadow"):
            yield unknown(name, "Could not look without the journal.")


def stop_switch(journal: Journal) -> Finding:
    """Whether nothing is stopped."""
    from journal import switches

    stopped = switches.stopped(journal)
    if stopped is not None:
        return no(
            "stop switch", f"Changes are stopped ({stopped.why}, {stopped.by}); lift it with: codeblue go --why TEXT"
        )
    return yes("stop switch", "Off")


def freezes(journal: Journal) -> Iterator[Finding]:
    """Whether no system is frozen right now."""
    from journal import switches

    now = journal.clock()
    held = [one for one in switches.freezes(journal) if one.starts <= now]
    for one in held:
        everywhere = one.system == switches.EVERYWHERE
        what = "All systems are" if everywhere else f"{one.system} is"
        lift = f"codeblue thaw {quote(one.system)} --why TEXT"
        text = f"{what} frozen until {moment(one.ends)} ({one.why}, {one.by}): no change to it is applied. Lift: {lift}"
        yield no("freezes", text)
    if not held:
        yield yes("freezes", "None now: approved changes are applied unless the stop switch is on")


def shadows(journal: Journal) -> Iterator[Finding]:
    """Whether people are asked and paged for every system."""
    from journal import shadow

    found = shadow.shadows(journal)
    for one in found:
        since = f"since {moment(one.since)} ({one.why}, {one.by})"
        text = f"{one.system} is in shadow {since}: nobody is asked or paged for it, and nothing is changed."
        yield no("shadow", f"{text} End it: codeblue shadow {quote(one.system)} off --why TEXT")
    if not found:
        yield yes("shadow", "None: people are asked and paged for every system")


def tests(journal: Journal) -> Iterator[Finding]:
    """When each sender's test last came. Whoever has just sent one looks here; none is no trouble, and no line."""
    from deployments.receiver import inbox_queries

    for form, at in sorted(inbox_queries.tests(journal).items()):
        yield yes("tests", f"{form}: test received at {moment(at)}")


def alerts(journal: Journal) -> Iterator[Finding]:
    """Whether alerts of the last day started nothing although nobody wanted that; no line when none did."""
    from deployments.receiver import inbox_queries

    lost = inbox_queries.left_over(journal, since=journal.clock() - LOST)
    yield from (no("deliveries", str(one)) for one in lost[:SHOWN])
    if len(lost) > SHOWN:
        yield no("deliveries", f"And {len(lost) - SHOWN:,} more of the last day started nothing.")


def failing(place: Home) -> Iterator[Finding]:
    """What fails for one incident, alert or form while everything else goes on, as each process notes in the home."""
    from deployments import failing as notes

    if not place.path.is_dir():
        yield unknown("failing", f"There are no notes: nothing has run in {place.path}.")
        return
    found = notes.failing(place)
    for one in found[:SHOWN]:
        yield no("failing", f"Since {moment(one.since)}: {one}")
    if len(found) > SHOWN:
        yield no("failing", f"And {len(found) - SHOWN} more, in the notes of {place.path} (*.failing.json).")
    if not found and places.idle(place):
        yield unknown("failing", "Nothing runs here now, so nothing could fail. Start it with: codeblue up")
    elif not found:
        yield yes("failing", "Nothing fails for one incident, alert or start form alone")


def systems() -> Iterator[Finding]:
    """Whether every system that is installed could be loaded."""
    from deployments.systems import installed

    found = installed()
    broken = [one for one in found if one.system is None]
    yield from (no("systems", f"{one.name} is installed and not loaded: {one.why}") for one in broken)
    if not found:
        yield no("systems", "None is installed, so no runbook can be run. Install one into this Python.")
    elif not broken:
        yield yes("systems", ", ".join(f"{one.name} ({counted(len(one.runbooks), 'runbook')})" for one in found))


def watch(place: Home) -> Finding:
    """Who watches the watch: when it last went round, as its note in the home says."""
    from deployments.watch_note import last_round

    found = last_round(place)
    if found is None or not (said := found.get("at")):
        return _absent(place, "It has never run here.")
    try:
        at = datetime.fromisoformat(said)
        silent = datetime.now(UTC) - at
    except (ValueError, TypeError):
        return no("watch", f"Its note in {place.path} cannot be read, so nobody knows whether it goes round.")
    if silent < -PATIENCE:
        return no("watch", f"Its last round is {span(-silent)} in the future: this machine's clock was set back.")
    before = (begun := places.began(place)) is not None and at < begun
    if before or silent > PATIENCE or places.idle(place):
        then = ", before codeblue up began." if before else ": nobody is paged and nothing is undone."
        return _absent(place, f"It last ran {span(silent)} ago{then}", known=not before)
    if trouble := found.get("trouble"):
        return no("watch", f"It ran {span(silent)} ago, but not to its end: {trouble}")
    return yes("watch", f"Went round {span(silent)} ago")


def _absent(place: Home, text: str, *, known: bool = False) -> Finding:
    """It does not go round; while the stack begins it may be still to come, unless it is `known` to have been there."""
    say = unknown if places.coming(place) and not known else no
    return say("watch", f"{text} {places.start_it(place)}")


def logs(place: Home) -> Iterator[Finding]:
    """Whether each part stays up and logs no error again and again."""
    found = part_logs(place.logs)
    if not found:
        yield unknown("logs", f"There are none in {place.logs}: no part has run here.")
        return
    trouble = [one for part in found for one in _trouble(part, datetime.now(UTC))]
    yield from (no("logs", text) for text in trouble)
    if not trouble and places.idle(place):
        yield unknown("logs", "Nothing runs here now; what they say is of the time before. Start it with: codeblue up")
    elif not trouble:
        again = [f"{part.name} was started again once" for part in found if part.starts == OFTEN - 1]
        names = ", ".join(part.name for part in found)
        yield yes("logs", "; ".join([f"No error repeats in those of {names}", *again]))


def _trouble(part: PartLog, now: datetime) -> Iterator[str]:
    if part.starts >= OFTEN:
        times = f"{part.starts} times since the stack started"
        yield f"{part.name} does not stay up: it was started {times}. Its log: {part.path}"
    for one in part.errors:
        last = f", last {span(now - one.last)} ago" if one.last is not None else ""
        yield f"{part.name} has logged {counted(one.count, 'time')}{last}: {one.text} (in {part.path})"
