"""The application's role has a connection limit of its own, and has used it up while the server is half empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.database import as_admin
from sandbox.faults.fault import Scene, SessionFault
from sandbox.guests import set_limit

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
        set_limit(scene.address, ROLE, int(row[1]))

    def heal(self, scene: Scene) -> None:
        """The limit that was."""
        if self._before is not None:
            set_limit(scene.address, ROLE, self._before)

    def sessions(self, scene: Scene) -> Mapping[str, int]:
        """It holds none itself."""
        return {}

    def waiting(self) -> Mapping[str, int]:
        """Nobody of its own waits; fresh clients are refused."""
        return {}
