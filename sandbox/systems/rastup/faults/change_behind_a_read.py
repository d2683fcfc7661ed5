"""A deployment changes a table that a report reads for long: it waits, and everybody waits behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, LiteralString

from psycopg import sql

from sandbox.database import as_admin
from sandbox.guests import admit_guest, dismiss_guest
from sandbox.held import Held
from sandbox.systems.rastup.fault import Locked
from sandbox.systems.rastup.parts import Parts

MIGRATIONS: Final = "rastup_migrations"


@dataclass(kw_only=True)
class ChangeBehindARead(Locked):
    """The report hinders nobody else, and must not lose its answer."""

    change: Held | None = field(default=None, init=False, repr=False)

    @property
    def question(self) -> LiteralString:
        """A profile."""
        return "SELECT kind FROM users WHERE id = 7"

    @property
    def glance(self) -> LiteralString:
        """Another table."""
        return "SELECT state FROM messages WHERE id = 7"

    @property
    def holder(self) -> str:
        """The report."""
        return "rastup-analytics"

    @property
    def holds(self) -> tuple[LiteralString, ...]:
        """Nothing first."""
        return ()

    @property
    def works(self) -> LiteralString | None:
        """It reads the whole table, and takes its time."""
        return "SELECT count(*), pg_sleep(1800) FROM users"

    def spoil(self, parts: Parts) -> None:
        """Let the report begin, then the deployment."""
        super().spoil(parts)
        address = parts.postgres.address
        dsn = admit_guest(address, MIGRATIONS, None, application_name="rastup-deploy")
        owner, migrations = sql.Identifier(address.roles.owner), sql.Identifier(MIGRATIONS)
        with as_admin(address) as connection:
            connection.execute(sql.SQL("GRANT {} TO {}").format(owner, migrations))
        self.change = Held(dsn=dsn)
        self.change.open(waits="ALTER TABLE users ADD COLUMN noted text")

    def complaints(self, parts: Parts) -> Iterator[str]:
        """Also whoever waits for the report."""
        yield from super().complaints(parts)
        if self.job is not None and self.job.forget_answered():
            yield "the report was ended"

    def heal(self, parts: Parts) -> None:
        """End the deployment before what it waits for."""
        if self.change is not None:
            for session in self.change.sessions:
                session.cancel_safe()
            self.change.close()
        if self.job is not None:
            for session in self.job.sessions:
                session.cancel_safe()
        super().heal(parts)
        dismiss_guest(parts.postgres.address, MIGRATIONS, None)

    @property
    def repairs(self) -> tuple[LiteralString, ...]:
        """The table as it was, should the deployment have come through."""
        return ("ALTER TABLE users DROP COLUMN IF EXISTS noted",)
