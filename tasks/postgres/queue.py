"""Statements that wait for a whole table, and behind which everybody waits who needs that table at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from blocks.postgres import Postgres
from journal.facts.words import Effect
from journal.wording import span
from runbook import Facts, changes, look
from tasks.postgres.change import NEEDS, READS, StopLongQueries
from tasks.postgres.read import STATS, see_all
from tasks.postgres.selection import SessionsOf
from tasks.postgres.sessions import SessionTarget


class Queueing(Facts):
    """A session that waits to have a table to itself. It is `meant` where it is of the selection, for long enough."""

    pid: int
    user: str
    application: str
    waits_for: timedelta
    behind: int
    meant: bool

    def __str__(self) -> str:
        return (
            f"session {self.pid} of {self.application or self.user} has waited for {span(self.waits_for)} to have a"
            f" table to itself, and {self.behind} wait behind it"
        )


class Queue(Facts):
    """Those of whom others wait, longest first."""

    ahead: tuple[Queueing, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.ahead)) or "nobody waits behind a statement that waits for a whole table"


@look("postgres:connect", STATS, bound="20 rows")
def read_queue(database: Postgres, whose: SessionsOf) -> Queue:
    """Who waits for an ACCESS EXCLUSIVE lock (most changes of a table do), and for whom others wait meanwhile.

    A lock that is waited for shuts out whoever comes later, although who holds the table would let them in.
    """
    with database.reading() as connection:
        see_all(database, connection)
        rows = connection.execute(
            """
            with waits as materialized (
                select pid, unnest(pg_blocking_pids(pid)) as by from pg_stat_activity
                where wait_event_type = 'Lock' and datname = current_database()
            )
            select a.pid, coalesce(a.usename, '') as "user", left(a.application_name, 64) as application,
                   clock_timestamp() - a.query_start as waits_for, count(distinct waits.pid) as behind,
                   coalesce(a.usename = %(role)s and clock_timestamp() - a.query_start > %(longer_than)s
                     and (%(application)s::text is null or a.application_name = %(application)s), false) as meant
            from waits join pg_stat_activity a on a.pid = waits.by
            where exists (
                select from pg_locks l where l.pid = a.pid and not l.granted and l.mode = 'AccessExclusiveLock'
            )
            group by a.pid, a.usename, a.application_name, a.query_start order by a.query_start, a.pid limit 20
            """,
            {**whose.values, "longer_than": whose.longer_than("queueing")},
        ).fetchall()
    return Queue(ahead=tuple(Queueing(**row) for row in rows))


@changes(SessionTarget, name="postgres.cancel_queueing", effect=Effect.DISRUPTIVE, needs=NEEDS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class CancelQueueing(StopLongQueries):
    """Cancel statements that wait for a whole table while others wait behind them.

    Nothing of them has been done yet; who holds the table is left alone, and those behind go on at once.
    """

    kind = "queueing"
