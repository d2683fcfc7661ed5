"""Grants of PostgreSQL: what a need means as SQL, and as memberships and columns to compare with.

Needs begin with `postgres:`. After it comes `connect`, `owner`, `select:TABLE(columns)`, `execute:FUNCTION`, or a role
of PostgreSQL's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from blocks.permissions import Names, NotNamed

SQL = "postgres:"
SELECT = re.compile(r"select:(\w+)(\([\w, ]+\))?")
"""A table to read, and perhaps the only columns of it."""

EXECUTE = re.compile(r"execute:(pg_\w+)")
"""A function of the server's own, without arguments, that not everybody may call."""

RESERVED = "pg_use_reserved_connections"
"""What everybody who connects is given as well: whoever looks at a full server must get in to see why it is full."""


def sql_needs(needs: Iterable[str]) -> list[str]:
    """The needs of this language, without its prefix. Whoever needs anything of a database must enter it."""
    found = {need.removeprefix(SQL) for need in needs if need.startswith(SQL)}
    return sorted(found | {"connect"}) if found else []


def rights_of(needs: Iterable[str], names: Names) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Needs as memberships (and `connect`), and as columns to read (table and name), each with its need.

    A column without a name stands for a whole table.
    """
    members: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for need in sql_needs(needs):
        if chosen := SELECT.fullmatch(need):
            named = [name.strip() for name in (chosen[2] or "").strip("()").split(",")]
            columns |= {(chosen[1], name): need for name in named}
        elif need == "owner":
            members |= dict.fromkeys(owners(names), need)
        elif not EXECUTE.fullmatch(need):
            members[need] = need
    return members, columns


def functions_of(needs: Iterable[str]) -> dict[str, str]:
    """Needs as functions to call, each with its need."""
    return {found[1]: need for need in sql_needs(needs) if (found := EXECUTE.fullmatch(need))}


def owners(names: Names) -> tuple[str, ...]:
    """The roles that own the environment's tables. Raises `NotNamed` where it names none."""
    if not names.get("table_owner"):
        raise NotNamed(f"{SQL}owner is needed, and the environment names no table owner; name it in `resources()`.")
    return tuple(names["table_owner"])


def grants(need: str, names: Names, *, database: str, role: str) -> Iterator[str]:
    """SQL for one permission. Raises `LookupError` for one that nobody can grant."""
    if need == "connect":
        yield f"GRANT CONNECT ON DATABASE {database} TO {role};"
        yield f"GRANT {RESERVED} TO {role}; -- lets it in when every other slot is taken; PostgreSQL 16 and later"
    elif need == "owner":
        for owner in owners(names):
            yield f"GRANT {owner} TO {role}; -- tables are indexed and analysed only by their owner"
    elif found := SELECT.fullmatch(need):
        yield f"GRANT SELECT {found[2] + ' ' if found[2] else ''}ON {found[1]} TO {role};"
    elif found := EXECUTE.fullmatch(need):
        yield f"GRANT EXECUTE ON FUNCTION {found[1]}() TO {role};"
    elif re.fullmatch(r"pg_\w+", need):
        yield f"GRANT {need} TO {role};"
    else:
        raise LookupError(f"No grant is known for the permission {SQL}{need}; teach it to blocks.sql.grants.")
