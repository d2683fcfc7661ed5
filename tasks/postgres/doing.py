"""What the sessions of one selection do, beside everybody else's: counted by state, and seen at work by sampling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from blocks.postgres import Postgres, Rows
from journal import clock
from runbook import Facts, Permanent, look
from tasks.postgres.read import CLIENTS, STATS, our_roles, refuse_hidden
from tasks.postgres.selection import SessionsOf

SAMPLES = 8
"""Looks, of which a session must be at work in at least half: a ping is seen in none, or in one."""


class Sessions(Facts):
    """Sessions of one role in one database, by what they do now.

    `usable` is what that role may hold at most: the server's slots, or a limit of its own that is lower. `others` are
    everybody else's sessions on the server, of which `elsewhere` names the most (role in database); `server` is what
    all ordinary roles together may hold. `working` were at work in at least half of the looks.
    """

    usable: int
    total: int
    working: int
    active: int
    idle: int
    idle_long: int
    idle_in_transaction: int
    idle_in_transaction_long: int
    active_long: int
    longest_active: timedelta
    server: int
    others: int
    elsewhere: dict[str, int]

    def of_usable(self, count: int) -> float:
        """A count as a share of what the role may hold, 0..1: the denominator of its symptom."""
        return count / self.usable if self.usable else 0.0

    @property
    def lasting(self) -> int:
        """Sessions that stand still, or have run for long."""
        return self.idle_long + self.idle_in_transaction_long + self.active_long

    @property
    def of_others(self) -> float:
        """What everybody else holds, as a share of the server's slots."""
        return self.others / self.server if self.server else 0.0

    def __str__(self) -> str:
        text = (
            f"{self.total} sessions of the application for {self.usable} slots, {self.working} at work: "
            f"{self.active} active ({self.active_long} for long), "
            f"{self.idle} idle ({self.idle_long} for long), {self.idle_in_transaction} idle in transaction "
            f"({self.idle_in_transaction_long} for long); {self.others} of others"
        )
        most_first = sorted(self.elsewhere.items(), key=lambda one: (-one[1], one[0]))
        named = ", ".join(f"{name} {count}" for name, count in most_first)
        return f"{text} ({named})" if named else text

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {
            "idle for long": (self.idle_long, "sessions"),
            "idle in transaction for long": (self.idle_in_transaction_long, "sessions"),
            "active for long": (self.active_long, "sessions"),
            "of others": (self.others, "sessions"),
        }


@look("postgres:connect", STATS, bound=f"one row, 5 names and {SAMPLES} samples")
def read_sessions(database: Postgres, whose: SessionsOf, *, over: timedelta) -> Sessions:
    """Sessions by state (`rung.c302`), with how many have been in that state for longer than the selection says.

    Idle time counts from `state_change`: `query_start` would end a session that has just finished a long query.
    Raises `Permanent` when the role cannot see other sessions' states.
    """
    ages = {kind: whose.longer_than(kind) for kind in ("idle", "idle in transaction", "active")}
    with database.reading() as connection:
        row = connection.execute(
            f"""
            with bounds as (
                select greatest(1, current_setting('max_connections')::int
                         - current_setting('superuser_reserved_connections')::int
                         - coalesce(current_setting('reserved_connections', true)::int, 0)) as server,
                       (select nullif(rolconnlimit, -1) from pg_roles where rolname = %(role)s) as role,
                       (select nullif(datconnlimit, -1) from pg_database where datname = current_database()) as data
            ), ours as (select * from pg_stat_activity where {whose.where})
            select (select least(server, role, data) from bounds) as usable,
                   (select server from bounds) as server,
                   count(*) as total,
                   (select count(*) from pg_stat_activity where backend_type is null) as hidden,
                   (select count(*) from pg_stat_activity where {CLIENTS}) - count(*) as others,
                   count(*) filter (where state = 'active') as active,
                   count(*) filter (where state = 'idle') as idle,
                   count(*) filter (where state = 'idle' and state_change < now() - %(idle)s) as idle_long,
                   count(*) filter (where state like 'idle in transaction%%') as idle_in_transaction,
                   count(*) filter (where state like 'idle in transaction%%'
                                      and state_change < now() - %(idle in transaction)s) as idle_in_transaction_long,
                   count(*) filter (where state = 'active' and query_start < now() - %(active)s) as active_long,
                   coalesce(max(now() - query_start) filter (where state = 'active'), interval '0') as longest_active
            from ours
            """,
            {**whose.values, **ages, **our_roles(database)},
        ).fetchone()
        if row is None:
            raise Permanent("The server returned no row for its own sessions; look by hand.")
        refuse_hidden(database, row.pop("hidden"))
        return Sessions(
            **row, working=_working(connection, whose, over), elsewhere=_elsewhere(connection, database, whose)
        )


def _working(connection: Rows, whose: SessionsOf, over: timedelta) -> int:
    """Sessions that are seen in a statement or a moving transaction in at least half of the looks."""
    seen: Counter[int] = Counter()
    for number in range(SAMPLES):
        if number:
            clock.sleep(over.total_seconds() / SAMPLES)
        rows = connection.execute(
            f"""
            select pid from pg_stat_activity where {whose.where} and (state = 'active'
              or state like 'idle in transaction%%' and state_change > clock_timestamp() - interval '1 second')
            """,
            whose.values,
        )
        seen.update(row["pid"] for row in rows)
    return sum(times >= SAMPLES / 2 for times in seen.values())


def _elsewhere(connection: Rows, database: Postgres, whose: SessionsOf) -> dict[str, int]:
    rows = connection.execute(
        f"""
        select coalesce(usename, '?') || ' in ' || coalesce(datname, '?') as name, count(*) as held
        from pg_stat_activity where {CLIENTS} and not coalesce({whose.where}, false)
        group by 1 order by 2 desc, 1 limit 5
        """,
        {**whose.values, **our_roles(database)},
    ).fetchall()
    return {row["name"]: row["held"] for row in rows}
