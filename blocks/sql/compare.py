"""What a role of PostgreSQL may do, held against what is generated for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from blocks.permissions import Difference, Identity, Users, without
from blocks.sql.grants import RESERVED, SQL
from blocks.sql.rights import Rights

SHOWN = 12
"""Rights that are more than generated; with more of them, they are told in one sentence."""

WELCOME = frozenset({RESERVED})
"""Memberships that are printed, and whose lack is no drift: before PostgreSQL 16 nobody can have it."""


def of_database(
    identity: Identity,
    seen: Rights,
    members: Mapping[str, str],
    columns: Mapping[tuple[str, str], str],
    users: Users,
    *,
    functions: Mapping[str, str] = MappingProxyType({}),
) -> Difference:
    """What is amiss with a role; `members` and `columns` as `grants.rights_of` says, `functions` as `functions_of`."""
    who = f"The {identity} database role {seen.role}"
    has = {*seen.reaches, *(["connect"] if seen.connects else [])}
    everything = "superuser" in seen.powers
    named = {column: _named(*column) for column in columns}
    lacking = [] if everything else [(right, need) for right, need in members.items() if right not in has]
    lacking += [(named[one], need) for one, need in columns.items() if one not in seen.reads]
    lacking += [(f"EXECUTE on {one}()", need) for one, need in functions.items() if one not in seen.runs]
    more = [
        *(f"is {power}" for power in seen.powers),
        *(f"is a member of {role}" for role in seen.holds if role not in members and role not in WELCOME),
        *(f"may give {role} to others" for role in seen.hands_on),
        *(f"owns {table}" for table in seen.owns),
        *(f"may {right}" for right in seen.may if right not in named.values()),
    ]
    if len(more) > SHOWN:
        more = [f"has {len(more)} rights more ({', '.join(more)[:1500]})"]
    lacks = [f"{who} lacks {right}{without(identity, users.get(SQL + need, ()))}" for right, need in lacking]
    return Difference(said=(*lacks, *(f"{who} {one}, which is not generated; take it away." for one in more)))


def _named(table: str, column: str) -> str:
    return f"SELECT on {table}({column})" if column else f"SELECT on {table}"
