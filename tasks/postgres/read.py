"""Looks at a PostgreSQL server's connections. Sources: `rung` section 4.1, done as its traps ask.

Every reader counts client backends only (background workers are not connections), excludes Code Blue's own sessions,
and refuses to answer when the role cannot see other people's sessions: the server then shows empty columns, which
look like health.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from blocks.postgres import Postgres, Rows, TooManyConnections
from runbook import Facts, Permanent, look

STATS = "postgres:pg_read_all_stats"

CLIENTS = (
    "backend_type = 'client backend' and pid <> pg_backend_pid()"
    " and not coalesce(usename = any(%(ours)s) and application_name like 'codeblue %%', false)"
)
"""Sessions of clients, ours left out: those of our own roles that we opened. A name alone is anybody's to take.

Column names and `ours` (`our_roles`) only: safe to put into a statement.
"""


def our_roles(database: Postgres) -> dict[str, list[str]]:
    """The values that `CLIENTS` asks for."""
    return {"ours": [database.reader, database.changer]}


class Slots(Facts):
    """How full the server is. `refused`: it would not even let the reading role in, so nothing was counted."""

    limit: int
    reserved: int
    taken: int
    refused: bool = False

    @property
    def usable(self) -> int:
        """Slots that ordinary roles can use."""
        return self.limit - self.reserved

    @property
    def share(self) -> float:
        """Taken share of the usable slots, 0..1 and above when reserved slots are in use."""
        return 1.0 if self.refused else self.taken / self.usable

    def __str__(self) -> str:
        if self.refused:
            return "the server refuses new connections: every slot is taken"
        return f"{self.taken} of {self.usable} usable slots taken ({self.share:.0%}); max_connections {self.limit}"

    def figures(self) -> Mapping[str, tuple[float, str]]:
        if not (self.refused or self.usable > 0):
            return {}
        return {"connection slots taken": (round(100 * self.share, 1), "%")}


@look("postgres:connect", STATS, bound="one row")
def read_slots(database: Postgres) -> Slots:
    """How many connection slots there are, are reserved and are taken by clients (`rung.c297`).

    A server that refuses us because it is full has answered the question.
    """
    try:
        with database.reading() as connection:
            row = connection.execute(
                f"""
                select current_setting('max_connections')::int as "limit",
                       current_setting('superuser_reserved_connections')::int
                         + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved,
                       (select count(*) from pg_stat_activity where {CLIENTS}) as taken,
                       (select count(*) from pg_stat_activity where backend_type is null) as hidden
                """,
                our_roles(database),
            ).fetchone()
    except TooManyConnections:
        return Slots(limit=0, reserved=0, taken=0, refused=True)
    if row is None:
        raise Permanent("The server returned no row for its own settings; look by hand.")
    refuse_hidden(database, row.pop("hidden"))
    return Slots(**row)


class Sessions(Facts):
    """Client sessions of one database, by what they are doing now."""

    usable: int
    total: int
    turning: int
    active: int
    idle: int
    idle_long: int
    idle_in_transaction: int
    idle_in_transaction_long: int
    active_long: int
    longest_active: timedelta

    def of_usable(self, count: int) -> float:
        """A count as a share of the usable slots, 0..1."""
        return count / self.usable if self.usable else 0.0

    def __str__(self) -> str:
        return (
            f"{self.total} sessions for {self.usable} slots, {self.turning} just changed state: "
            f"{self.active} active ({self.active_long} for long), "
            f"{self.idle} idle ({self.idle_long} for long), {self.idle_in_transaction} idle in transaction "
            f"({self.idle_in_transaction_long} for long)"
        )

    def figures(self) -> Mapping[str, tuple[float, str]]:
        return {
            "idle for long": (self.idle_long, "sessions"),
            "idle in transaction for long": (self.idle_in_transaction_long, "sessions"),
            "active for long": (self.active_long, "sessions"),
        }


@look("postgres:connect", STATS, bound="one row")
def read_sessions(
    database: Postgres,
    *,
    idle_for: timedelta,
    in_transaction_for: timedelta,
    active_for: timedelta,
    moment: timedelta,
) -> Sessions:
    """Client sessions by state (`rung.c302`), with how many have been in that state for longer than asked.

    `turning` counts those that began or ended something within the last `moment`.

    Idle time counts from `state_change`: `query_start` would end a session that has just finished a long query.
    Raises `Permanent` when the role cannot see other sessions' states.
    """
    with database.reading() as connection:
        row = connection.execute(
            f"""
            select greatest(1, current_setting('max_connections')::int
                     - current_setting('superuser_reserved_connections')::int
                     - coalesce(current_setting('reserved_connections', true)::int, 0)) as usable,
                   count(*) as total,
                   (select count(*) from pg_stat_activity where backend_type is null) as hidden,
                   count(*) filter (where state_change > now() - %(moment)s) as turning,
                   count(*) filter (where state = 'active') as active,
                   count(*) filter (where state = 'idle') as idle,
                   count(*) filter (where state = 'idle' and state_change < now() - %(idle)s) as idle_long,
                   count(*) filter (where state like 'idle in transaction%%') as idle_in_transaction,
                   count(*) filter (where state like 'idle in transaction%%'
                                      and state_change < now() - %(open)s) as idle_in_transaction_long,
                   count(*) filter (where state = 'active' and query_start < now() - %(busy)s) as active_long,
                   coalesce(max(now() - query_start) filter (where state = 'active'), interval '0') as longest_active
            from pg_stat_activity where {CLIENTS} and datname = current_database()
            """,
            {
                "idle": idle_for,
                "open": in_transaction_for,
                "busy": active_for,
                "moment": moment,
                **our_roles(database),
            },
        ).fetchone()
    if row is None:
        raise Permanent("The server returned no row for its own sessions; look by hand.")
    refuse_hidden(database, row.pop("hidden"))
    return Sessions(**row)


def refuse_hidden(database: Postgres, hidden: int) -> None:
    """Raise `Permanent` if the server hid what sessions are: an empty column is not an idle session."""
    if hidden:
        raise Permanent(f"{database.reader} cannot see what {hidden} sessions are doing; grant it pg_read_all_stats.")


def see_all(database: Postgres, connection: Rows) -> None:
    """Raise `Permanent` unless the role may see other people's sessions."""
    row = connection.execute("select pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees").fetchone()
    if not (row and row["sees"]):
        raise Permanent(f"{database.reader} cannot see other sessions; grant it pg_read_all_stats.")


class Clients(Facts):
    """Sessions per application name, most first; at most 50 applications are listed."""

    applications: dict[str, int]

    def __str__(self) -> str:
        return ", ".join(f"{name or 'unnamed'} {count}" for name, count in self.applications.items()) or "no sessions"


@look("postgres:connect", STATS, bound="50 rows")
def read_clients(database: Postgres) -> Clients:
    """Who holds the sessions: application names with their counts."""
    with database.reading() as connection:
        see_all(database, connection)
        rows = connection.execute(
            f"""
            select left(application_name, 64) as name, count(*) as held from pg_stat_activity
            where {CLIENTS} and datname = current_database() group by 1 order by 2 desc, 1 limit 50
            """,
            our_roles(database),
        ).fetchall()
    return Clients(applications={row["name"]: row["held"] for row in rows})
