"""Looks at what a role of PostgreSQL may do, as far as the catalogues tell: no table is read."""

from __future__ import annotations

from typing import Any

from blocks.postgres import Postgres, Rows
from runbook import Facts, Permanent, look

AT_MOST = 500
"""Privileges that one look takes; more are refused as unknown."""


class Rights(Facts):
    """A role's rights in one database.

    `powers` are its attributes (superuser ...), `holds` the roles it was made a member of, `reaches` these and what
    they bring along. `may` are privileges it was given itself or that everybody has, such as `SELECT on clients(id)`;
    rights on what extensions bring are left out. `reads` are those of the columns asked about that it may read, in
    whatever way, and `runs` those of the functions that it may call. `owns` are its tables, `hands_on` roles it may
    give to others.
    """

    role: str
    connects: bool
    powers: tuple[str, ...]
    holds: tuple[str, ...]
    reaches: tuple[str, ...]
    hands_on: tuple[str, ...]
    owns: tuple[str, ...]
    may: tuple[str, ...]
    reads: tuple[tuple[str, str], ...]
    runs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.role} is a member of {', '.join(self.holds) or 'nothing'}"


@look("postgres:connect", bound=f"one role, {AT_MOST} privileges")
def read_rights(
    database: Postgres, role: str, columns: tuple[tuple[str, str], ...] = (), functions: tuple[str, ...] = ()
) -> Rights:
    """What a role may do, and which of the columns (table and name, empty for all) and functions it may use.

    Raises `Permanent` when there is no such role or column, or more than the bound.
    """
    with database.reading() as connection:
        found = connection.execute(ROLE, {"role": role}).fetchone()
        if found is None:
            raise Permanent(f"There is no role {role} on {database.host}:{database.port}; correct the saved block.")
        members = connection.execute(MEMBERSHIPS, {"role": role}).fetchall()
        owns = _bounded(connection, OWNED, role)
        may = _bounded(connection, PRIVILEGES, role)
        reads = [(table, column) for table, column in columns if _may_read(connection, role, table, column)]
        runs = [one for one in functions if _may_call(connection, role, one)]
    return Rights(
        role=role,
        connects=found["connects"],
        powers=tuple(name for name in POWERS if found[name]),
        holds=tuple(sorted({one["granted"] for one in members if one["direct"]})),
        reaches=tuple(sorted({one["granted"] for one in members if one["inherited"]})),
        hands_on=tuple(sorted({one["granted"] for one in members if one["hands_on"]})),
        owns=tuple(one["what"] for one in owns),
        may=tuple(f"{one['privilege']} on {one['what']}" for one in may),
        reads=tuple(reads),
        runs=tuple(runs),
    )


def _may_read(connection: Rows, role: str, table: str, column: str) -> bool:
    given = {"role": role, "table": table, "column": column}
    found = connection.execute(READS_COLUMN if column else READS_TABLE, given).fetchone()
    return bool(found and found["may"])  # nothing is said about a table that is not there


def _may_call(connection: Rows, role: str, function: str) -> bool:
    found = connection.execute(CALLS, {"role": role, "function": f"{function}()"}).fetchone()
    return bool(found and found["may"])


def _bounded(connection: Rows, question: str, role: str) -> list[dict[str, Any]]:
    found = connection.execute(question.encode(), {"role": role, "at_most": AT_MOST + 1}).fetchall()
    if len(found) > AT_MOST:
        raise Permanent(f"{role} has more than {AT_MOST} privileges of its own; give it those that are generated.")
    return found


POWERS = ("superuser", "createrole", "createdb", "replication", "bypassrls")

ROLE = """
select has_database_privilege(oid, current_database(), 'connect') as connects, rolsuper as superuser,
       rolcreaterole as createrole, rolcreatedb as createdb, rolreplication as replication, rolbypassrls as bypassrls
from pg_roles where rolname = %(role)s
"""

MEMBERSHIPS = """
with recursive reached as (
    select m.roleid, true as direct, m.admin_option as hands_on,
           coalesce((to_jsonb(m) ->> 'inherit_option')::bool, r.rolinherit) as inherited
    from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = %(role)s
    union
    select m.roleid, false, m.admin_option,
           reached.inherited and coalesce((to_jsonb(m) ->> 'inherit_option')::bool, r.rolinherit)
    from reached join pg_auth_members m on m.member = reached.roleid join pg_roles r on r.oid = m.member
)
select r.rolname as granted, direct, hands_on, inherited from reached join pg_roles r on r.oid = reached.roleid
"""
"""A membership says since PostgreSQL 16 whether it is inherited; before, its member does."""

READS_COLUMN = "select has_column_privilege(%(role)s, to_regclass(%(table)s), %(column)s, 'select') as may"
READS_TABLE = "select has_table_privilege(%(role)s, to_regclass(%(table)s), 'select') as may"

CALLS = "select has_function_privilege(%(role)s, to_regprocedure(%(function)s), 'execute') as may"

OWNED = """
select c.oid::regclass::text as what from pg_class c
where c.relowner = (select oid from pg_roles where rolname = %(role)s) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
order by 1 limit %(at_most)s
"""

PRIVILEGES = """
with who as (select oid from pg_roles where rolname = %(role)s union select 0),
ours as (
    select c.oid, c.relacl from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                      and d.deptype = 'e')
)
select what, privilege from (
    select o.oid::regclass::text as what, a.privilege_type as privilege, a.grantee
    from ours o, aclexplode(o.relacl) a
    union all
    select o.oid::regclass::text || '(' || t.attname || ')', a.privilege_type, a.grantee
    from ours o join pg_attribute t on t.attrelid = o.oid and not t.attisdropped, aclexplode(t.attacl) a
    union all
    select 'schema ' || n.nspname, a.privilege_type, a.grantee
    from pg_namespace n, aclexplode(n.nspacl) a where a.privilege_type = 'CREATE'
    union all
    select 'database ' || d.datname, a.privilege_type, a.grantee
    from pg_database d, aclexplode(d.datacl) a where d.datname = current_database() and a.privilege_type = 'CREATE'
) granted where grantee in (select oid from who)
group by 1, 2 order by 1, 2 limit %(at_most)s
"""
