"""The self-test: one table of cases, one of effects, in the sandbox's real PostgreSQL.

A case is a small world: it is broken by a cause until somebody fixes it, at once or (`turns_at`) after a while, when
it becomes broken or not as `turns` says. Each act writes one row, also when it is the
second of the same plan: that is how the crash harness counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from sandbox.database import Address, as_admin
from sandbox.schema import Roles, Schema

SCHEMA = Schema(
    database="practice",
    roles=Roles(
        owner="practice_owner",
        application="practice_app",
        reader="practice_reader",
        changer="practice_changer",
        blind="practice_blind",
    ),
    tables="",
)
"""What a PostgreSQL has that is there for the self-test alone."""

CASES = """
create table if not exists practice_case (
    name text primary key, cause text, broken boolean not null, traced boolean not null default false,
    turns_at timestamptz, turns boolean
);
create table if not exists practice_effect (id bigserial, name text not null, plan text not null, act text not null);
grant select on practice_case, practice_effect to {reader};
grant select, update on practice_case to {changer};
grant select, insert on practice_effect to {changer};
grant usage on sequence practice_effect_id_seq to {changer};
"""


IS_BROKEN = "case when turns_at <= clock_timestamp() then turns else broken end"
"""Whether a case is broken now."""


@dataclass(frozen=True, kw_only=True)
class SelfTest:
    """The world's side of the practice: made, broken and counted by whoever rehearses, never by a runbook."""

    address: Address

    def prepare(self) -> None:
        """Create the tables; harmless when they are there."""
        with as_admin(self.address) as connection:
            roles = self.address.roles
            made = sql.SQL(CASES).format(reader=sql.Identifier(roles.reader), changer=sql.Identifier(roles.changer))
            connection.execute(made)

    def break_(self, name: str, cause: str) -> None:
        """Begin a case."""
        with as_admin(self.address) as connection:
            connection.execute("insert into practice_case (name, cause, broken) values (%s, %s, true)", (name, cause))

    def fix(self, name: str) -> None:
        """What a person does who is given the task."""
        with as_admin(self.address) as connection:
            connection.execute("update practice_case set broken = false, turns_at = null where name = %s", (name,))

    def broken(self, name: str) -> bool:
        """Whether the case is broken."""
        with as_admin(self.address) as connection:
            row = connection.execute(f"select {IS_BROKEN} from practice_case where name = %s", (name,)).fetchone()
        return bool(row and row[0])

    def effects(self, name: str) -> list[str]:
        """The acts that reached the world, in order: `apply` or `undo`, and `trace apply` or `trace undo`."""
        with as_admin(self.address) as connection:
            rows = connection.execute("select act from practice_effect where name = %s order by id", (name,)).fetchall()
        return [row[0] for row in rows]
