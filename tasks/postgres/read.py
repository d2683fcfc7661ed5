"""Looks at a PostgreSQL server's connections. Each says which row of a page it does.

Every reader counts client backends only (background workers are not connections), excludes Code Blue's own sessions,
and refuses to answer when the role cannot see other people's sessions: the server then shows empty columns, which
look like health.
"""

from __future__ import annotations

from collections.abc import Mapping

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
    """How full the server is, and how near the application's role and its database are to limits of their own.

    `refused`: it would not even let the reading role in, so nothing was counted. A limit of -1 is none.
    """

    limit: int
    reserved: int
    taken: int
    refused: bool = False
    role: str = ""
    role_limit: int = -1
    role_taken: int = 0
    database_limit: int = -1
    database_taken: int = 0

    @property
    def usable(self) -> int:
        """Slots that ordinary roles can use."""
        return self.limit - self.reserved

    @property
    def of_server(self) -> float:
        """Taken share of the server's usable slots, 0..1 and above when reserved slots are in use."""
        return 1.0 if self.refused else self.taken / self.usable

    @property
    def of_own_limit(self) -> float:
        """Taken share of the tightest limit that the role or the database has of its own; 0 where there is none."""
        limits = ((self.role_taken, self.role_limit), (self.database_taken, self.database_limit))
        return max((taken / max(limit, 1) for taken, limit in limits if limit >= 0), default=0.0)

    @property
    def share(self) -> float:
        """How near the application is to being refused, by whichever limit it meets first."""
        return max(self.of_server, self.of_own_limit)

    def __str__(self) -> str:
        if self.refused:
            return "the server refuses new connections: every slot is taken"
        text = f"{self.taken} of {self.usable} usable slots taken ({self.of_server:.0%}); max_connections {self.limit}"
        if self.role_limit >= 0:
            text += f"; {self.role} holds {self.role_taken} of the {self.role_limit} that it may"
        if self.database_limit >= 0:
            text += f"; the database holds {self.database_taken} of the {self.database_limit} that it may"
        return text

    def figures(self) -> Mapping[str, tuple[float, str]]:
        if not (self.refused or self.usable > 0):
            return {}
        return {"connection slots taken": (round(100 * self.share, 1), "%")}


@look("postgres:connect", STATS, bound="one row")
def read_slots(database: Postgres, role: str = "") -> Slots:
    """How many connection slots there are, are reserved and are taken by clients (`rung.c297`).

    With `role`, also the limits that the application's role and the database have of their own: a role that has used
    its own up is refused while the server is half empty. A server that refuses us because it is full has answered.
    """
    try:
        with database.reading() as connection:
            row = connection.execute(
                f"""
                select current_setting('max_connections')::int as "limit",
                       current_setting('superuser_reserved_connections')::int
                         + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved,
                       (select count(*) from pg_stat_activity where {CLIENTS}) as taken,
                       (select count(*) from pg_stat_activity where backend_type is null) as hidden,
                       coalesce((select rolconnlimit from pg_roles where rolname = %(role)s), -1) as role_limit,
                       (select count(*) from pg_stat_activity
                        where {CLIENTS} and usename = %(role)s) as role_taken,
                       (select datconnlimit from pg_database where datname = current_database()) as database_limit,
                       (select count(*) from pg_stat_activity
                        where {CLIENTS} and datname = current_database()) as database_taken
                """,
                {"role": role, **our_roles(database)},
            ).fetchone()
    except TooManyConnections:
        return Slots(limit=0, reserved=0, taken=0, refused=True, role=role)
    if row is None:
        raise Permanent("The server returned no row for its own settings; look by hand.")
    refuse_hidden(database, row.pop("hidden"))
    return Slots(**row, role=role)


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
    """Sessions per application name; at most 50 applications are listed."""

    applications: dict[str, int]

    def __str__(self) -> str:
        most_first = sorted(self.applications.items(), key=lambda one: (-one[1], one[0]))
        return ", ".join(f"{name or 'unnamed'} {count}" for name, count in most_first) or "no sessions"


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
