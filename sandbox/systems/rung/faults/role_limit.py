"""The application's role has a connection limit of its own, and has used it up while the server is half empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg import sql

from sandbox.database import Address, as_admin
from sandbox.faults.fault import Scene, SessionFault

ROLE = "rung_app"


@dataclass(kw_only=True)
class RoleLimit(SessionFault):
    """As many sessions as the role holds, and not one more."""

    _before: int | None = field(default=None, init=False, repr=False)

    def start(self, scene: Scene) -> None:
        """Limit the role."""
        with as_admin(scene.address) as connection:
            row = connection.execute(
                "SELECT rolconnlimit, (SELECT count(*) FROM pg_stat_activity WHERE usename = rolname)"
                " FROM pg_roles WHERE rolname = %s",
                [ROLE],
            ).fetchone()
        assert row is not None
        self._before = int(row[0])
        set_limit(scene.address, int(row[1]))

    def heal(self, scene: Scene) -> None:
        """The limit that was."""
        if self._before is not None:
            set_limit(scene.address, self._before)

    def sessions(self, scene: Scene) -> Mapping[str, int]:
        """It holds none itself."""
        return {}

    def waiting(self) -> Mapping[str, int]:
        """Nobody of its own waits; fresh clients are refused."""
        return {}


def set_limit(address: Address, limit: int) -> None:
    """Give the application's role another connection limit; -1 is none."""
    with as_admin(address) as connection:
        connection.execute(
            sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}").format(sql.Identifier(ROLE), sql.Literal(limit))
        )
