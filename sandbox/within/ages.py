"""The practice clock for those who look at PostgreSQL: a session that is minutes old in that time is so to them.

Our two identities find, before those of the server, a `now()`, a `clock_timestamp()` and a `pg_stat_activity` that add
to every moment how far the practice clock was ahead of the machine's then. No statement of ours knows of it.
"""

from __future__ import annotations

from datetime import timedelta

import psycopg
from psycopg import sql

from journal import clock
from journal.clock import Machine
from sandbox.database import Address, as_admin, run_as_admin
from sandbox.errors import PostgresUnavailable

MOMENTS = ("backend_start", "xact_start", "query_start", "state_change")

SCHEMA = """
CREATE SCHEMA practice_time;
CREATE TABLE practice_time.ahead (since timestamptz PRIMARY KEY, ahead interval NOT NULL);
CREATE FUNCTION practice_time.at(moment timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT moment + coalesce(
        (SELECT ahead FROM practice_time.ahead WHERE since <= moment ORDER BY since DESC LIMIT 1), interval '0'
    )
$$;
CREATE FUNCTION practice_time.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT practice_time.at(pg_catalog.now())
$$;
CREATE FUNCTION practice_time.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT practice_time.at(pg_catalog.clock_timestamp())
$$;
"""


class Ages:
    """Installed in one server until `close`. `tell` is called whenever the practice clock has gone on."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lookers = (address.roles.reader, address.roles.changer)
        self._connection = as_admin(address)
        self._install()
        self.begin()

    def begin(self) -> None:
        """Forget what was told, as where another practice clock has begun."""
        self._connection.close()  # the server may have restarted since
        self._connection = as_admin(self._address)
        self._connection.execute("TRUNCATE practice_time.ahead")
        # What was before is as old to everybody as it was: the clock may be days ahead by now.
        self._insert("-infinity")
        self.tell()

    def tell(self) -> None:
        """Tell the server how far the practice clock is ahead now; nothing while it is away."""
        try:
            if self._connection.closed:
                self._connection = as_admin(self._address)
            self._insert(None)
        except (psycopg.OperationalError, PostgresUnavailable):
            self._connection.close()

    def _insert(self, since: str | None) -> None:
        ahead: timedelta = clock.now() - Machine().now()
        self._connection.execute(
            "INSERT INTO practice_time.ahead VALUES (coalesce(%s::timestamptz, pg_catalog.clock_timestamp()), %s)",
            (since, ahead),
        )

    def close(self) -> None:
        """Let everybody see the server's own moments again."""
        path = sql.SQL("ALTER ROLE {} RESET search_path;")
        parts = [
            sql.SQL("DROP SCHEMA practice_time CASCADE;"),
            *(path.format(sql.Identifier(one)) for one in self._lookers),
        ]
        self._connection.close()
        run_as_admin(self._address, sql.Composed(parts))

    def _install(self) -> None:
        found = self._connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'pg_catalog.pg_stat_activity'::regclass AND attnum > 0"
            " ORDER BY attnum"
        ).fetchall()
        columns = sql.SQL(", ").join(
            sql.SQL("practice_time.at({0}) AS {0}").format(sql.Identifier(name))
            if name in MOMENTS
            else sql.Identifier(name)
            for (name,) in found
        )
        view = sql.SQL("CREATE VIEW practice_time.pg_stat_activity AS SELECT {} FROM pg_catalog.pg_stat_activity;")
        path = sql.SQL("ALTER ROLE {} SET search_path = practice_time, public, pg_catalog;")
        parts = [
            sql.SQL(SCHEMA),
            view.format(columns),
            sql.SQL("GRANT USAGE ON SCHEMA practice_time TO PUBLIC;"),
            sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA practice_time TO PUBLIC;"),
            *(path.format(sql.Identifier(role)) for role in self._lookers),
        ]
        self._connection.execute(sql.Composed(parts))
