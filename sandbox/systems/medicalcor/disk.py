"""The disk of the database's instance: what the server really stores, of which so many bytes stand for a GB.

Cloud Monitoring is told of it minute by minute, and by the hour of the days before. Where it is full, Cloud SQL logs
what PostgreSQL says then, and nobody can store anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg

from journal import clock
from sandbox.database import Address, as_admin
from sandbox.google.logs import Logs
from sandbox.google.monitoring import Monitoring, Stream
from sandbox.google.shapes import written
from sandbox.google.sql import Sql
from sandbox.systems.medicalcor.project import DISK_GB, PROJECT, SQL

GB: Final = 1024**3
USUAL: Final = 0.45
"""Which share of it is used in good times."""
FULL: Final = 0.96
"""From which share on nothing can be stored: the file system keeps the rest for itself."""
RESOURCE: Final = "cloudsql_database"
USED, SIZE = "cloudsql.googleapis.com/database/disk/bytes_used", "cloudsql.googleapis.com/database/disk/quota"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BEFORE: Final = timedelta(days=9)
"""How far back it is known."""
LATELY: Final = timedelta(minutes=75)
"""How far back it is known by the minute."""

STORED: LiteralString = """
SELECT (SELECT sum(pg_database_size(oid)) FROM pg_database)
     + (SELECT coalesce(sum(size), 0) FROM pg_ls_tmpdir())
     + (SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0) FROM pg_replication_slots)
"""
SAYS: Final = 'ERROR:  could not extend file "base/16385/16402": No space left on device\nHINT:  Check free disk space.'


@dataclass(kw_only=True)
class Disk:
    """The disk while its server runs. `begin` puts it back to good times, `turn` tells what is used now.

    The server is asked only while it is `watched`: the session for that takes a slot of a server that has few.
    """

    database: Address
    sql: Sql
    monitoring: Monitoring
    logs: Logs
    each: float = field(default=1.0, init=False)
    """Bytes of the disk for which one byte of the server stands."""
    watched: bool = field(default=False, init=False)
    told: datetime = field(default_factory=clock.now, init=False)
    _last: float = field(default=1.0, init=False)
    _connection: psycopg.Connection[tuple[Any, ...]] | None = field(default=None, init=False, repr=False)

    def begin(self) -> None:
        """As it is in good times, however much earlier faults have left behind."""
        self.close()  # the server may have restarted since
        self._last = self._stored()
        self.each = USUAL * DISK_GB * GB / self._last
        self.grown_from(USUAL)
        self.close()

    def grown_from(self, share: float) -> None:
        """Let it have grown evenly to what is used now, from such a share of it nine days ago."""
        now, used = clock.now(), self.used
        begin = now - BEFORE
        at = [begin + hour * HOUR for hour in range(int((BEFORE - LATELY) / HOUR))]
        at += [now - minute * MINUTE for minute in range(int(LATELY / MINUTE), -1, -1)]
        first = min(share * self.size, used)
        streams = self._streams()
        for one in at:
            streams[0].points[one] = first + (used - first) * ((one - begin) / BEFORE)
            streams[1].points[one] = self.size
        self.told = now

    @property
    def size(self) -> float:
        """In bytes."""
        self.sql.live()
        return int(self.sql.instances[SQL]["settings"]["dataDiskSizeGb"]) * GB

    @property
    def used(self) -> float:
        """In bytes."""
        if self.watched:
            self._last = self._stored()
        return self._last * self.each

    @property
    def share(self) -> float:
        """Which share of it is used."""
        return self.used / self.size

    def lacks(self, share: float) -> int:
        """How many bytes the server may store until such a share is used."""
        return max(0, int((share * self.size - self.used) / self.each))

    def turn(self) -> None:
        """Tell what is used now, once a minute."""
        now = clock.now()
        if now - self.told < MINUTE:
            return
        self.told, used, size = now, self.used, self.size
        for stream, value in zip(self._streams(), (used, size), strict=True):
            stream.points[now] = value
        if used >= FULL * size:
            self.logs.entries.append(
                {
                    "logName": f"projects/{PROJECT}/logs/cloudsql.googleapis.com%2Fpostgres.log",
                    "insertId": f"disk-{len(self.logs.entries)}",
                    "resource": {"type": RESOURCE, "labels": self._labels},
                    "timestamp": written(now),
                    "severity": "ERROR",
                    "textPayload": SAYS,
                }
            )

    def complaints(self) -> Iterator[str]:
        """What users complain about right now."""
        if self.share >= FULL:
            yield "nothing can be stored: the database has no room"

    def close(self) -> None:
        """Watch it no longer."""
        self.watched = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _labels(self) -> dict[str, str]:
        return {"database_id": f"{PROJECT}:{SQL}", "region": "europe"}

    def _streams(self) -> tuple[Stream, Stream]:
        """Those of what is used, and of the size."""
        found = {one.metric: one for one in self.monitoring.streams if one.resource == RESOURCE}
        for metric in (USED, SIZE):
            if metric not in found:
                found[metric] = Stream(metric=metric, resource=RESOURCE, labels=self._labels)
                self.monitoring.streams.append(found[metric])
        return found[USED], found[SIZE]

    def _stored(self) -> float:
        """Bytes that the server stores; a session that was ended is opened anew."""
        if self._connection is None or self._connection.closed:
            self._connection = as_admin(self.database)
        row = self._connection.execute(STORED).fetchone()
        assert row is not None
        return float(row[0])
