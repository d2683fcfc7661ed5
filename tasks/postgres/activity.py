"""Looks at what a PostgreSQL server is doing right now, by sampling: how long queries run, and what they wait for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from blocks.postgres import Postgres
from journal import clock
from runbook import Facts, Permanent, look
from runbook.shares import FEW, share
from tasks.postgres.read import CLIENTS, STATS, our_roles, refuse_hidden, see_all
from tasks.postgres.selection import SessionsOf

SAMPLES = 10


class Activity(Facts):
    """What the client queries of one database were doing in `samples` looks, spread over a moment.

    `busy` counts the looks in which at least one query had run for longer than `slow_after`. `slow` counts such
    queries, each once per look; of them `locked` waited for a lock, `reading` for storage, and `computing` for nothing.
    """

    samples: int
    slow_after: timedelta
    busy: int
    running: int
    slow: int
    locked: int
    reading: int
    computing: int
    longest: timedelta

    def of_slow(self, count: int) -> float:
        """A count as a share of the slow queries seen, 0..1. Raises `LookupError` when there were hardly any."""
        return share(count, self.slow, "sightings of slow queries", least=FEW)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {
            "looks in which a query had run for too long": (100 * self.busy / self.samples, "%"),
            "longest query": (self.longest.total_seconds(), "s"),
        }

    def __str__(self) -> str:
        return (
            f"a query had run for longer than {self.slow_after.total_seconds():g} s in {self.busy} of {self.samples}"
            f" looks (longest {self.longest.total_seconds():.2g} s); of {self.slow} such sightings {self.locked} waited"
            f" for a lock, {self.reading} for storage, {self.computing} computed"
        )


@look("postgres:connect", STATS, bound=f"{SAMPLES} rows")
def read_activity(database: Postgres, *, slow_after: timedelta, over: timedelta) -> Activity:
    """Sample pg_stat_activity over a moment (`rung.p341`); no query's text is read.

    A mean over the server's life would hide what began a minute ago, and pg_stat_statements is often not there.
    Raises `Permanent` when the role cannot see what other sessions do.
    """
    seen: list[dict[str, int]] = []
    longest = timedelta(0)
    with database.reading() as connection:
        see_all(database, connection)
        for number in range(SAMPLES):
            if number:
                clock.sleep(over.total_seconds() / SAMPLES)
            row = connection.execute(
                f"""
                with query as (
                    select clock_timestamp() - query_start as age, wait_event_type as waits from pg_stat_activity
                    where {CLIENTS} and datname = current_database() and state = 'active'
                ), slow as (select * from query where age > %(slow_after)s)
                select (select count(*) from query) as running, count(*) as slow,
                       count(*) filter (where waits = 'Lock') as locked,
                       count(*) filter (where waits = 'IO') as reading,
                       count(*) filter (where waits is null) as computing,
                       (select coalesce(max(age), interval '0') from query) as longest,
                       (select count(*) from pg_stat_activity where backend_type is null) as hidden
                from slow
                """,
                {"slow_after": slow_after, **our_roles(database)},
            ).fetchone()
            if row is None:
                raise Permanent("The server returned no row for its own sessions; look by hand.")
            refuse_hidden(database, row.pop("hidden"))
            longest = max(longest, row.pop("longest"))
            seen.append(row)
    return Activity(
        samples=SAMPLES,
        slow_after=slow_after,
        busy=sum(row["slow"] > 0 for row in seen),
        longest=longest,
        **{name: sum(row[name] for row in seen) for name in ("running", "slow", "locked", "reading", "computing")},
    )


class Blocker(Facts):
    """A session that others wait for and that waits for nobody; `open_for` is the age of its transaction.

    It is `ours` where it is of the selection, and `meant` where it has been open for as long as that says as well.
    """

    pid: int
    started: datetime
    user: str
    application: str
    state: str
    open_for: timedelta
    blocks: int
    meant: bool = False
    ours: bool = False

    def __str__(self) -> str:
        return (
            f"session {self.pid} of {self.application or self.user} ({self.state}, its transaction open for"
            f" {self.open_for.total_seconds():.0f} s) blocks {self.blocks}"
        )


class Blockers(Facts):
    """Sessions that wait for a lock, and the roots of their waiting. `unnamed`: waits whose root is no session."""

    waiting: int
    roots: tuple[Blocker, ...]
    unnamed: int

    @property
    def for_others(self) -> int:
        """How many wait for what is not of the selection."""
        return sum(one.blocks for one in self.roots if not one.ours) + self.unnamed

    def __str__(self) -> str:
        if not self.waiting:
            return "no session waits for a lock"
        hidden = f"; {self.unnamed} wait for a prepared transaction" if self.unnamed else ""
        return f"{self.waiting} sessions wait for a lock: {'; '.join(map(str, self.roots)) or 'root unknown'}{hidden}"


@look("postgres:connect", STATS, bound="20 rows")
def read_blockers(database: Postgres, whose: SessionsOf) -> Blockers:
    """Who blocks whom, by pg_blocking_pids: joining pg_locks by hand names innocent sessions beside the guilty.

    `meant` are the roots of the selection that have been open for longer than it says: those that may be ended.
    """
    with database.reading() as connection:
        see_all(database, connection)
        rows = connection.execute(
            """
            with recursive waits as materialized (
                select pid, unnest(pg_blocking_pids(pid)) as by from pg_stat_activity
                where wait_event_type = 'Lock' and datname = current_database()
            ), chain (root, pid) as (
                select by, pid from waits where by not in (select pid from waits)
                union select chain.root, waits.pid from chain join waits on waits.by = chain.pid
            ), roots as (select root, count(distinct pid) as blocks from chain group by root)
            select (select count(distinct pid) from waits) as waiting, root, blocks, a.pid, a.backend_start as started,
                   a.usename as "user", left(a.application_name, 64) as application, coalesce(a.state, '') as state,
                   coalesce(clock_timestamp() - a.xact_start, interval '0') as open_for,
                   o.ours, o.ours and coalesce(clock_timestamp() - a.xact_start > %(longer_than)s, false) as meant
            from roots left join pg_stat_activity a on a.pid = root cross join lateral (
                select coalesce(a.usename = %(role)s
                  and (%(application)s::text is null or a.application_name = %(application)s), false) as ours
            ) o order by blocks desc, root limit 20
            """,
            {**whose.values, "longer_than": whose.longer_than("blocking")},
        ).fetchall()
    named = [{name: row[name] for name in Blocker.model_fields} for row in rows if row["pid"] is not None]
    return Blockers(
        waiting=rows[0]["waiting"] if rows else 0,
        roots=tuple(Blocker(**row) for row in named),
        unnamed=sum(row["blocks"] for row in rows if row["pid"] is None),
    )
