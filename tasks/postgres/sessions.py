"""Sessions as targets: which are meant, found the same way when planning, when acting and when asking afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from blocks.postgres import Rows
from journal.redaction import redact
from journal.wording import span
from runbook import Target
from tasks.postgres.selection import SessionsOf

WAITING: LiteralString = (
    "select from pg_stat_activity startup where startup.backend_type = 'startup'"
    " and (startup.wait_event_type = 'Lock' or startup.wait_event like 'RecoveryConflict%%')"
)
"""On a replica: whether replay waits for a session. It is the startup process that replays."""

HOLDS: LiteralString = (
    "backend_type = 'client backend' and pid <> pg_backend_pid() and exists (" + WAITING + ") and case"
    " when exists (select from pg_locks l join pg_stat_activity s on s.pid = l.pid"
    " where s.backend_type = 'startup' and not l.granted)"
    " then pid in (select h.pid from pg_locks l join pg_stat_activity s on s.pid = l.pid and s.backend_type = 'startup'"
    " join pg_locks h on h.granted and h.pid <> l.pid and h.locktype = l.locktype"
    " and h.database is not distinct from l.database and h.relation is not distinct from l.relation"
    " where not l.granted) else backend_xmin is not null end"
)
"""Sessions that may hold replay while it waits: by the very lock that it wants, or else by the snapshot they keep."""

WHERE: dict[str, LiteralString] = {
    "idle": "state = 'idle' and state_change < now() - %(longer_than)s",
    "idle in transaction": "state like 'idle in transaction%%' and state_change < now() - %(longer_than)s",
    "active": "state = 'active' and query_start < now() - %(longer_than)s",
    "blocking": "xact_start < now() - %(longer_than)s and cardinality(pg_blocking_pids(pid)) = 0"
    " and exists (select from pg_stat_activity waiting where waiting.wait_event_type = 'Lock'"
    " and waiting.datname = current_database() and pg_stat_activity.pid = any(pg_blocking_pids(waiting.pid)))",
    "queueing": "state = 'active' and wait_event_type = 'Lock' and query_start < now() - %(longer_than)s"
    " and exists (select from pg_locks wanted where wanted.pid = pg_stat_activity.pid and not wanted.granted"
    " and wanted.mode = 'AccessExclusiveLock')"
    " and exists (select from pg_stat_activity waiting where waiting.wait_event_type = 'Lock'"
    " and waiting.datname = current_database() and pg_stat_activity.pid = any(pg_blocking_pids(waiting.pid)))",
    "holding replay": "xact_start < now() - %(longer_than)s and " + HOLDS,
}
"""What each kind of session looks like. `state_change`, not `query_start`: the latter is when the last query began."""


class SessionTarget(Target):
    """One session, identified by pid and start: a pid alone may belong to somebody else by the time we act."""

    pid: int
    started: datetime
    kind: str


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which sessions are meant: of one selection, and in one kind of state for longer than it says."""

    kind: str
    whose: SessionsOf
    at_most: int

    @property
    def values(self) -> dict[str, Any]:
        longer_than = self.whose.longer_than(self.kind)
        return {**self.whose.values, "longer_than": longer_than, "at_most": self.at_most}

    @property
    def where(self) -> LiteralString:
        """The condition, for statements with `values`."""
        return self.whose.where + " and " + WHERE[self.kind]


def find(connection: Rows, which: Filter) -> tuple[list[SessionTarget], int]:
    """The sessions meant, longest first and at most `at_most`, and how many client sessions there are in all."""
    rows = connection.execute(
        "select pid, backend_start, left(application_name, 64) as application,"
        " now() - case state when 'active' then query_start else state_change end as since,"
        " (select count(*) from pg_stat_activity where backend_type = 'client backend') as out_of"
        " from pg_stat_activity where " + which.where + " order by since desc, pid limit %(at_most)s",
        which.values,
    ).fetchall()
    targets = [
        SessionTarget(
            # Its client names it as it likes, with somebody's address too; which session it is, pid and start say.
            name=str(redact(f"session {row['pid']} of {row['application'] or which.whose.role}")),
            before=f"{which.kind} for {span(row['since'])}",
            after="ended",
            pid=row["pid"],
            started=row["backend_start"],
            kind=which.kind,
        )
        for row in rows
    ]
    return targets, rows[0]["out_of"] if rows else 0


def reach(connection: Rows, which: Filter, targets: tuple[SessionTarget, ...], do: LiteralString = "true") -> set[int]:
    """Pids of the targets that are still the same session in the same state, and for which `do` answered true.

    Each target is re-read by pid, start, owner and state in the very statement that acts on it (`do` is
    `pg_terminate_backend(pid)` or `pg_cancel_backend(pid)`); with the default it only looks.
    """
    rows = connection.execute(
        "select pid, " + do + " as done from pg_stat_activity"
        " join unnest(%(pids)s::int[], %(starts)s::timestamptz[]) as approved(p, s) on pid = p and backend_start = s"
        " where " + which.where,
        {**which.values, "pids": [t.pid for t in targets], "starts": [t.started for t in targets]},
    ).fetchall()
    return {row["pid"] for row in rows if row["done"]}
