"""Leases: who may work on a target, an incident or a schedule right now, across processes and machines.

The pipeline holds one per target while it changes it; workers hold one per incident. A lease ends by `release`, by its
time, or at once when its holder was a process of this host that is provably gone. Times come from the journal's clock,
so machines that share a journal need clocks that agree far better than the shortest `ttl`.
"""

from __future__ import annotations

import os
import platform
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Select, delete, exists, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from journal.redaction import redact
from journal.schema import entries, incidents, leases
from journal.short import short
from journal.store import Journal

_PROC: Final = Path("/proc")


def me() -> str:
    """This process as a holder: `host:pid:start`, where start tells a reused pid, and another pid namespace, apart."""
    pid = os.getpid()
    return f"{_host()}:{pid}:{_start_of(pid) or 'unknown'}"


def acquire(journal: Journal, name: str, holder: str, ttl: timedelta) -> bool:
    """Take the lease, or prolong it if `holder` has it already. False while somebody else holds it."""
    if ttl <= timedelta(0):
        raise ValueError(f"a lease must last for some time, not {ttl}")

    def work(tx: Connection) -> bool:
        now = journal.clock()
        row = tx.execute(select(leases).where(leases.c.name == name).with_for_update()).first()
        if row is None:
            tx.execute(insert(leases).values(name=name, holder=holder, expires_at=now + ttl))
            return True
        if row.holder != holder and row.expires_at > now and not is_gone(row.holder):
            return False
        tx.execute(update(leases).where(leases.c.name == name).values(holder=holder, expires_at=now + ttl))
        return True

    try:
        return journal.database.write(work)
    except (
        IntegrityError
    ):  # somebody inserted the first lease of this name in the same moment: now there is a row to judge
        return journal.database.write(work)


def renew(journal: Journal, name: str, holder: str, ttl: timedelta) -> bool:
    """Prolong a lease that `holder` still has. False if somebody took it over: stop working on it."""
    ours = (leases.c.name == name) & (leases.c.holder == holder)
    change = update(leases).where(ours).values(expires_at=journal.clock() + ttl)
    return journal.database.write(lambda tx: tx.execute(change).rowcount == 1)


def release(journal: Journal, name: str, holder: str) -> bool:
    """Give the lease back. False if `holder` had lost it."""
    ours = (leases.c.name == name) & (leases.c.holder == holder)
    return journal.database.write(lambda tx: tx.execute(delete(leases).where(ours)).rowcount == 1)


def holder_of(journal: Journal, name: str) -> str | None:
    """Who holds the lease; `None` when it is free to take."""
    row = journal.database.read(lambda tx: tx.execute(select(leases).where(leases.c.name == name)).first())
    if row is None or row.expires_at <= journal.clock() or is_gone(row.holder):
        return None
    return str(row.holder)


def sweep(journal: Journal) -> tuple[str, ...]:
    """Free what nobody can be using any more, and name it: past its time, or held by the dead or by a closed incident.

    One of a closed incident stays while an act of it is under way: what was temporary is undone after the end.

    `acquire` takes such leases anyway, except a closed incident's; this keeps `holder_of` and people from waiting.
    """

    def work(tx: Connection) -> tuple[str, ...]:
        now, freed = journal.clock(), list[str]()
        closed = select(incidents.c.id).where(incidents.c.closed_at.is_not(None), incidents.c.id.not_in(_acting()))
        over = set(tx.execute(select(leases.c.name).where(leases.c.holder.in_(closed))).scalars())
        for row in tx.execute(select(leases).order_by(leases.c.name)).all():
            if row.expires_at <= now or row.name in over or is_gone(row.holder):
                # Only as it was seen: somebody may have taken it in this moment.
                seen = (leases.c.name == row.name) & (leases.c.holder == row.holder)
                if tx.execute(delete(leases).where(seen, leases.c.expires_at == row.expires_at)).rowcount == 1:
                    freed.append(row.name)
        return tuple(freed)

    if not journal.database.read(lambda tx: tx.execute(select(leases.c.name).limit(1)).first()):
        return ()  # the usual case costs no turn to write
    return journal.database.write(work)


def _acting() -> Select[tuple[str]]:
    """The incidents with an act that is under way in its target: begun, without an outcome under the same key."""
    begun, over = entries.alias(), entries.alias()
    ends = literal("carried:") + func.substr(begun.c.key, len("under_way:") + 1)
    outcome = exists().where(over.c.incident == begun.c.incident, over.c.key == ends)
    return select(begun.c.incident).where(begun.c.kind == "under_way", ~outcome)


def is_gone(holder: str) -> bool:
    """Whether the holding process provably exists no more. Doubt (another host, another format) is no proof."""
    match holder.split(":"):
        case [host, pid, start] if host == _host() and pid.isascii() and pid.isdigit():
            return _process_is_gone(int(pid), start)
        case _:
            return False


def _host() -> str:
    """This host's name; a short one for it where redaction would change it, or nobody knew their own intent again."""
    host = platform.node().replace(":", "-")
    like = f"{host}:123456:1234567890@4026531836"
    return host if redact(like) == like else f"host-{short(platform.node().encode())}"


def _process_is_gone(pid: int, start: str) -> bool:
    mine = _start_of(os.getpid())
    if mine is None or mine.partition("@")[2] != start.partition("@")[2]:
        return False  # no /proc here, or a container with the same host name: its pids mean nothing to us
    return _start_of(pid) != start


def _start_of(pid: int) -> str | None:
    """`<start in clock ticks>@<pid namespace>` of a living process; `None` if it is dead, or no /proc can tell."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
        namespace = (_PROC / "self" / "ns" / "pid").stat().st_ino
    except OSError:
        return None
    # The command (field 2) may contain blanks and brackets; after its last bracket come state, …, start (field 22).
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":  # a zombie holds its pid, but will do nothing more
        return None
    return f"{fields[19]}@{namespace}"
