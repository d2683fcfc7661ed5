"""A PostgreSQL database with a reading and a changing identity."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Literal, Self

import psycopg
from psycopg.rows import dict_row
from pydantic import Field, SecretStr

from blocks.base import CodeBlueBlock, require
from blocks.permissions import IDENTITIES, Difference, Grants, Held, Identity, Names, Needs, Users
from blocks.sql.grants import RESERVED, SQL, functions_of, grants, rights_of, sql_needs
from journal.facts.seen import Check
from journal.facts.words import Answer
from runbook import Permanent, Temporary, Warrant

Rows = psycopg.Connection[dict[str, Any]]

TOO_MANY = "53300"
"""SQLSTATE of a server that lets nobody else in."""

SEES = """
select pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees_all,
       coalesce((select not pg_has_role(current_user, oid, 'usage') or current_setting('reserved_connections')::int = 0
                 from pg_roles where rolname = %(reserved)s), false) as kept_out
"""
"""What the reading role sees of others, and whether it is kept out with them where it need not be."""


class TooManyConnections(Temporary):
    """The server refuses new connections: every slot open to this role is taken. For some probes that is the answer."""


class Postgres(CodeBlueBlock):
    """One database, entered as a reader or, with a warrant, as a changer.

    Example:
        Load a saved database:
        ```python
        from blocks.postgres import Postgres

        database = Postgres.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue PostgreSQL"
    _block_type_slug = "codeblue-postgres"

    host: str = Field(description="Host name or address of the server.")
    port: int = Field(default=5432, ge=1, le=65535, description="TCP port of the server.")
    dbname: str = Field(description="Database to look at; changes never reach beyond it.")
    reader: str = Field(description="Role for looking: needs pg_read_all_stats, best also pg_use_reserved_connections.")
    reader_password: SecretStr = Field(description="Password of the reading role.")
    changer: str = Field(description="Role for approved changes: needs pg_signal_backend.")
    changer_password: SecretStr = Field(description="Password of the changing role.")
    sslmode: Literal["disable", "prefer", "require", "verify-full"] = Field(
        default="verify-full", description="How the connection is protected."
    )
    connect_timeout: int = Field(default=5, ge=2, le=60, description="Seconds to wait for the server to answer.")
    statement_timeout: int = Field(default=10, ge=1, le=600, description="Seconds one statement may take.")

    @contextmanager
    def reading(self) -> Generator[Rows]:
        """A read-only connection. Raises `Temporary`, `TooManyConnections` or `Permanent`, each with a remedy."""
        with self._connect(self.reader, self.reader_password, "codeblue reading", read_only=True) as connection:
            yield connection

    @contextmanager
    def changing(self, warrant: Warrant) -> Generator[Rows]:
        """A connection that may change things, named after the incident: the server's own views show who acts."""
        name = acting_name(require(warrant))
        with self._connect(self.changer, self.changer_password, name, read_only=False) as connection:
            yield connection

    @contextmanager
    def _connect(self, user: str, password: SecretStr, name: str, *, read_only: bool) -> Generator[Rows]:
        options = f"-c statement_timeout={self.statement_timeout}s -c lock_timeout=3s"
        if read_only:
            options += " -c default_transaction_read_only=on"
        try:
            with Rows.connect(
                host=self.host,
                port=self.port,
                dbname=self.dbname,
                user=user,
                password=password.get_secret_value(),
                sslmode=self.sslmode,
                connect_timeout=self.connect_timeout,
                application_name=name,
                options=options,
                autocommit=True,
                row_factory=dict_row,
            ) as connection:
                yield connection
        except psycopg.Error as error:
            raise self._explain(error, user) from error

    def _explain(self, error: psycopg.Error, user: str) -> Temporary | Permanent:
        where = f"{self.dbname} on {self.host}:{self.port}"
        text = str(error)
        state = error.sqlstate or _state_in(text)
        if state == TOO_MANY and "too many connections for" in text:  # a role or a database
            return Permanent(f"{user} has used up a connection limit of its own on {where}; raise that limit.")
        if state == TOO_MANY:
            return TooManyConnections(f"{where} takes no new connections from {user}: every slot is taken.")
        permanent = {
            "28P01": f"{where} refuses the password of {user}; correct it in the saved block.",
            "28000": f"{where} does not let {user} in from here; check pg_hba.conf and the role.",
            "3D000": f"There is no database {self.dbname} on {self.host}:{self.port}; correct the saved block.",
            "42501": f"{user} may not do this on {where} ({_first_line(error)}); grant what it lacks.",
        }
        if state in permanent:
            return Permanent(permanent[state])
        if state == "57014":
            return Temporary(f"{where} did not answer within {self.statement_timeout} s.")
        if state is None or state[:2] in {"08", "57"}:
            return Temporary(f"{where} cannot be reached ({_first_line(error)}); check host, port and network.")
        return Permanent(f"{where} answered with error {state}: {_first_line(error)}.")

    @classmethod
    def speaks(cls, need: str) -> bool:
        return need.startswith(SQL)

    @classmethod
    def own_needs(cls) -> frozenset[str]:
        from blocks.sql.rights import read_rights  # it looks by this block; importing it above would be a circle

        return frozenset(read_rights.permissions)

    @classmethod
    def placeholder(cls) -> Self:
        return cls.model_construct(dbname="DATABASE", reader="READER", changer="CHANGER")

    def grants(self, needs: Needs, names: Names) -> Iterator[Grants]:
        for identity, role in zip(IDENTITIES, (self.reader, self.changer), strict=True):
            wanted = sql_needs(needs.of(identity))
            lines = [line for need in wanted for line in grants(need, names, database=self.dbname, role=role)]
            if lines:
                title = f"{identity.capitalize()} database role"
                yield Grants(identity=identity, title=title, language="sql", document=tuple(lines))

    def held(self, needs: Needs, names: Names, users: Users) -> Iterator[Held]:
        from blocks.sql.compare import of_database  # see `own_needs`
        from blocks.sql.rights import read_rights

        for identity, role in zip(IDENTITIES, (self.reader, self.changer), strict=True):

            def look(identity: Identity = identity, role: str = role) -> Difference:
                members, columns = rights_of(needs.of(identity), names)
                functions = functions_of(needs.of(identity))
                found = read_rights(self, role, tuple(columns), tuple(functions))
                return of_database(identity, found, members, columns, users, functions=functions)

            yield Held(asks=f"What may the {identity} database role do?", look=look)

    def checks(self) -> Iterator[Check]:
        name = f"postgres {self.dbname}"
        try:
            with self.reading() as connection:
                row = connection.execute(SEES, {"reserved": RESERVED}).fetchone()
        except TooManyConnections as full:
            yield Check(name=name, answer=Answer.YES, text=f"Reachable, but full: {full}")
        except (Temporary, Permanent) as blind:
            yield Check(name=name, answer=Answer.UNKNOWN, text=str(blind))
        else:
            sees = bool(row and row["sees_all"])
            text = f"{self.reader} can look"
            if not sees:
                text += ", but not at other sessions: grant pg_read_all_stats."
            elif row and row["kept_out"]:
                text += f", but not when every slot is taken: grant {RESERVED}, and set reserved_connections."
            else:
                text += "."
            yield Check(name=name, answer=Answer.YES if sees else Answer.UNKNOWN, text=text)


class PostgresReplica(Postgres):
    """A streaming replica of a database: its roles and their rights are those of its primary, and are granted there.

    Example:
        Load a saved replica:
        ```python
        from blocks.postgres import PostgresReplica

        replica = PostgresReplica.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue PostgreSQL replica"
    _block_type_slug = "codeblue-postgres-replica"

    def grants(self, needs: Needs, names: Names) -> Iterator[Grants]:  # noqa: ARG002 # its primary's come over
        yield from ()


def acting_name(warrant: Warrant) -> str:
    """The application name under which a warrant's connection appears in pg_stat_activity."""
    return f"codeblue {warrant.incident}"


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__


def _state_in(text: str) -> str | None:
    """The SQLSTATE of a refused connection, which libpq gives only as English text."""
    known = {
        "too many clients": TOO_MANY,
        "remaining connection slots": TOO_MANY,
        "too many connections": TOO_MANY,
        "password authentication failed": "28P01",
        "no pg_hba.conf entry": "28000",
        "does not exist": "3D000",
    }
    return next((state for words, state in known.items() if words in text), None)
