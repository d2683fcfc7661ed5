"""A report sorts more than fits into memory, and its temporary files fill the disk."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg

from journal.clock import Machine
from sandbox.errors import FaultHasNoEffect
from sandbox.held import Session
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.storing import FILLED, DiskFault

MACHINE = Machine()
SECONDS, WIDE = 20.0, 1000
SORTS = (
    "SELECT pg_sleep(1800), length(wide) FROM (SELECT wide FROM (SELECT n, repeat('x', {wide} + n % 2) AS wide"
    " FROM generate_series(1, {rows}) AS n OFFSET 0) AS one ORDER BY n DESC OFFSET 0) AS sorted"
)
"""Its first row is worth waiting for; until then the sorted rows stay in files."""


@dataclass(kw_only=True)
class SpillingQuery(DiskFault):
    asking: Session | None = field(default=None, init=False, repr=False)

    def dsn(self, parts: Parts) -> str:
        """Who asks: the application's own reports."""
        address = parts.postgres.address
        return address.dsn(address.roles.application, application_name="medicalcor-analytics")

    def store(self, parts: Parts, size: int) -> None:
        """Ask once, and return when the files are written."""
        if self.asking is not None:
            return
        self.asking = psycopg.connect(self.dsn(parts), autocommit=True)
        asked = SORTS.format(wide=WIDE, rows=size // WIDE)
        self.asking.pgconn.send_query(asked.encode())
        until = MACHINE.monotonic() + SECONDS
        while parts.disk.share < FILLED - 0.01:
            if MACHINE.monotonic() > until:
                raise FaultHasNoEffect("The query sorts and sorts; the disk was to be full by now.")
            MACHINE.sleep(0.02)

    def clear(self, parts: Parts) -> None:
        """Whoever asked goes."""
        if self.asking is not None:
            self.asking.cancel_safe()
            self.asking.close()
            self.asking = None
