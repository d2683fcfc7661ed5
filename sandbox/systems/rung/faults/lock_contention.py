"""A batch job updates rows, does not commit, and everybody who needs those rows waits."""

from __future__ import annotations

from dataclasses import dataclass, field

from psycopg.conninfo import make_conninfo

from sandbox.client_load import ClientLoad
from sandbox.database import as_admin, end_sessions
from sandbox.faults.fault import Scene
from sandbox.process import wait_until
from sandbox.systems.rung.users import REFRESHED, QueryFault, drop_added_indexes
from sandbox.tables import WITHOUT_TRIGGERS, run

BATCH = "rung-batch"
REPORT = "rung-report"
GROWN = """
INSERT INTO audit_logs (event_type, action, created_at)
SELECT 'login', 'recorded', now() - n * interval '1 second' FROM generate_series(1, 20000) AS n
"""


@dataclass(kw_only=True)
class LockContention(QueryFault):
    """One session holds row locks in an open transaction; users update those rows.

    `of_provider`: it is the provider's own, whom no runbook may end. With `scans` a report reads a large table without
    an index all the while, quickly enough for its reader: what a missing index looks like, and is not.
    """

    clients: int = 3
    scans: bool = False
    of_provider: bool = False
    blocker: ClientLoad | None = field(default=None, init=False, repr=False)
    report: ClientLoad | None = field(default=None, init=False, repr=False)

    @property
    def statement(self) -> str:
        """A user's own row, among those that are locked."""
        return "UPDATE sessions SET held_at = now() WHERE id = {number}"

    def spoil(self, scene: Scene) -> None:
        """Take the locks before the users come."""
        run(scene.address, REFRESHED)
        if self.scans:
            run(scene.address, WITHOUT_TRIGGERS + GROWN, REFRESHED)
            self.report = ClientLoad(
                "querying",
                home=scene.home,
                name=REPORT,
                lives_for=self.lives_for,
                dsn=scene.address.dsn("rung_app", application_name=REPORT),
                statement="SELECT count(*) FROM audit_logs WHERE created_at > now() - interval '1 minute'",
                clients=1,
                think=0.2,
            )
        self.blocker = ClientLoad(
            "leaking",
            home=scene.home,
            name=BATCH,
            lives_for=self.lives_for,
            dsn=self._dsn(scene),
            statements=["BEGIN", "UPDATE sessions SET status = status WHERE id <= 100"],
            most=1,
        )
        wait_until(
            lambda: _holds(scene), seconds=20, failing=lambda: TimeoutError("the batch job did not take its locks")
        )

    def _dsn(self, scene: Scene) -> str:
        if self.of_provider:
            return make_conninfo(scene.address.admin(), application_name=BATCH)
        return scene.address.dsn("rung_app", application_name=BATCH)

    def repair(self, scene: Scene) -> None:
        """End the batch job and the report."""
        for client_load, name in ((self.blocker, BATCH), (self.report, REPORT)):
            if client_load is not None:
                client_load.stop()
                end_sessions(scene.address, name)
        if self.scans:
            drop_added_indexes(scene.address)
            run(scene.address, "DELETE FROM audit_logs WHERE id > 6000")
        run(scene.address, REFRESHED)


def _holds(scene: Scene) -> bool:
    with as_admin(scene.address) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND state = 'idle in transaction'",
            (BATCH,),
        ).fetchone()
    return bool(row and row[0])
