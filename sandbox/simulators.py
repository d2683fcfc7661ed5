"""Metrics that follow the world, so that a symptom goes away only because its cause did."""

from __future__ import annotations

import threading
from typing import Any

import psycopg

from sandbox.aws import Aws
from sandbox.database import Address, as_admin
from sandbox.errors import PostgresUnavailable, WorkerFailed
from sandbox.replica import Replica

EVERY_SECONDS = 1.0
IDLE, BUSY = 20.0, 97.0
"""Percent of a replica's processors."""
QUICK = 0.001
"""Seconds that storage takes in good times."""
COUNT = """
SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename IS DISTINCT FROM current_user
"""


class DatabaseConnections:
    """Publishes AWS/RDS DatabaseConnections about every second from the real pg_stat_activity.

    The provider's own account is not counted, as RDS does not count its own. While the database is down there is no
    value, as there would be none from RDS.
    """

    def __init__(self, *, address: Address, aws: Aws, instance: str) -> None:
        self._address, self._aws, self._instance = address, aws, instance
        self._stop = threading.Event()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._thread = threading.Thread(target=self._publish, name="simulator-database-connections", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """Stop publishing; returns when the last value is out."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._leave()

    def publish(self) -> None:
        """Publish once, where somebody else keeps the time; nothing while the database is down."""
        try:
            self._connection = self._connection or as_admin(self._address)
            self._tell(self._connection)
        except (psycopg.Error, PostgresUnavailable):
            self._leave()

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _publish(self) -> None:
        while not self._stop.is_set():
            try:
                with as_admin(self._address) as connection:
                    self._follow(connection)
            except (psycopg.Error, PostgresUnavailable):
                self._stop.wait(EVERY_SECONDS / 4)  # Restarting; there is no value to publish.
            except WorkerFailed:
                return  # AWS has gone, and the world with it.

    def _follow(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        while not self._stop.is_set():
            self._tell(connection)
            self._stop.wait(EVERY_SECONDS)

    def _tell(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        row = connection.execute(COUNT).fetchone()
        self._aws.publish(
            namespace="AWS/RDS",
            name="DatabaseConnections",
            value=float(row[0]) if row else 0.0,
            dimensions={"DBInstanceIdentifier": self._instance},
            unit="Count",
        )


class ReplicaMetrics:
    """Publishes what RDS tells of a replica: how late the real one is, and how busy it is said to be.

    `cpu` is what its machine is busy with (percent); nobody's processor is really taken.
    """

    def __init__(self, *, replica: Replica, aws: Aws, instance: str) -> None:
        self._replica, self._aws, self._instance = replica, aws, instance
        self.cpu = IDLE

    def publish(self) -> None:
        """Publish once."""
        for name, value, unit in (
            ("CPUUtilization", self.cpu, "Percent"),
            ("ReplicaLag", self._replica.late, "Seconds"),
            ("ReadLatency", QUICK, "Seconds"),
            ("WriteLatency", QUICK, "Seconds"),
        ):
            self._aws.publish(
                namespace="AWS/RDS",
                name=name,
                value=value,
                dimensions={"DBInstanceIdentifier": self._instance},
                unit=unit,
            )
